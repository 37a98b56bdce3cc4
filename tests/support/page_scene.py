"""A company after a month; `python -m tests.support.page_scene` draws the picture in docs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import pi, sin
from pathlib import Path
from random import Random
from typing import Any

from pydantic import SecretStr
from sqlalchemy import insert

from syncd.config import parse
from syncd.ledger import Store
from syncd.ledger.rows import RunRow
from syncd.model import Origin, UploadState
from syncd.model.settings import HttpSettings, StateSettings
from syncd.monitoring.overview import History, overview
from syncd.monitoring.telemetry import Metrics
from syncd.monitoring.web import HttpServer, create_app
from tests.support.browser import Browser

NAMES = (
    "paid_orders",
    "crm_leads",
    "calls_answered",
    "invoices_closed",
    "showroom_visits",
    "subscription_renewals_b2b",
    "refunds",
    "old_import",
)
OFF = "old_import"
PICTURE = Path(__file__).parents[2] / "docs" / "status-page.png"
NOW = datetime(2026, 3, 17, 15, 42, 10, tzinfo=UTC)


class Still:
    """A clock that stands."""

    def now(self) -> datetime:
        """Always the same moment."""
        return NOW

    def seconds(self) -> float:
        """None pass."""
        return 0.0


@contextmanager
def served(names: Sequence[str] = NAMES, days: int = 31) -> Iterator[str]:
    """The address of the status page of such a company."""
    text = f"""
metrica: {{token: t0k3n}}
databases: {{shop: {{url: "sqlite:///shop.db"}}}}
defaults: {{counter: 12345678, id_type: CLIENT_ID, mark: id, sql: SELECT 1 AS id}}
queries: {{{", ".join(f"{name}: {{enabled: {str(name != OFF).lower()}}}" for name in names)}}}
"""
    queries = list(parse(text, "syncd.yaml", {}).queries.values())
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(StateSettings(url=SecretStr(f"sqlite:///{folder}/state.db")), Still())
        store.migrate()
        _fill(store, names, days)
        app = create_app(
            lambda: overview(store, queries, Still()), Metrics().render, past=History(store, Still())
        )
        server = HttpServer(HttpSettings(port=0), app)
        server.start()
        try:
            yield server.url
        finally:
            server.stop()
            store.close()


def _fill(store: Store, names: Sequence[str], days: int) -> None:
    random, tables = Random(7), store.database.tables  # noqa: S311 - no secret is drawn
    uploads = [
        upload
        for hours in reversed(range(days * 24))
        for place, name in enumerate(names)
        if name != OFF and (upload := _upload(random, name, place, NOW - timedelta(hours=hours)))
    ]
    rejects = {
        "crm_leads": {"id_not_digits": 12, "currency_unknown": 3},
        "refunds": {"price_negative": 988, "no_id": 12},
    }
    with store.database.write() as connection:
        uploads.sort(key=lambda one: str(one["sent_at"]))
        numbered = [
            {**one, "tag": f"syncd{at:032x}", "metrica_id": 1_700_000 + 13 * at}
            for at, one in enumerate(uploads)
        ]
        connection.execute(insert(tables.uploads), numbered)
        connection.execute(insert(tables.totals), [_totals(name, uploads) for name in names if name != OFF])
        for query in rejects.keys() & set(names):
            for reason, rows in rejects[query].items():
                told = [
                    {
                        "query": query,
                        "key": f'["{reason}{number}"]',
                        "reason": reason,
                        "column": "",
                        "value": "",
                        "row": "{}",
                        "detail": "",
                        "created_at": NOW,
                    }
                    for number in range(rows)
                ]
                connection.execute(insert(tables.rejects), told)
    store.save_runs([_run(name, place) for place, name in enumerate(names)])


def _totals(name: str, uploads: Sequence[dict[str, Any]]) -> dict[str, object]:
    """All uploads of a query in figures, as the ledger keeps them."""
    mine = [one for one in uploads if one["query"] == name]
    told = [one for one in mine if one["linked"] is not None]
    sums = {
        figure: sum(one[figure] or 0 for one in told)
        for figure in ("linked", "user_not_found", "goal_not_found")
    }
    rows, rows_told = (sum(one["rows"] for one in some) for some in (mine, told))
    return {"query": name, "uploads": len(mine), "rows": rows, "rows_told": rows_told, "gained": 0, **sums}


def _upload(random: Random, name: str, place: int, hour: datetime) -> dict[str, object] | None:
    """What a query sent in an hour: more by day than by night, less at weekends, less linked of late."""
    busy = (0.3 + max(0.0, sin((hour.hour - 6) / 24 * 2 * pi))) * (0.6 if hour.weekday() > 4 else 1)
    size = (2 + (place * 7) % 5) ** 2
    rows = int(random.gauss(size * 4 * busy, size / 2))
    if rows <= 0:
        return None
    at = hour - timedelta(minutes=random.random() * 20)
    fell = name == "calls_answered" and NOW - hour < timedelta(hours=9)
    rate = (0.25 if fell else 0.82 - 0.09 * (place % 5)) + random.gauss(0, 0.03)
    told = NOW - at > timedelta(hours=2)
    linked = int(rows * min(1.0, rate))
    return {
        "query": name,
        "counter": 12345678,
        "state": (UploadState.PROCESSED if told else UploadState.ACCEPTED).value,
        "origin": Origin.QUERY.value,
        "rows": rows,
        "header": "",
        "attempts": 1,
        "created_at": at,
        "sent_at": at,
        "settled_at": at + timedelta(seconds=1),
        "linked": linked if told else None,
        "user_not_found": rows - linked if told else None,
        "goal_not_found": 0 if told else None,
        "detail": "",
    }


def _run(name: str, place: int) -> RunRow:
    ended = NOW - timedelta(seconds=62 + 17 * (place % 11))
    good = RunRow(
        name, ended - timedelta(seconds=4), ended, ended, newest_at=ended - timedelta(minutes=place % 7)
    )
    if name == "invoices_closed":
        return RunRow(
            name,
            ended - timedelta(seconds=4),
            ended,
            NOW - timedelta(hours=2, minutes=11),
            failures=7,
            error_code="source.unavailable",
            error="cannot connect to erp-db:5432: connection refused",
            action="Check that the database is there and reachable from this host; `syncd check` tries it.",
            newest_at=NOW - timedelta(hours=2, minutes=13),
        )
    if name == "refunds":
        return RunRow(
            name,
            ended - timedelta(seconds=4),
            ended,
            NOW - timedelta(hours=5),
            failures=1,
            error_code="rejects.limit",
            error="1000 rows were rejected in one run",
            action="See `syncd rejects list NAME`, then correct the query or the rows.",
            halted=True,
            newest_at=NOW - timedelta(hours=5),
        )
    return good


def main() -> None:
    """Draw the picture."""
    with served() as url, Browser() as browser:
        browser.screen(1180)
        browser.prefer("light")
        browser.open(f"{url}/?lang=en")
        browser.picture(PICTURE, 1460)


if __name__ == "__main__":
    main()
