"""`pause`, `resume`, `trigger`, `sql`, `completion`: a daemon, any of a fleet, follows within seconds."""

from __future__ import annotations

import urllib.request

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.support.fix_cli import Cli
from tests.support.servers import Database


@pytest.mark.parametrize("kept", ["sqlite", "postgres"])
def test_daemons_follow_what_a_person_asks(
    cli: Cli, sqlite_db: Database, emulator: EmulatorServer, request: pytest.FixtureRequest, kept: str
) -> None:
    """Paused, a query reads nothing and is no trouble; resumed, it goes on; a triggered cron runs."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 5)
    yearly = shop.query("yearly", cron="0 3 1 1 *", counter=102)
    yearly["yearly"].pop("every")  # type: ignore[attr-defined]  # it is a dict
    own = {} if kept == "sqlite" else {"state": {"url": request.getfixturevalue("postgres").url}}
    queries = shop.query() | yearly
    cli.configure(shop.configuration(sqlite_db, emulator.url, queries, http={"listen": "127.0.0.1:0"}, **own))
    assert cli.run("pause", "paid_orders", "yearly").returncode == 0  # before any store was made
    daemons = [cli.start("run") for _ in range(1 if kept == "sqlite" else 2)]
    for daemon in daemons:
        paused = daemon.wait_for("query_paused", lambda line: line["query"] == "yearly")
        assert "@" in paused["by"]
    url = daemons[0].wait_for("http_listening")["url"]
    with urllib.request.urlopen(f"{url}/readyz", timeout=10) as answer:  # noqa: S310 — http, from our own log
        assert answer.status == 200
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:  # noqa: S310 — the same
        assert 'syncd_query_paused{query="paid_orders"} 1.0' in answer.read().decode()
    assert {query["state"] for query in cli.json("status")["queries"]} == {"paused"}
    refused = cli.run("trigger", "yearly")
    assert refused.returncode == 2
    assert "syncd resume yearly" in refused.stderr

    assert cli.json("resume", "paid_orders", "yearly")["queries"][0]["done"] == "resumed"
    assert "was not paused" in cli.run("resume", "yearly").stdout
    resumed = daemons[0].wait_for("query_resumed", lambda line: line["query"] == "paid_orders")
    assert resumed["by"] == paused["by"]
    assert cli.run("trigger", "yearly").returncode == 0
    if kept == "sqlite":
        daemons[0].wait_for("query_triggered")
        daemons[0].wait_for("upload_accepted", lambda line: line["query"] == "yearly")
        assert len(emulator.conversions(102)) == 5

    assert cli.run("pause", "paid_orders", "--for", "1h").returncode == 0
    daemons[0].wait_for("query_paused", lambda line: line["until"] is not None)
    assert cli.run("pause", "paid_order").returncode == 2


def test_a_trigger_outlives_the_daemon_that_was_killed(
    cli: Cli, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """Killed in the run that somebody asked for, a daemon leaves the wish to the next one."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 5)
    yearly = shop.query("yearly", cron="0 3 1 1 *")
    yearly["yearly"].pop("every")  # type: ignore[attr-defined]  # it is a dict
    cli.configure(shop.configuration(sqlite_db, emulator.url, yearly))
    emulator.fault("hang")
    assert cli.run("trigger", "yearly").returncode == 0
    daemon = cli.start("run")
    daemon.wait_for("upload_started")
    daemon.kill()
    emulator.clear_faults()
    daemon = cli.start("run")
    daemon.wait_for("query_triggered")
    daemon.wait_for("query_finished")
    assert daemon.stop() == 0
    assert len(emulator.conversions(101)) == 5
    assert not any("query_triggered" in line for line in _lines_of_a_start(cli))


def _lines_of_a_start(cli: Cli) -> list[str]:
    """What a daemon logs that is started and stopped when it has looked for wishes."""
    daemon = cli.start("run")
    daemon.wait_for("daemon_started")
    assert daemon.stop() == 0
    return daemon.lines


def test_sql_shows_what_run_would_send(cli: Cli, sqlite_db: Database, emulator: EmulatorServer) -> None:
    """The statement with its values and the plan; nothing is uploaded and no store is made."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 3)
    cli.configure(shop.configuration(sqlite_db, emulator.url, shop.query()))
    shown = cli.json("sql", "paid_orders")
    assert any(shop.SQL in one["sql"] and "ORDER BY" in one["sql"] for one in shown["statements"])
    assert any("orders_mark" in line for line in shown["plan"])
    assert "-- plan" in cli.run("sql", "paid_orders").stdout
    assert not (cli.folder / "syncd-state.db").exists()
    assert emulator.conversions(101) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_the_shells(cli: Cli, shell: str) -> None:
    """Each shell's own script, which asks syncd itself."""
    done = cli.run("completion", shell)
    assert done.returncode == 0
    assert "_SYNCD_COMPLETE" in done.stdout
    asked = {"_SYNCD_COMPLETE": f"{shell}_complete", "COMP_WORDS": "syncd pau", "COMP_CWORD": "1"}
    answer = cli.run(**({**asked, "COMP_CWORD": "pau"} if shell == "fish" else asked))
    assert "pause" in answer.stdout
