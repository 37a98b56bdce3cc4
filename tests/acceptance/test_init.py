"""`syncd init` proposes a configuration that loads, and with two things filled in passes `check`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from syncd.config import parse
from syncd.emulator.server import EmulatorServer
from syncd.model import Column
from syncd.model.settings import QuerySettings
from tests.support.fix_cli import TOKEN, Cli
from tests.support.servers import Database

SHAPES = Path(__file__).parents[1] / "support" / "shop_shapes"
"""Small copies of the orders tables of known shops, as their public schemas have them."""


def statements(shape: str) -> list[str]:
    """The statements that make a shop's tables."""
    return [one for one in (SHAPES / f"{shape}.sql").read_text(encoding="utf-8").split(";\n") if one]


def proposed(cli: Cli, *arguments: str) -> tuple[str, QuerySettings]:
    """What `init` prints, and the query that it means."""
    done = cli.run("init", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout, parse(done.stdout, "proposed.yaml", {}).queries["orders"]


def check(cli: Cli, text: str, emulator: EmulatorServer) -> None:
    """Pass `check --offline` as it is, and `check` with counter, token and address filled in."""
    cli.configure(text)
    assert cli.run("check", "--offline").returncode == 0
    filled = text.replace("counter: 1 ", "counter: 101 ")
    filled = filled.replace("metrica:\n", f"metrica:\n  api_url: {emulator.url}\n")
    cli.configure(filled)
    done = cli.run("check", METRICA_TOKEN=TOKEN)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("shape", "table", "identity", "moment", "price", "mark", "words"),
    [
        ("prestashop", "ps_orders", "id_customer", "date_add", "total_paid_tax_incl",
         ["date_upd", "id_order"],
         ["setUserID", "no index begins with it", "current_state", "FILL IN"]),
        ("opencart", "oc_order", "customer_id", "date_added", "total", ["date_modified", "order_id"],
         ["0 stands for guests", "order_status_id"]),
        ("woocommerce", "wp_wc_orders", "customer_id", "date_created_gmt", "total_amount",
         ["date_updated_gmt", "id"],
         ["timezone: UTC", "may be null"]),
        ("bitrix", "b_sale_order", "USER_ID", "DATE_PAYED", "PRICE", ["DATE_UPDATE", "ID"],
         ["moment of payment", "`DATE_PAYED` IS NOT NULL"]),
        ("magento", "sales_order", "customer_id", "created_at", "grand_total", ["updated_at", "entity_id"],
         ["customer_id IS NOT NULL", "Europe/Moscow"]),
    ],
)  # fmt: skip
def test_shops_that_are_known(
    cli: Cli, mariadb: Database, emulator: EmulatorServer, shape: str, table: str, identity: str, moment: str,
    price: str, mark: list[str], words: list[str],
) -> None:  # fmt: skip
    """The orders are taken, and the columns that a person would take, with reasons and doubts."""
    mariadb.run(*statements(shape))
    text, query = proposed(cli, mariadb.url)
    assert f"FROM {table}\n" in query.sql
    (id_column,) = (query.columns[kind.column] for kind in query.id_type)
    assert (id_column, query.columns[Column.DATETIME]) == (identity, moment)
    assert query.columns[Column.PRICE] == price
    assert (list(query.mark), list(query.key)) == (mark, mark[-1:])
    for word in words:
        assert word in text
    if shape == "prestashop":
        check(cli, text, emulator)


def test_russian_names_and_values(cli: Cli, postgres: Database, emulator: EmulatorServer) -> None:
    """Russian names in camel case, a ClientId known by its digits; nothing is written, no password shown."""
    postgres.run(*statements("russian"))
    before = postgres.rows("SELECT sum(n_tup_ins + n_tup_upd) FROM pg_stat_user_tables")
    text, query = proposed(cli, re.sub(r"(://[^:@/]+)@", r"\1:s3cr3t@", postgres.url, count=1))
    assert "s3cr3t" not in text
    assert query.columns[Column.CLIENT_ID] == "metrikaClientId"
    assert query.columns[Column.DATETIME] == "датаОплаты"
    assert (query.columns[Column.PRICE], query.columns[Column.CURRENCY]) == ("сумма", "валюта")
    assert (query.mark, query.key) == (("датаИзменения", "НомерЗаказа"), ("НомерЗаказа",))
    assert 'FROM "Заказы"' in query.sql
    assert "timezone" not in text
    check(cli, text, emulator)
    assert postgres.rows("SELECT sum(n_tup_ins + n_tup_upd) FROM pg_stat_user_tables") == before


def test_what_cannot_be_looked_at(cli: Cli, sqlite_db: Database, tmp_path: Path) -> None:
    """No such table, no orders, no database: what is wrong and what to do, and nothing is printed."""
    sqlite_db.run(
        "CREATE TABLE people (id integer PRIMARY KEY, name text)",
        "CREATE TABLE visits (id integer PRIMARY KEY, clid text, happened text)",
        "INSERT INTO visits VALUES (1, '1700000000123456789', '2026-01-01 10:00:00')",
    )
    _, query = proposed(cli, sqlite_db.url, "--table", "visits")
    assert (query.columns[Column.CLIENT_ID], query.columns[Column.DATETIME]) == ("clid", "happened")
    for arguments, code, words in (
        ((sqlite_db.url,), 2, "name one with --table. There are: people, visits"),
        ((sqlite_db.url, "--table", "peple"), 2, "there is no table 'peple'; there are: people, visits"),
        ((sqlite_db.url, "--table", "people"), 2, "no column with a moment"),
        (("postgresql://u:s3cr@3t@h/d",), 2, "write @ as %40"),
        (("postgresql://u:s3cr3t@127.0.0.1:1/d",), 1, "syncd init"),
        ((f"sqlite:///{tmp_path}/none.db",), 1, "syncd init"),
    ):
        done = cli.run("init", *arguments)
        assert (done.returncode, done.stdout) == (code, ""), done.stderr
        assert words in done.stderr
        assert "s3cr" not in done.stderr
    assert not (tmp_path / "none.db").exists()
