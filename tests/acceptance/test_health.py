"""Health that cannot lie: whatever stands still turns /readyz red within three intervals, and green again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.acceptance.disk import Disk
from tests.acceptance.frozen import frozen
from tests.support.fix_cli import Cli, Running
from tests.support.servers import Database
from tests.support.waiting import eventually

INTERVAL = 2
PROMISED = 3 * INTERVAL
"""Seconds in which what stands still is noticed."""
SLACK = 4.0
"""Seconds for a run that had just begun, the probe itself, and a machine with other things to do."""


class Service:
    """A daemon and what it says of itself."""

    def __init__(self, daemon: Running) -> None:
        """Wait until it serves and is ready."""
        self.daemon = daemon
        self.url = daemon.wait_for("http_listening")["url"]
        self.wait_for_green()

    def ask(self, path: str) -> tuple[int, Any]:
        """The answer's status and document."""
        try:
            with urlopen(f"{self.url}{path}", timeout=10) as answer:  # noqa: S310 — our own daemon
                return answer.status, json.load(answer)
        except HTTPError as error:
            with closing(error):
                return error.code, json.load(error)

    def is_green(self) -> bool:
        """What a probe sees."""
        return self.ask("/readyz")[0] == 200

    def lives(self) -> bool:
        """Whether the process answers at all."""
        try:
            return self.ask("/healthz")[0] == 200
        except OSError:
            return False

    def wait_for_green(self) -> None:
        """Until it is ready."""
        eventually(self.is_green, lambda: str(self.ask("/readyz")))

    def red_since(self, began: float) -> list[str]:
        """Until it is not ready, which must be in time; the reasons."""
        eventually(lambda: not self.is_green())
        took = time.monotonic() - began
        code, answer = self.ask("/readyz")
        sys.stdout.write(f"red after {took:.1f} s: {answer['reasons']}\n")
        assert took < PROMISED + SLACK
        assert (code, answer["ready"]) == (503, False)
        assert answer["reasons"]
        assert self.lives()
        return list(answer["reasons"])

    def states(self) -> dict[str, str]:
        """The state of each query, by /api/status."""
        return {query["name"]: query["state"] for query in self.ask("/api/status")[1]["queries"]}


def start(
    cli: Cli, source: Database, api_url: str, queries: dict[str, object] | None = None, **top: object
) -> Service:
    """A ready daemon whose source is this database."""
    wanted = queries or shop.query(every=f"{INTERVAL}s", overlap="0s")
    top = {"http": {"listen": "127.0.0.1:0"}, "state": {"url": f"sqlite:///{cli.folder}/state.db"}} | top
    cli.configure(shop.configuration(source, api_url, wanted, **top))
    return Service(cli.start("run"))


@contextmanager
def stopped(*processes: int) -> Iterator[float]:
    """These processes do nothing meanwhile; since when."""
    try:
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        yield time.monotonic()
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def backends(database: Database) -> list[int]:
    """The processes of PostgreSQL that serve syncd in this database."""
    rows = database.rows(
        "SELECT pid FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'syncd' ORDER BY pid"
    )
    return [int(str(pid)) for (pid,) in rows]


@pytest.fixture
def one_shop(sqlite_db: Database) -> Database:
    """An open shop with ten orders, where the source makes no difference."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 10)
    return sqlite_db


def test_metrica_stands_still(cli: Cli, one_shop: Database) -> None:
    """Metrica's process is stopped while there is something to send."""
    command = [sys.executable, "-m", "syncd", "emulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as emulator:
        assert emulator.stdout is not None
        api_url = emulator.stdout.readline().split()[-1]
        service = start(cli, one_shop, api_url)
        service.daemon.wait_for("upload_accepted")
        with stopped(emulator.pid) as began:
            shop.sell(one_shop, 11, 1)
            (reason,) = service.red_since(began)
            assert reason.startswith("paid_orders: ")
        service.wait_for_green()
        with urlopen(f"{api_url}/_emulator", timeout=10) as answer:  # noqa: S310 — our own emulator
            counts = json.load(answer)
        assert (counts["conversions"], counts["received_more_than_once"]) == (11, 0)
        assert service.daemon.stop() == 0
        emulator.terminate()


def test_postgresql_stands_still(cli: Cli, postgres: Database, emulator: EmulatorServer) -> None:
    """The source's server processes are stopped; nobody hangs up, and no timeout of the server's own runs."""
    shop.open_shop(postgres)
    shop.sell(postgres, 1, 10)
    service = start(cli, postgres, emulator.url)
    with stopped(*backends(postgres)) as began:
        (reason,) = service.red_since(began)
        assert reason.startswith("paid_orders: ")
    service.wait_for_green()
    assert service.daemon.stop() == 0


def test_mariadb_stands_still(
    cli: Cli, mariadb: Database, mariadb_server: str, emulator: EmulatorServer
) -> None:
    """The source's whole server is stopped."""
    shop.open_shop(mariadb)
    shop.sell(mariadb, 1, 10)
    service = start(cli, mariadb, emulator.url)
    server = int((Path(mariadb_server).parent / "pid").read_text(encoding="ascii"))
    with stopped(server) as began:
        (reason,) = service.red_since(began)
        assert reason.startswith("paid_orders: ")
    service.wait_for_green()
    assert service.daemon.stop() == 0


def test_the_state_store_stands_still(
    cli: Cli, one_shop: Database, postgres: Database, emulator: EmulatorServer
) -> None:
    """The state store's server processes are stopped: red, although nothing can be read of the queries."""
    service = start(cli, one_shop, emulator.url, state={"url": postgres.url})
    with stopped(*backends(postgres)) as began:
        reasons = service.red_since(began)
        assert any("state store" in reason for reason in reasons)
    service.wait_for_green()
    assert service.daemon.stop() == 0


def test_the_state_store_is_full(cli: Cli, one_shop: Database, emulator: EmulatorServer, disk: Disk) -> None:
    """Red even while there is nothing to send: what comes next could not be sent."""
    service = start(cli, one_shop, emulator.url, state={"url": f"sqlite:///{disk.folder}/state.db"})
    service.daemon.wait_for("upload_accepted")
    with disk.full(service.daemon.process.pid):
        reasons = service.red_since(time.monotonic())
        assert any("state store" in reason for reason in reasons)
    service.wait_for_green()
    assert service.daemon.stop() == 0


def test_the_scheduler_stands_still(cli: Cli, one_shop: Database, emulator: EmulatorServer) -> None:
    """The thread that begins the runs hangs, all others live: nothing fails, and it is red all the same."""
    service = start(cli, one_shop, emulator.url)
    with frozen(service.daemon.process.pid, service.lives):
        (reason,) = service.red_since(time.monotonic())
        # The loop may have been stopped with a run going on, of whose end it then never learns.
        assert reason.startswith(("paid_orders: the last good run ended ", "paid_orders: the run began "))
        assert service.states() == {"paid_orders": "late"}
    service.wait_for_green()
    assert service.daemon.stop() == 0


def test_one_failing_query_is_named_and_no_other(
    cli: Cli, one_shop: Database, emulator: EmulatorServer
) -> None:
    """Red says which query, the others stay listed as fine, and their rows move."""
    names = {"first": 101, "second": 102, "third": 103}
    queries: dict[str, object] = {}
    for name, counter in names.items():
        queries |= shop.query(name, counter=counter, every=f"{INTERVAL}s", overlap="0s")
    service = start(cli, one_shop, emulator.url, queries)
    began = time.monotonic()
    emulator.fault("refuse", counter=102, status=403, error_type="access_denied")
    shop.sell(one_shop, 11, 1)
    (reason,) = service.red_since(began)
    assert reason.startswith("second: ")
    eventually(lambda: len(emulator.conversions(101)) == len(emulator.conversions(103)) == 11)
    states = service.states()
    assert states.pop("second") == "failing"
    assert set(states.values()) <= {"ok", "running"}
    emulator.clear_faults()
    service.wait_for_green()
    assert [len(emulator.conversions(counter)) for counter in names.values()] == [11, 11, 11]
    assert service.daemon.stop() == 0


@pytest.mark.parametrize("kept", ["sqlite", "postgres"])
def test_status_says_that_no_daemon_runs(
    cli: Cli, one_shop: Database, emulator: EmulatorServer, request: pytest.FixtureRequest, kept: str
) -> None:
    """Said from the store alone, at once after a stop; and later that the query would be due."""
    own = {} if kept == "sqlite" else {"state": {"url": request.getfixturevalue("postgres").url}}
    service = start(cli, one_shop, emulator.url, **own)
    assert cli.json("status")["notices"] == []
    assert service.daemon.stop() == 0
    (notice,) = cli.json("status")["notices"]
    assert notice.startswith("No syncd is running on this state store; the last run ended ")
    assert f"- {notice[:40]}" in cli.run("status").stdout

    def query() -> Any:
        return cli.json("status")["queries"][0]

    eventually(lambda: query()["state"] == "late")
    assert "no syncd is running that would try" in query()["words"][0]


def test_a_run_that_was_cut_off_is_not_running(
    cli: Cli, one_shop: Database, emulator: EmulatorServer
) -> None:
    """After kill -9 in the midst of a run nothing goes on, and `status` says so."""
    service = start(cli, one_shop, emulator.url, metrica={"timeout": "300s"})
    emulator.fault("hang")
    shop.sell(one_shop, 11, 1)
    service.daemon.wait_for("upload_started")
    # Recorded once it has gone on for five seconds; after three intervals, six seconds, it is `late` besides.
    eventually(lambda: goes_on(cli))
    service.daemon.kill()
    (query,) = cli.json("status")["queries"]
    assert query["state"] != "running"
    assert (query["last_run"]["finished"], query["last_run"]["ok"]) == (None, False)
    assert "cut off, began " in cli.run("status").stdout


def goes_on(cli: Cli) -> bool:
    """Whether the one query's last run has begun and not ended, by `status`."""
    run = cli.json("status")["queries"][0]["last_run"]
    return bool(run) and run["finished"] is None and run["ok"] is None
