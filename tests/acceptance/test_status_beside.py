"""`syncd status` as a DBA has it: beside a daemon, without the token, on a narrow terminal, and true."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import urllib.error
import urllib.request
from contextlib import suppress
from typing import Any

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.support.fix_cli import Cli
from tests.support.servers import Database


def ask(url: str, path: str) -> Any:
    """What the daemon's HTTP says, whatever its code."""
    try:
        with urllib.request.urlopen(url + path, timeout=10) as answer:  # noqa: S310 — http, from our own log
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def on_a_terminal(cli: Cli, *arguments: str, columns: int = 80) -> list[str]:
    """The lines of a command on a terminal of this width, without its colours; it has no token."""
    ours, theirs = pty.openpty()
    environ = cli.environ(COLUMNS=str(columns), NO_COLOR="1", TERM="dumb")
    del environ["METRICA_TOKEN"]
    with subprocess.Popen(
        cli.command(*arguments), cwd=cli.folder, env=environ, stdout=theirs, stdin=subprocess.DEVNULL
    ) as process:
        os.close(theirs)
        data = b""
        with suppress(OSError):  # the end of a terminal
            while part := os.read(ours, 65536):
                data += part
    os.close(ours)
    assert process.returncode == 0
    return data.decode().replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()


def without_token(cli: Cli, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of a person who has no token in the environment."""
    environ = cli.environ()
    del environ["METRICA_TOKEN"]
    command = cli.command(*arguments)
    return subprocess.run(command, cwd=cli.folder, env=environ, capture_output=True, text=True, check=False)


def test_status_tells_what_the_daemon_tells(cli: Cli, sqlite_db: Database, emulator: EmulatorServer) -> None:
    """Beside polls of some milliseconds no run is said to go on for seconds; a cron waits for its time."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 5)
    nightly = shop.query("nightly", every=None, cron="0 3 1 1 *", counter=102)
    nightly["nightly"].pop("every")  # type: ignore[attr-defined]  # it is a dict
    queries = shop.query(every="15s") | nightly
    cli.configure(shop.configuration(sqlite_db, emulator.url, queries, http={"listen": "127.0.0.1:0"}))
    daemon = cli.start("run")
    url = daemon.wait_for("http_listening")["url"]
    # A port of its own is in no file: the same configuration, with the port that it got.
    listen = {"listen": url.removeprefix("http://")}
    cli.configure(shop.configuration(sqlite_db, emulator.url, queries, http=listen))
    daemon.wait_for("query_finished", lambda line: line["query"] == "paid_orders")

    assert ask(url, "/readyz") == {"ready": True, "reasons": []}
    said, told = json.loads(without_token(cli, "status", "--json").stdout), ask(url, "/api/status")
    for document in (said, told):
        for query in document["queries"]:
            query.pop("lag_seconds")
        document.pop("now")
    assert said == told
    paid, yearly = told["queries"]
    assert paid["last_run"]["ok"] is True
    assert paid["newest_sale"] == "2026-01-01T00:00:05Z"
    assert paid["next_run"] > paid["last_run"]["finished"]
    assert (yearly["state"], yearly["next_run"][4:]) == ("never_run", "-01-01T03:00:00Z")
    assert "its first run is due in" in yearly["words"][0]

    lines = on_a_terminal(cli, "status", "paid_orders")
    assert max(len(line) for line in lines if not line.startswith("state store: ")) <= 80
    assert not any("nightly" in line for line in lines)
    assert any("newest sale: " in line and " d ago" in line for line in lines)
    assert any(line.startswith("state store: ") for line in lines)
    for command in (["uploads"], ["rejects", "list", "paid_orders"], ["explain", "paid_orders", "3"]):
        assert max(map(len, on_a_terminal(cli, *command)[:4])) <= 80


def test_what_is_all_rejected_is_not_ok(cli: Cli, sqlite_db: Database, emulator: EmulatorServer) -> None:
    """Twelve of twelve rows without an id: status says so, and a drop of them acknowledges it."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 12)
    sqlite_db.run("UPDATE orders SET client = NULL")
    cli.configure(shop.configuration(sqlite_db, emulator.url, shop.query(every="1h")))
    assert cli.run("run", "--once").returncode == 3

    (query,) = json.loads(without_token(cli, "status", "--json").stdout)["queries"]
    assert query["state"] == "rejecting"
    assert "12 rejected, 0 delivered" in query["words"][0]
    assert without_token(cli, "rejects", "drop", "paid_orders", "--all", "--yes").returncode == 0
    (query,) = json.loads(without_token(cli, "status", "--json").stdout)["queries"]
    assert query["state"] == "ok"
