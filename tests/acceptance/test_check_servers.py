"""`syncd check` on real servers: what the account may do, what the types lose, where the SQL is wrong."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy.engine import make_url

from tests.acceptance import shop
from tests.support.fix_cli import Cli
from tests.support.servers import Database

PRICE = {
    "ClientId": "client",
    "Target": {"value": "order_paid"},
    "DateTime": "paid_at",
    "Price": "single",
}


def checked(cli: Cli, database: Database, queries: dict[str, Any], **top: Any) -> list[dict[str, Any]]:
    """The findings that are not well."""
    cli.configure(shop.configuration(database, "http://127.0.0.1:1", queries, **top))
    report = json.loads(cli.run("check", "--json").stdout)
    return [one for one in report["findings"] if one["severity"] in {"warning", "error"}]


def codes(findings: list[dict[str, Any]], where: str) -> dict[str, dict[str, Any]]:
    """The findings about one thing by their codes."""
    return {one["code"]: one for one in findings if one["where"] == where}


def test_postgresql(cli: Cli, postgres: Database) -> None:
    """A superuser, a single-precision Price, a materialized view, a fault in the SQL, a missing database."""
    shop.open_shop(postgres)
    shop.sell(postgres, 1, 3)
    postgres.run(
        "CREATE MATERIALIZED VIEW sold AS SELECT * FROM orders", "ALTER TABLE orders ADD single real"
    )
    queries = {
        **shop.query("price", sql="SELECT *, 1.5::real AS single FROM sold", columns=PRICE),
        **shop.query("fault", sql="SELECT order_id, client,\n  paid_at, updatet FROM orders"),
        **shop.query("away", database="nowhere"),
    }
    missing = make_url(postgres.url).set(database="no_such_shop").render_as_string(hide_password=False)
    databases = {"shop": {"url": postgres.url}, "nowhere": {"url": missing}}
    for one in ("price", "fault"):
        queries[one] = {**queries[one], "database": "shop"}  # type: ignore[dict-item]  # a mapping

    findings = checked(cli, postgres, queries, databases=databases)

    rights = codes(findings, "database shop")["database.rights"]
    assert rights["severity"] == "warning"
    assert "postgres is a superuser" in rights["message"]
    assert "GRANT SELECT ON" in rights["action"]
    away = codes(findings, "database nowhere")["database"]
    assert 'database "no_such_shop" does not exist' in away["message"]
    assert "user and password" not in away["action"]
    assert "name" in away["action"]
    price = codes(findings, "query price")
    assert "CAST(single AS DECIMAL" in price["columns.money_rounded"]["action"]
    assert "materialized view public.sold" in price["late.unseen"]["message"]
    assert price["late.unseen"]["path"] == "queries.price.overlap"
    fault = codes(findings, "query fault")["query"]
    assert "line 2, column 12 of the sql" in fault["message"]
    assert "syncd preview fault" in fault["action"]


def test_a_state_store_that_cannot_be_made(cli: Cli, postgres: Database) -> None:
    """A role without CREATE: `check` says so before `run` fails, with the grant, and leaves nothing."""
    shop.open_shop(postgres)
    reader = {"state": {"url": postgres.reader_url}, "databases": {"shop": {"url": postgres.reader_url}}}

    findings = checked(cli, postgres, shop.query(), **reader)

    state = codes(findings, "state")["state.write"]
    assert state["severity"] == "error"
    assert "permission denied for database" in state["message"]
    assert "GRANT CREATE ON DATABASE" in state["action"]
    assert "database.rights" not in codes(findings, "database shop")
    postgres.run("CREATE SCHEMA syncd AUTHORIZATION reader")
    assert not codes(checked(cli, postgres, shop.query(), **reader), "state")
    assert postgres.rows("SELECT count(*) FROM pg_tables WHERE schemaname = 'syncd'") == [(0,)]


def test_mariadb(cli: Cli, mariadb: Database) -> None:
    """An account that may write, a FLOAT as Price, a view without SHOW VIEW, a wrong password, bad SQL."""
    shop.open_shop(mariadb)
    shop.sell(mariadb, 1, 3)
    mariadb.run(
        "ALTER TABLE orders ADD single float", "UPDATE orders SET single = 1234567.5",
        "CREATE SQL SECURITY DEFINER VIEW sold AS SELECT * FROM orders",
    )  # fmt: skip
    wrong = mariadb.reader_url.replace("correct-horse", "battery-staple")
    databases = {
        "shop": {"url": mariadb.url},
        "reading": {"url": mariadb.reader_url},
        "locked": {"url": wrong},
    }
    queries = {
        **shop.query("price", database="shop", sql="SELECT * FROM orders", columns=PRICE),
        **shop.query("viewed", database="reading", sql="SELECT * FROM sold"),
        **shop.query("fault", database="shop", sql="SELECT order_id,\n  client FORM orders"),
        **shop.query("column", database="shop", sql="SELECT order_id,\n  clyent FROM orders"),
        **shop.query("out", database="locked"),
    }

    findings = checked(cli, mariadb, queries, databases=databases)

    rights = codes(findings, "database shop")["database.rights"]
    assert "ALL PRIVILEGES ON *.*" in rights["message"]
    assert "GRANT SELECT, SHOW VIEW ON" in rights["action"]
    assert "database.rights" not in codes(findings, "database reading")
    locked = codes(findings, "database locked")["database"]
    assert "tried again" not in locked["message"]
    assert locked["action"] == "Correct the password or the account."
    price = codes(findings, "query price")["columns.money_rounded"]
    assert (price["severity"], price["path"]) == ("error", "queries.price.columns.Price")
    assert "CAST(single AS DECIMAL(14, 2)) AS single" in price["action"]
    viewed = codes(findings, "query viewed")["index.unknown"]
    assert viewed["severity"] == "warning"
    assert "SHOW VIEW" in viewed["action"]
    for name, column in (("fault", 15), ("column", 3)):
        assert f"line 2, column {column} of the sql" in codes(findings, f"query {name}")["query"]["message"]
