"""`syncd check` on the mistakes of a first week: each is told with its cause, its place and what to write."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from syncd.emulator.server import EmulatorServer
from tests.support.fix_cli import Cli
from tests.support.servers import Database

GOAL = {"id": 595569138, "name": "Оплата", "conditions": [{"type": "exact", "url": "paid"}]}
CONTAINS = {"id": 7, "name": "Корзина", "conditions": [{"type": "contain", "url": "cart"}]}

HEAD = """
metrica: {token: "${METRICA_TOKEN}", api_url: "URL"}
databases:
  shop:
    url: "DATABASE"
http: null
defaults: {counter: 101, id_type: CLIENT_ID}
queries:
"""
QUERY = """
  NAME:
    sql: |
      SQL
    columns:
      ClientId: client
      Target: TARGET
      DateTime: MOMENT
    mark: [MARK]
    key: [order_id]
"""
ALL = "SELECT * FROM orders"


def query(
    name: str,
    sql: str = ALL,
    *,
    target: str = "{value: paid}",
    moment: str = "changed",
    mark: str = "changed, order_id",
) -> str:
    """One query of the file, readable as a person would write it."""
    parts = {
        "NAME": name,
        "SQL": sql.replace("\n", "\n      "),
        "TARGET": target,
        "MOMENT": moment,
        "MARK": mark,
    }
    text = QUERY
    for word, value in parts.items():
        text = text.replace(word, value, 1)
    return text.lstrip("\n")


def configure(cli: Cli, database: Database, url: str, *queries: str) -> list[str]:
    """Write the file; gives its lines."""
    text = HEAD.replace("URL", url).replace("DATABASE", database.url).lstrip("\n") + "".join(queries)
    cli.configure(text)
    return textwrap.dedent(text).splitlines()


@pytest.fixture
def orders(sqlite_db: Database) -> Database:
    """Forty orders of the last hours: the shop's local times are those of Moscow."""
    now = datetime.now(UTC)
    sqlite_db.run(
        "CREATE TABLE orders (order_id integer PRIMARY KEY, client text, changed text, local text, day text,"
        " day_first text, random text, bad text)"
    )
    rows = []
    for number in range(1, 41):
        at = now - timedelta(minutes=41 - number)
        local = at + timedelta(hours=3)
        rows.append(
            {
                "number": number,
                "client": str(10**17 + number // 2),
                "at": at.isoformat(),
                "local": f"{local:%Y-%m-%d %H:%M:%S}",
                "day": f"{local:%Y-%m-%d}",
                "first": f"{local:%d.%m.%Y %H:%M:%S}",
                "random": str(uuid4()),
            }
        )
    sqlite_db.many(
        "INSERT INTO orders VALUES (:number, :client, :at, :local, :day, :first, :random, 'x y')", rows
    )
    return sqlite_db


def found(report: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    """The findings about a query that are not well, by their codes."""
    return {
        one["code"]: one
        for one in report["findings"]
        if one["query"] == name and one["severity"] in {"warning", "error"}
    }


def test_each_mistake_is_told(cli: Cli, orders: Database, emulator: EmulatorServer) -> None:
    """One file with ten of them: code, severity, key, file and line of each; exit code 1."""
    emulator.configure(goals=[GOAL, CONTAINS])
    lines = configure(
        cli,
        orders,
        emulator.url,
        query("zone", moment="local"),
        query("cut", f"{ALL}\nORDER BY changed\nLIMIT 20"),
        query("number", target='{value: "595569138"}'),
        query("named", target="{value: оплата}"),
        query("contains", target="{value: cart}"),
        query("forgotten", target="paid"),
        query("text", mark="day_first, order_id"),
        query("lot", mark="random"),
        query("days", moment="day"),
        query("bad", moment="bad"),
        query("unselected", "SELECT order_id, client, changed FROM orders", mark="updated_at, order_id"),
        query("slip", "SELECT order_id,\n       client, changed_ FROM orders"),
        query("syntax", "SELECT order_id, client\nFORM orders o"),
    )

    done = cli.run("check", "--json")

    assert done.returncode == 1, done.stderr
    report = cli.json("check")

    def told(name: str, code: str, severity: str, line: str, *words: str) -> None:
        one = found(report, name)[code]
        assert (one["severity"], lines[one["line"] - 1].strip()) == (severity, line), one
        assert one["file"].endswith("config.yaml")
        for word in words:
            assert word in f"{one['message']} → {one['action']}"

    told("zone", "timezone.wrong", "warning", "shop:", "ahead of now", "timezone: Europe/Moscow")
    told("cut", "query.limit", "error", "LIMIT 20", "LIMIT 20", "chunk_rows", "config.yaml:")
    told("forgotten", "query", "error", "Target: paid", "write Target: {value: paid}")
    told("text", "mark.text_order", "error", "mark: [day_first, order_id]", "'01.12.2026' comes before")
    told("lot", "mark.random", "warning", "mark: [random]", "random UUIDs", "UUIDv7")
    told("days", "datetime.date_only", "warning", "DateTime: day", "days without a time")
    told("days", "rows.same_sale", "warning", "DateTime: day", "of them have the id", "spread: true")
    told("bad", "rows.all_rejected", "error", "columns:", "40 of 40", "nothing would be sent")
    told("unselected", "query", "error", "mark: [updated_at, order_id]", "updated_at")
    told("slip", "query", "error", "client, changed_ FROM orders", "changed_", "config.yaml:")
    told("syntax", "query", "error", "FORM orders o", "syntax error")
    target = {one["query"]: one for one in report["findings"] if (one["code"] or "").startswith("target.")}
    assert {name: one["severity"] for name, one in target.items()} == dict.fromkeys(
        ("number", "named", "contains"), "error"
    )
    assert "the number of goal Оплата, whose identifier is paid" in target["number"]["message"]
    assert target["number"]["action"] == "Write Target: {value: paid}."
    assert "the name of goal 595569138" in target["named"]["message"]
    assert "but the condition contain" in target["contains"]["message"]
    in_error = {one["query"] for one in report["findings"] if one["severity"] == "error"}
    assert not in_error & {"zone", "lot", "days"}


def test_a_limit_stops_a_run_too(cli: Cli, orders: Database, emulator: EmulatorServer) -> None:
    """`run` and `preview` refuse it as `check` does, and other queries go on; a dry run tells of both."""
    configure(cli, orders, emulator.url, query("cut", f"{ALL} LIMIT 20"), query("fine"))

    dry = cli.run("run", "--once", "--dry-run", "--json")
    assert dry.returncode == 1
    assert '"would_upload": 40' in dry.stdout
    done = cli.run("run", "--once", "--json")

    assert done.returncode == 1
    assert "ends with LIMIT 20" in done.stderr
    assert "config.yaml:" in done.stderr
    assert '"uploaded": 40' in done.stdout
    assert cli.run("preview", "cut").returncode == 1


def test_a_source_that_was_restored_is_told(cli: Cli, orders: Database, emulator: EmulatorServer) -> None:
    """Its newest row stands behind the mark: `check` says so, and offers the rewind to make."""
    configure(cli, orders, emulator.url, query("fine"))
    assert cli.run("run", "--once").returncode == 0
    assert "source.went_back" not in cli.run("check", "--json").stdout

    orders.run("DELETE FROM orders WHERE order_id > 10")

    (found,) = (one for one in cli.json("check")["findings"] if one["code"] == "source.went_back")
    assert found["severity"] == "warning"
    assert "syncd rewind fine --to" in found["action"]


def test_what_commands_print_is_taken(cli: Cli, sqlite_db: Database, emulator: EmulatorServer) -> None:
    """Two key columns with Cyrillic letters: explain and the rejects take each form; preview counts twins."""
    sqlite_db.run(
        "CREATE TABLE orders (branch integer, order_id text, client text, changed integer, price text)",
        "INSERT INTO orders VALUES (1, 'Ж-0005', '123', 1767225600, '1'),"
        " (1, 'Ж-0006', '124', 1767225601, 'x'), (1, 'Ж-0005', '123', 1767225600, '1'),"
        " (2, 'Ж-0007', '123', 1767225600, '1')",
    )
    one = query("shop", mark="changed").replace("[order_id]", "[branch, order_id]")
    configure(
        cli,
        sqlite_db,
        emulator.url,
        one.replace("DateTime: changed", "DateTime: changed\n      Price: price"),
    )

    said = cli.run("preview", "shop").stdout
    assert "of which known already: 0. With the key of another of these rows: 1." in said
    assert "of another key: 1, such as 2, Ж-0007 of 1, Ж-0005" in said
    cli.run("run", "--once")
    for form in (["1, Ж-0005"], ['["1", "Ж-0005"]']):  # all forms: unit/test_typed_key.py
        assert cli.run("explain", "shop", *form).stdout.startswith("shop 1, Ж-0005: delivered"), form
    assert cli.run("rejects", "drop", "shop", '["1", "Ж-0006"]').returncode == 0
    assert cli.run("rewind", "shop", "--to", "[1767225601]", "--dry-run").returncode == 0
