"""`syncd rejects retry|drop|export`: as a person uses them, beside a daemon and without one."""

from __future__ import annotations

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.acceptance.rejecting import break_rows, delivered, mend_rows, query, rejected
from tests.support.fix_cli import Cli
from tests.support.servers import Database


@pytest.fixture(params=["postgres", "mariadb", "sqlite_db"])
def database(request: pytest.FixtureRequest) -> Database:
    """An open shop in each of the databases that syncd is tested on."""
    value: Database = request.getfixturevalue(request.param)
    shop.open_shop(value)
    return value


def test_mended_rows_are_sent_and_the_others_stay(
    cli: Cli, database: Database, emulator: EmulatorServer
) -> None:
    """Of four bad rows: mended → delivered once; still bad → stays with today's reason; gone → told."""
    shop.sell(database, 1, 6)
    break_rows(database, 1, 2, 3, 4)
    cli.configure(shop.configuration(database, emulator.url, query()))
    assert cli.run("run", "--once").returncode == 3
    mend_rows(database, 1)
    database.run(
        "UPDATE orders SET total = -1, client = '1' WHERE order_id = 2",
        "DELETE FROM orders WHERE order_id = 3",
    )

    done = cli.run("rejects", "retry", "paid_orders")

    assert done.returncode == 3, done.stderr
    assert "4 rejected rows tried again; 1 accounted for, 3 still rejected" in done.stdout
    assert delivered(emulator) == {"01": 1, "05": 1, "06": 1}
    left = rejected(cli)
    assert left["2"] == ("price_negative", "")
    assert left["3"] == ("id_not_digits", "tried again: the query no longer returns it")
    assert left["4"][0] == "id_not_digits"
    uploads = len(emulator.uploads())
    assert cli.run("run", "--once").returncode == 0
    assert len(emulator.uploads()) == uploads, "nothing is tried again that nobody asked for"


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("postgresql", "uuid: '7d444840-9dc0-11d1-b245-5ffdce74fad2'"),
        ("postgresql", "numeric(10,2): 10.50"),
        ("postgresql", "date: '2026-02-03'"),
        ("postgresql", "bytea: '\\x00ff'"),
        ("postgresql", "boolean: true"),
        ("postgresql", "timestamptz: '2026-02-03 10:00:00.123456+03'"),
        ("mysql", "binary(4): x'00ff01fe'"),
        ("mysql", "datetime(6): '2026-02-03 10:00:00.123456'"),
        ("mysql", "varchar(20): 'Ёж, \"a\"'"),
        ("mysql", "bigint unsigned: 18446744073709551615"),
        ("sqlite", "text: '0042'"),
        ("sqlite", "blob: x'00ff'"),
        ("sqlite", ": 9007199254740993"),
    ],
)
def test_keys_of_every_type_are_found(
    cli: Cli, request: pytest.FixtureRequest, emulator: EmulatorServer, kind: str, values: str
) -> None:
    """A reject is found by its key's text whatever type the key has; the row beside it is left alone."""
    fixture = {"postgresql": "postgres", "mysql": "mariadb", "sqlite": "sqlite_db"}[kind]
    database: Database = request.getfixturevalue(fixture)
    shop.open_shop(database)
    shop.sell(database, 1, 2)
    break_rows(database, 1)
    column, value = values.split(": ")
    database.run(
        f"ALTER TABLE orders ADD code {column}", f"UPDATE orders SET code = {value} WHERE order_id = 1"
    )
    sql = shop.SQL.replace("order_id,", "order_id, code,") + " AND code IS NOT NULL"
    cli.configure(shop.configuration(database, emulator.url, query(sql=sql, key=["code", "order_id"])))
    assert cli.run("run", "--once").returncode == 3
    mend_rows(database, 1, 2)

    done = cli.run("rejects", "retry", "paid_orders")

    assert done.returncode == 0, done.stdout + done.stderr
    assert delivered(emulator) == {"01": 1}
    assert rejected(cli) == {}


def test_a_query_without_a_key_finds_rows_by_its_mark(
    cli: Cli, database: Database, emulator: EmulatorServer
) -> None:
    """Rows of equal marks, of which one was bad: mended it goes, and those beside it are not sent again."""
    shop.sell(database, 1, 3)
    at = shop.moment(database, 1)
    database.many("UPDATE orders SET updated_at = :at", [{"at": at}])
    break_rows(database, 2)
    keyless = query(mark=["updated_at"])
    del keyless["paid_orders"]["key"]  # type: ignore[attr-defined]  # a document of documents
    cli.configure(shop.configuration(database, emulator.url, keyless))
    assert cli.run("run", "--once").returncode == 3
    mend_rows(database, 2)

    done = cli.run("rejects", "retry", "paid_orders")

    assert done.returncode == 0, done.stdout + done.stderr
    assert delivered(emulator) == {"01": 1, "02": 1, "03": 1}
    assert rejected(cli) == {}


def test_rows_without_a_key_are_told_and_stay(cli: Cli, one_shop: Database, emulator: EmulatorServer) -> None:
    """A row whose key is null cannot be found by it: the command says so, ends with 3, and it stays."""
    shop.sell(one_shop, 1, 2)
    one_shop.run(
        "ALTER TABLE orders ADD code text",
        "UPDATE orders SET code = order_id",
        "UPDATE orders SET code = NULL WHERE order_id = 1",
    )
    sql = shop.SQL.replace("order_id,", "order_id, code,")
    cli.configure(shop.configuration(one_shop, emulator.url, query(sql=sql, key=["code"])))
    assert cli.run("run", "--once").returncode == 3

    done = cli.run("rejects", "retry", "paid_orders")

    assert done.returncode == 3
    assert "1 rejected row without a usable key cannot be tried again" in done.stdout
    assert len(rejected(cli)) == 1


def test_beside_a_daemon_rows_are_marked_and_the_daemon_sends(
    cli: Cli, one_shop: Database, emulator: EmulatorServer
) -> None:
    """The command leaves the sending to the daemon that holds the store, and says so."""
    shop.sell(one_shop, 1, 2)
    break_rows(one_shop, 1)
    cli.configure(shop.configuration(one_shop, emulator.url, query()))
    daemon = cli.start("run")
    daemon.wait_for("upload_accepted")
    mend_rows(one_shop, 1)

    done = cli.run("rejects", "retry", "paid_orders", "1")

    assert done.returncode == 0, done.stderr
    assert "1 rejected row marked; the daemon that runs the query tries again" in done.stdout
    told = daemon.wait_for("rows_retried")
    assert (told["rows"], told["ready"]) == (1, 1)
    daemon.wait_for("upload_accepted")
    assert daemon.stop() == 0
    assert delivered(emulator) == {"01": 1, "02": 1}
    assert rejected(cli) == {}


def test_beside_a_daemon_on_postgresql_state_too(
    cli: Cli, postgres: Database, emulator: EmulatorServer
) -> None:
    """With the state in PostgreSQL it is the lease that says who sends."""
    shop.open_shop(postgres)
    shop.sell(postgres, 1, 2)
    break_rows(postgres, 1)
    state = {"url": postgres.url}
    cli.configure(shop.configuration(postgres, emulator.url, query(), state=state))
    daemon = cli.start("run")
    daemon.wait_for("upload_accepted")
    mend_rows(postgres, 1)

    beside = cli.run("rejects", "retry", "paid_orders")

    assert "marked; the daemon that runs the query" in beside.stdout, beside.stderr
    daemon.wait_for("upload_accepted")
    assert daemon.stop() == 0
    assert delivered(emulator) == {"01": 1, "02": 1}


def test_a_request_outlives_a_failure(cli: Cli, one_shop: Database, emulator: EmulatorServer) -> None:
    """Metrica refuses the token: the command fails, the rows stay marked, and the next run sends them."""
    shop.sell(one_shop, 1, 2)
    break_rows(one_shop, 1)
    cli.configure(shop.configuration(one_shop, emulator.url, query()))
    assert cli.run("run", "--once").returncode == 3
    mend_rows(one_shop, 1)
    emulator.fault("refuse", status=403, error_type="access_denied")

    failed = cli.run("rejects", "retry", "paid_orders")

    assert failed.returncode == 1
    assert "the next run of the query tries again" in failed.stdout
    assert "access_denied" in failed.stderr
    assert "Traceback" not in failed.stderr
    emulator.clear_faults()
    assert cli.run("run", "--once").returncode == 0
    assert delivered(emulator) == {"01": 1, "02": 1}
    assert rejected(cli) == {}


def test_a_row_that_metrica_refused_is_sent_again_and_nothing_else(
    cli: Cli, one_shop: Database, emulator: EmulatorServer
) -> None:
    """`refused_by_metrica`: unchanged in the source, it is never sent by itself; asked for, it is, once."""
    shop.sell(one_shop, 1, 8)
    emulator.fault("reject_ids", ids=[str(10**17 + 3)])
    cli.configure(shop.configuration(one_shop, emulator.url, query()))
    assert cli.run("run", "--once").returncode == 3
    again = cli.run("rejects", "retry", "paid_orders", "3")
    assert again.returncode == 3, again.stdout
    assert rejected(cli)["3"][0] == "refused_by_metrica"
    emulator.clear_faults()

    done = cli.run("rejects", "retry", "paid_orders", "3")

    assert done.returncode == 0, done.stdout + done.stderr
    assert set(delivered(emulator).values()) == {1}
    assert len(delivered(emulator)) == 8
    assert rejected(cli) == {}
