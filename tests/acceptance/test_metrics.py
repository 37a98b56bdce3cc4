"""A real scrape of the real daemon: what it counts is what happened, and promtool finds nothing to say."""

from __future__ import annotations

import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from syncd.emulator.server import EmulatorServer
from syncd.monitoring.telemetry.metrics import SPECS
from tests.acceptance import shop
from tests.support.fix_cli import Cli
from tests.support.servers import Database, missing
from tests.support.waiting import eventually

AHEAD = timedelta(days=30)


class Scrape:
    """The metrics at one moment."""

    def __init__(self, url: str) -> None:
        """Ask the daemon."""
        with urlopen(f"{url}/metrics", timeout=10) as answer:  # noqa: S310 — our own daemon
            self.text: str = answer.read().decode()
        self.families = list(text_string_to_metric_families(self.text))

    def value(self, name: str, **labels: str) -> float:
        """One sample; without the prefix."""
        (found,) = (
            sample.value
            for family in self.families
            for sample in family.samples
            if sample.name == f"syncd_{name}" and sample.labels == labels
        )
        return found

    def counted(self) -> dict[str, float]:
        """Every counter that has moved, by its name and its label besides the query."""
        return {
            "/".join([sample.name, *(value for name, value in sample.labels.items() if name != "query")]): (
                sample.value
            )
            for family in self.families
            if family.type == "counter"
            for sample in family.samples
            if sample.value
        }


QUERY = {"query": "paid_orders"}


def test_every_metric_moves_when_it_should(cli: Cli, postgres: Database, emulator: EmulatorServer) -> None:
    """Ten good rows, one without an id, one without a goal, one of the future; one upload's answer is lost.

    Metrica knows every other visitor, and refuses one row. All that is counted is exactly that.
    """
    emulator.configure(visitors="even", goals=("order_paid",))
    shop.open_shop(postgres)
    shop.sell(postgres, 1, 13)
    due = datetime.now(UTC) + AHEAD
    postgres.run(
        "UPDATE orders SET client = '' WHERE order_id = 11",
        f"UPDATE orders SET paid_at = '{due.isoformat()}' WHERE order_id = 13",
        "ALTER TABLE orders ADD COLUMN target text NOT NULL DEFAULT 'order_paid'",
        "UPDATE orders SET target = 'no_such_goal' WHERE order_id = 12",
    )
    sql = "SELECT order_id, client, paid_at, updated_at, total, target FROM orders"
    columns = {"ClientId": "client", "Target": "target", "DateTime": "paid_at", "Price": "total"}
    queries = shop.query(overlap="0s", sql=sql, columns=columns)
    top = {"http": {"listen": "127.0.0.1:0"}, "state": {"url": postgres.url}}
    cli.configure(shop.configuration(postgres, emulator.url, queries, **top))
    emulator.fault("drop_after", times=1)
    emulator.fault("reject_ids", ids=[str(10**17 + 14)])
    began = time.time()
    daemon = cli.start("run")
    url = daemon.wait_for("http_listening")["url"]
    daemon.wait_for("upload_found")
    daemon.wait_for("query_finished")

    # The record of a run, which the newest sale is of, follows its event.
    eventually(lambda: Scrape(url).value("newest_sale_timestamp_seconds", **QUERY))
    first = Scrape(url)
    counted = first.counted()
    requests = {
        "syncd_api_requests_total/200": len(emulator.requests()) - 1,
        "syncd_api_requests_total/none": 1,
    }
    assert counted.pop("syncd_rows_read_total") >= 13
    assert counted == {
        "syncd_rows_uploaded_total": 11,
        "syncd_rows_rejected_total/no_id": 1,
        "syncd_uploads_total/unclear": 1,
        "syncd_uploads_total/found": 1,
        **requests,
    }
    assert first.value("rows_waiting", **QUERY) == 1
    assert abs(first.value("rows_waiting_until_timestamp_seconds", **QUERY) - due.timestamp()) <= 1
    assert first.value("run_duration_seconds_count", **QUERY) >= 1
    assert began < first.value("last_success_timestamp_seconds", **QUERY) <= time.time()
    newest = shop.BEGIN + timedelta(seconds=13)
    assert abs(first.value("newest_sale_timestamp_seconds", **QUERY) - newest.timestamp()) <= 1
    assert first.value("lag_seconds", **QUERY) < 60, "all that the source has is read"
    assert first.value("api_requests_left") == 5000 - sum(requests.values())
    assert first.value("api_requests_limit") == 5000
    assert first.value("up") == first.value("query_up", **QUERY) == 1

    shop.sell(postgres, 14, 1)
    daemon.wait_for("upload_refused")
    # Metrica is asked five minutes after an upload; as if they had passed.
    postgres.run("UPDATE syncd.uploads SET settled_at = settled_at - interval '1 hour'")
    daemon.wait_for("upload_followed")
    second = Scrape(url)
    assert (second.counted().items() - first.counted().items()) >= {
        ("syncd_rows_linked_total", 6),
        ("syncd_rows_user_not_found_total", 5),
        ("syncd_rows_goal_not_found_total", 1),
        ("syncd_uploads_total/refused", 1),
        ("syncd_rows_rejected_total/refused_by_metrica", 1),
        ("syncd_api_requests_total/400", 1),
    }
    assert_clean(second)

    emulator.fault("refuse", status=403, error_type="invalid_token")
    shop.sell(postgres, 15, 1)
    eventually(lambda: Scrape(url).value("up") == 0)
    red = Scrape(url)
    assert red.value("query_up", **QUERY) == 0
    assert red.counted()["syncd_api_requests_total/403"] >= 1
    emulator.clear_faults()
    eventually(lambda: Scrape(url).value("up") == 1)
    assert daemon.stop() == 0


def assert_clean(scrape: Scrape) -> None:
    """What is served is what is listed, and `promtool check metrics` has nothing to say."""
    promtool = shutil.which("promtool") or missing("promtool")
    lint = [promtool, "check", "metrics"]
    done = subprocess.run(lint, input=scrape.text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    served = {(family.name, family.type) for family in scrape.families}
    assert served == {(spec.name.removesuffix("_total"), spec.kind) for spec in SPECS}
