"""SIGHUP to the real process: a changed file is applied whole or not at all, and nothing is sent twice."""

from __future__ import annotations

import json
import signal
import socket
import urllib.request
from typing import Any
from urllib.parse import quote

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.support.fix_cli import DEADLINE, Cli, Running
from tests.support.servers import Database
from tests.support.waiting import eventually

HTTP = {"listen": "127.0.0.1:0"}


@pytest.fixture
def shop_db(sqlite_db: Database) -> Database:
    """A shop of three orders."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 3)
    return sqlite_db


class Daemon:
    """A running syncd and its file."""

    def __init__(self, cli: Cli, db: Database, api_url: str) -> None:
        """Get ready."""
        self.cli, self._db, self._api_url = cli, db, api_url
        self.running: Running

    def write(self, queries: dict[str, object], **top: object) -> None:
        """Write the file."""
        self.cli.configure(shop.configuration(self._db, self._api_url, queries, **{"http": HTTP, **top}))

    def start(self, queries: dict[str, object], **top: object) -> Running:
        """Write the file and start."""
        self.write(queries, **top)
        self.running = self.cli.start("run")
        return self.running

    def reload(self, event: str = "config_reloaded") -> dict[str, Any]:
        """SIGHUP; what the log says of it."""
        self.running.process.send_signal(signal.SIGHUP)
        return self.running.wait_for(event)


@pytest.fixture
def daemon(cli: Cli, shop_db: Database, emulator: EmulatorServer) -> Daemon:
    """Not started yet."""
    return Daemon(cli, shop_db, emulator.url)


def times(emulator: EmulatorServer) -> list[int]:
    """How often each row was received."""
    return [conversion.times for conversion in emulator.conversions()]


def test_queries_come_change_and_go(daemon: Daemon, shop_db: Database, emulator: EmulatorServer) -> None:
    """What changed is named; the query that did not change runs on; each row is received once per query."""
    running = daemon.start({**shop.query("stays"), **shop.query("goes", counter=102)})
    running.wait_for("query_finished", lambda entry: entry["query"] == "stays")
    daemon.write(
        {**shop.query("stays"), **shop.query("comes", counter=103)},
        metrica={"token": "${METRICA_TOKEN}", "timeout": "7s", "settle": "2s"},
        log={"level": "info"},
    )
    told = daemon.reload()

    assert (told["added"], told["removed"], told["needs_restart"]) == (["comes"], ["goes"], [])
    assert "metrica.timeout" in told["changed"]
    assert "log.level" in told["changed"]
    assert not any(key.startswith("queries") for key in told["changed"])
    running.wait_for("upload_accepted", lambda entry: entry["query"] == "comes")
    shop.sell(shop_db, 4, 2)
    running.wait_for("upload_accepted", lambda entry: entry["query"] == "stays" and entry["rows"] == 2)
    daemon.write({**shop.query("stays", every="2s", sql=f"{shop.SQL} AND 1 = 1")})
    told = daemon.reload()
    assert {"queries.stays.every", "queries.stays.sql"} <= set(told["changed"])
    shop.sell(shop_db, 6, 1)
    eventually(lambda: sum(conversion.counter == 101 for conversion in emulator.conversions()) == 6)

    assert running.stop() == 0
    assert set(times(emulator)) == {1}


def test_a_file_with_mistakes_changes_nothing(
    daemon: Daemon, shop_db: Database, emulator: EmulatorServer
) -> None:
    """All its problems stand in the log and on the page; the old queries go on; a good file ends it."""
    running = daemon.start(shop.query())
    url = running.wait_for("http_listening")["url"]
    running.wait_for("query_finished")
    wrong = {**shop.query("paid_orders", evry="1s"), **shop.query("more", counter="none")}
    daemon.write(wrong)

    told = daemon.reload("config_refused")

    assert "evry" in told["error"]
    assert "counter" in told["error"]
    assert "config.yaml:" in told["error"]
    assert told["code"] == "config.invalid"
    (notice,) = status(url)["notices"]
    assert "evry" in notice
    assert "counter" in notice
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 — the daemon's own address
        assert "evry" in answer.read().decode()
    shop.sell(shop_db, 4, 1)
    running.wait_for("upload_accepted", lambda entry: entry["rows"] == 1)
    daemon.write(shop.query())
    assert daemon.reload()["changed"] == []
    assert status(url)["notices"] == []
    assert running.stop() == 0
    assert times(emulator) == [1] * 4


def test_what_needs_a_restart_is_said(daemon: Daemon) -> None:
    """Store and port stay as they are, and the page says so until they are put back."""
    running = daemon.start(shop.query())
    url = running.wait_for("http_listening")["url"]
    running.wait_for("query_finished")
    daemon.write(shop.query(), state={"url": "sqlite:///other.db"}, http={"listen": "127.0.0.1:1"})

    assert daemon.reload()["needs_restart"] == ["http.listen", "state.url"]

    assert "http.listen, state.url" in status(url)["notices"][0]
    assert not (daemon.cli.folder / "other.db").exists()
    assert running.stop() == 0


@pytest.mark.parametrize("what", ["removed", "changed", "disabled"])
def test_while_it_uploads(daemon: Daemon, emulator: EmulatorServer, what: str) -> None:
    """A query taken away or changed in the middle of an upload finishes that, and sends nothing twice."""
    emulator.fault("slow", seconds=600, accept=True, times=1, counter=101)  # until the file was read again
    patient = {"timeout": "600s"}
    other = shop.query("other", counter=102, every="1h")
    running = daemon.start({**shop.query("orders", chunk_rows=1), **other}, metrica=patient)
    running.wait_for("upload_started", lambda entry: entry["query"] == "orders")
    changes: dict[str, dict[str, object]] = {
        "removed": {},
        "changed": shop.query("orders", chunk_rows=2),
        "disabled": shop.query("orders", chunk_rows=1, enabled=False),
    }
    daemon.write({**changes[what], **other}, metrica=patient)

    daemon.reload()
    emulator.clear_faults()

    running.wait_for("query_finished", lambda entry: entry["query"] == "orders")
    if what == "changed":
        eventually(lambda: sum(conversion.counter == 101 for conversion in emulator.conversions()) == 3)
    assert running.stop() == 0
    daemon.write({**shop.query("orders"), **other})
    assert daemon.cli.run("run", "--once").returncode == 0
    assert times(emulator) == [1] * 6


def test_another_database_gets_a_pool_of_its_own(
    daemon: Daemon, postgres: Database, emulator: EmulatorServer
) -> None:
    """Rows come from the new one, and the old one keeps no connection of syncd."""
    shop.open_shop(postgres)
    shop.sell(postgres, 1, 2)
    before = {"pg": {"url": postgres.reader_url}}
    running = daemon.start(shop.query("orders", database="pg"), databases=before)
    running.wait_for("upload_accepted")
    after = {"pg": {"url": f"{postgres.reader_url}&application_name={quote('moved here')}"}}
    daemon.write(shop.query("orders", database="pg"), databases=after)

    assert daemon.reload()["changed"] == ["databases.pg.url"]

    count = "SELECT application_name FROM pg_stat_activity WHERE usename = 'reader'"
    eventually(lambda: {row[0] for row in postgres.rows(count)} == {"moved here"})
    shop.sell(postgres, 3, 1)
    running.wait_for("upload_accepted", lambda entry: entry["rows"] == 1)
    assert running.stop() == 0
    assert times(emulator) == [1] * 3


def test_on_a_shared_store(daemon: Daemon, postgres: Database, emulator: EmulatorServer) -> None:
    """The lease of a query that is gone is free at once; another daemon takes the query."""
    state = {"url": postgres.url}
    running = daemon.start({**shop.query("orders"), **shop.query("other", counter=102)}, state=state)
    for name in ("orders", "other"):
        running.wait_for("query_finished", lambda entry, name=name: entry["query"] == name)  # type: ignore[misc]  # bound now
    daemon.write(shop.query("other", counter=102), state=state)
    daemon.reload()
    held = "SELECT owner FROM syncd.leases WHERE query = 'orders'"
    eventually(lambda: postgres.rows(held)[0][0] == "")
    daemon.write({**shop.query("orders"), **shop.query("other", counter=102)}, state=state)
    daemon.reload()
    running.wait_for("query_finished", lambda entry: entry["query"] == "orders")
    assert running.stop() == 0
    assert times(emulator) == [1] * 6


def test_the_service_manager_is_told(daemon: Daemon) -> None:
    """RELOADING with the moment, then READY, also for a file that is refused."""
    path = daemon.cli.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(path))
        channel.settimeout(DEADLINE)
        daemon.write(shop.query())
        running = daemon.running = daemon.cli.start("run", NOTIFY_SOCKET=str(path))
        running.wait_for("query_finished")
        for queries, event in ((shop.query(every="2s"), "config_reloaded"), ({}, "config_refused")):
            daemon.write(queries)
            daemon.reload(event)
            said: list[str] = []
            while not said or said[-1] != "READY=1" or "RELOADING=1" not in said:
                said += channel.recv(4096).decode().split("\n")
            assert any(line.startswith("MONOTONIC_USEC=") for line in said)
        assert running.stop() == 0


def test_once_is_not_reloaded(command: Cli, shop_db: Database, emulator: EmulatorServer) -> None:
    """SIGHUP ends `run --once` as it ends any command whose terminal is gone."""
    emulator.fault("hang", on="upload", times=1)
    command.configure(shop.configuration(shop_db, emulator.url, shop.query()))
    ours = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored, which is inherited
    running = command.start("run", "--once")
    signal.signal(signal.SIGHUP, ours)
    running.wait_for("upload_started")
    assert running.stop(signal.SIGHUP) == -signal.SIGHUP


def status(url: str) -> Any:
    """What /api/status says."""
    with urllib.request.urlopen(f"{url}/api/status", timeout=10) as answer:  # noqa: S310 — the daemon's own address
        return json.load(answer)
