"""`syncd check`: what it tells of a driver, of goals, and of a file that cannot be read."""

from __future__ import annotations

import json

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.fix_cli import Cli
from tests.servers import Database


@pytest.fixture
def ready(cli: Cli, sqlite_db: Database, emulator: EmulatorServer) -> Cli:
    """A shop of five orders and a configuration for it; nothing has run yet."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 5)
    cli.configure(shop.configuration(sqlite_db, emulator.url, shop.query()))
    return cli


@pytest.mark.parametrize("offline", [["--offline"], []], ids=["offline", "live"])
def test_a_driver_that_is_not_installed(ready: Cli, sqlite_db: Database, offline: list[str]) -> None:
    """It is told with what to install, for its database alone; the sql has nothing to do with it."""
    queries = {**shop.query("a", database="ms"), **shop.query("b", database="shop")}
    databases = {"ms": {"url": "mssql+pymssql://u@127.0.0.1:1/x"}}
    ready.configure(shop.configuration(sqlite_db, "http://127.0.0.1:1", queries, databases=databases))

    done = ready.run("check", *offline)

    assert done.returncode == 1
    assert "syncd: database ms: " in done.stderr
    assert "pip install 'pymssql'" in done.stderr
    assert "the query's sql" not in done.stdout + done.stderr
    assert ("sample of 5 rows" in done.stdout) is not bool(offline)


def test_goals_are_wanted_for_what_would_be_sent(
    ready: Cli, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """Not for Targets that are rejected, which are told by their reason; what is invisible is shown."""
    bad = ("'a' || char(27) || '[31mred'", "char(155) || '31m'", f"'{'x' * 256}'", "' '", "1.5")
    shop.sell(sqlite_db, 6, 1)
    goals = " ".join(f"WHEN {order} THEN {value}" for order, value in enumerate(bad, 1))
    good = "' new' || char(8203) || 'goal '"
    sql = shop.SQL.replace("currency", f"currency, CASE order_id {goals} ELSE {good} END AS goal")
    columns = {"ClientId": "client", "Target": "goal", "DateTime": "paid_at"}
    ready.configure(shop.configuration(sqlite_db, emulator.url, shop.query(sql=sql, columns=columns)))

    messages = [finding["message"] for finding in ready.json("check")["findings"]]

    wanted = [message.partition(":")[0] for message in messages if "no goal takes it" in message]
    assert wanted == ["Target new\\u200bgoal (query paid_orders)"]
    assert "sample of 6 rows: 1 can be sent, 0 would wait, 5 would be rejected" in messages


@pytest.mark.parametrize(
    ("text", "words"), [("a: [", "YAML syntax"), ("", "the file is empty"), (None, "there is no such file")]
)
def test_a_file_that_is_broken_is_json_too(cli: Cli, text: str | None, words: str) -> None:
    """A script that asks for JSON gets it, whatever is wrong with the file."""
    if text is not None:
        cli.configure(text)

    done = cli.run("check", "--offline", "--json")

    assert done.returncode == 2
    assert words in done.stderr
    (finding,) = json.loads(done.stdout)["findings"]
    assert finding["level"] == "error"
    assert "config.yaml" in finding["message"]
    assert words in finding["message"]


def test_nothing_that_a_terminal_would_obey_is_said(ready: Cli, sqlite_db: Database) -> None:
    """What a database says of odd SQL comes without control characters, on both streams."""
    query = shop.query(sql="SELECT \x1b[31m FROM orders")
    ready.configure(shop.configuration(sqlite_db, "http://127.0.0.1:1", query))

    done = ready.run("check")

    assert done.returncode == 1
    assert "unrecognized token" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr
