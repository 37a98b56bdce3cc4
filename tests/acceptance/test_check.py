"""`syncd check`: all that can be known before the first upload, a line for each."""

from __future__ import annotations

import json

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.support.fix_cli import Cli
from tests.support.servers import Database


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
    emulator.configure(goals=["order_paid"])

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


def test_all_is_well(ready: Cli) -> None:
    """Connection, types, zone, sample, index, first run, token and goal are told; exit code 0."""
    done = ready.run("check")

    assert done.returncode == 0
    for words in (
        "1 query",
        "connected to sqlite",
        "ClientId ← client (text)",
        "sample of 5 rows: 5 can be sent",
        "an index leads to the mark",
        "the first run reads 5 rows (start: beginning)",
        "Metrica links only to visits of the last 21 days",
        "the token is accepted",
        "agree within",
        "UTC (query paid_orders) is 2026-01-01 ",
        " in its zone",
        "Target order_paid: there is a goal",
    ):
        assert words in done.stdout
    assert done.stdout.splitlines()[-1] == "1 query: 0 errors, 0 warnings"


def test_offline_looks_at_the_file_alone(cli: Cli) -> None:
    """Neither database nor Metrica is asked."""
    down = Database("postgresql://u@127.0.0.1:1/x", "")
    cli.configure(shop.configuration(down, "http://127.0.0.1:1", shop.query()))

    done = cli.run("check", "--offline")

    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "1 query: 0 errors, 0 warnings"


def test_what_is_down_is_one_line_each(ready: Cli, sqlite_db: Database) -> None:
    """A database that is down is told once, its queries are named, and the others are looked at."""
    queries = {**shop.query("a", database="down"), **shop.query("b", database="down")}
    queries |= shop.query("c", database="shop")
    databases = {"down": {"url": "postgresql://u:hidden@127.0.0.1:1/x"}}
    ready.configure(shop.configuration(sqlite_db, "http://127.0.0.1:1", queries, databases=databases))

    report = ready.json("check")

    assert report["ok"] is False
    errors = [finding for finding in report["findings"] if finding["level"] == "error"]
    assert [finding["where"] for finding in errors] == ["database down", "counter 101"]
    assert "Connection refused" in errors[0]["message"]
    assert "no connection" in errors[1]["message"]
    assert "metrica.api_url" in errors[1]["action"]
    notes = {finding["where"] for finding in report["findings"] if "not looked at" in finding["message"]}
    assert notes == {"query a", "query b"}
    assert any("sample of 5 rows" in finding["message"] for finding in report["findings"])
    assert (report["queries"], report["errors"], report["warnings"]) == (3, 2, 2)


def test_what_fails_is_named_on_stderr(ready: Cli, sqlite_db: Database) -> None:
    """SQL that cannot be read is an error of its query alone; each error is on stderr too."""
    queries = {**shop.query("a", sql="DELETE FROM orders; SELECT 1"), **shop.query("b")}
    ready.configure(shop.configuration(sqlite_db, "http://127.0.0.1:1", queries))

    done = ready.run("check")

    assert done.returncode == 1
    assert "sample of 5 rows" in done.stdout
    named = [line for line in done.stderr.splitlines() if line.startswith("syncd: ")]
    assert [line.split(": ")[1] for line in named] == ["query a", "counter 101"]
    assert "holds a second statement" in named[0]


def test_token_access_and_goal(ready: Cli, emulator: EmulatorServer) -> None:
    """A wrong token and a counter only to be viewed are errors, a goal that is missing a warning."""
    emulator.configure(goals=[])
    assert "Target order_paid (query paid_orders): no goal takes it" in ready.run("check").stdout
    for goal, words in (
        ({"type": "url", "identifier": "order_paid"}, "but is of type url"),
        ({"conditions": [{"type": "contain", "url": "order_paid"}]}, "but the condition contain"),
    ):
        emulator.configure(goals=[goal])
        assert f"has this identifier, {words}" in ready.run("check").stdout
    emulator.fault("exhaust_quota", on="counter", times=1)
    assert "Nothing is lost: it is sent later" in ready.run("check").stdout
    emulator.configure(permission="view")
    viewer = ready.run("check")
    assert viewer.returncode == 1
    assert "the token may only view it" in viewer.stdout
    emulator.configure(tokens=["another"])
    wrong = ready.run("check")
    assert wrong.returncode == 1
    assert "Get a new token" in wrong.stdout


def test_questions_about_the_rows(ready: Cli, sqlite_db: Database) -> None:
    """A zone that is assumed, keys that are shared, bad rows, a missing index: each is told."""
    sqlite_db.run(
        "DROP INDEX orders_mark",
        "UPDATE orders SET paid_at = '2026-01-01 12:00:00', currency = 'RUR' WHERE order_id = 1",
    )
    queries = shop.query(key=["status"], sql=shop.SQL.replace("currency", "currency, status"))
    databases = {"shop": {"url": sqlite_db.url, "timezone": "Europe/Moscow"}}
    ready.configure(shop.configuration(sqlite_db, "http://127.0.0.1:1", queries, databases=databases))

    said = ready.run("check").stdout

    assert "read as Europe/Moscow, that is 2026-01-01 09:00:00 UTC" in said
    assert "4 of them have the key (status) of another row" in said
    assert "currency_unknown in Currency, such as 'RUR'" in said
    assert "no index leads to the mark" in said


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        ("1767225600 + order_id * 86400", "updated_at holds whole days, such as '17"),
        ("20260100 + order_id", "updated_at holds whole days, such as '202601"),
        ("1767225600 + order_id * 60", "updated_at holds whole minutes"),
        ("strftime('%Y-%m-%d %H:%M:00', 1767225600 + order_id * 60, 'unixepoch')", "whole minutes"),
    ],
)
def test_marks_that_are_cut_to_days(ready: Cli, sqlite_db: Database, mark: str, words: str) -> None:
    """Told where syncd cannot see it by the type; not with an `overlap`, nor of moments."""
    shop.sell(sqlite_db, 7, 2)
    sql = shop.SQL.replace("updated_at", f"{mark} AS updated_at")
    for options, told in (({}, True), ({"overlap": "1d"}, False)):
        query = shop.query(sql=sql, **options)
        ready.configure(shop.configuration(sqlite_db, "http://127.0.0.1:1", query))
        assert (words in ready.run("check").stdout) == told
    ready.configure(shop.configuration(sqlite_db, "http://127.0.0.1:1", shop.query()))
    assert "holds whole" not in ready.run("check").stdout


def test_a_first_run_of_very_many_rows_is_asked_about(ready: Cli, sqlite_db: Database) -> None:
    """More than 100,000 rows are a warning that names `start:`; with `start: now` there is none."""
    many = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100001) "
        "SELECT i AS order_id, '1' || i AS client, 1700000000 + i AS paid_at, i AS updated_at, "
        "1 AS total, 'RUB' AS currency FROM n"
    )
    ready.configure(shop.configuration(sqlite_db, "http://127.0.0.1:1", shop.query(sql=many)))
    said = ready.run("check").stdout
    assert "the first run reads 100,001 rows (start: beginning)" in said
    assert "set start: to now or to a value of updated_at" in said

    ready.configure(shop.configuration(sqlite_db, "http://127.0.0.1:1", shop.query(sql=many, start="now")))
    assert "passes over the rows that are there" in ready.run("check").stdout


def test_a_query_that_seems_to_be_renamed_is_told(
    ready: Cli, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """A new name beside one that ran and is gone; a new query beside one that goes on is none."""
    assert ready.run("run", "--once").returncode == 0
    ready.configure(shop.configuration(sqlite_db, emulator.url, shop.query("orders_paid")))
    told = "it never ran, and the state store knows paid_orders, which the file no longer names"
    renamed = [found for found in ready.json("check")["findings"] if found["message"] == told]
    assert [(found["level"], found["where"]) for found in renamed] == [("warning", "query orders_paid")]

    both = {**shop.query(), **shop.query("orders_paid")}
    ready.configure(shop.configuration(sqlite_db, emulator.url, both))
    assert "no longer names" not in ready.run("check").stdout


def test_a_clock_that_is_off_is_told(postgres: Database, ready: Cli) -> None:
    """On a server database the clocks are compared."""
    shop.open_shop(postgres)
    ready.configure(shop.configuration(postgres, "http://127.0.0.1:1", shop.query()))

    said = ready.run("check").stdout

    assert "connected to postgresql" in said
    assert "the database's clock and this machine's agree within 1 s" in said
    assert "no rows yet" in said
