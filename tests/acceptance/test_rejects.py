"""`syncd rejects retry|drop|export`: as a person uses them, beside a daemon and without one."""

from __future__ import annotations

import csv
import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from syncd.cli.rejected import harmless, matching, wanted_keys
from syncd.emulator.server import EmulatorServer
from syncd.ledger.rows import RejectRow
from syncd.model import Reason
from tests.acceptance import shop
from tests.fix_cli import Cli
from tests.servers import Database


@pytest.fixture
def cli(forked: Cli) -> Cli:
    """Many short runs: each a fork of one started syncd."""
    return forked


@pytest.fixture(params=["postgres", "mariadb", "sqlite_db"])
def database(request: pytest.FixtureRequest) -> Database:
    """An open shop in each of the databases that syncd is tested on."""
    value: Database = request.getfixturevalue(request.param)
    shop.open_shop(value)
    return value


@pytest.fixture
def one_shop(sqlite_db: Database) -> Database:
    """An open shop in SQLite, where the database makes no difference."""
    shop.open_shop(sqlite_db)
    return sqlite_db


def query(**options: Any) -> dict[str, object]:
    """One query that reads nothing again by itself, so that what is seen is the command's doing."""
    return shop.query(overlap="0s", **options)


def break_rows(database: Database, *numbers: int) -> None:
    """Give these orders a client that is no ClientId; their mark stays as it is."""
    listed = ", ".join(map(str, numbers))
    database.run(f"UPDATE orders SET client = 'GA1.2.' WHERE order_id IN ({listed})")


def mend_rows(database: Database, *numbers: int) -> None:
    """Give these orders a good client; their mark stays as it is, so that no run reads them by itself."""
    for number in numbers:
        database.run(f"UPDATE orders SET client = '{10**17 + number}' WHERE order_id = {number}")


def rejected(cli: Cli, name: str = "paid_orders") -> dict[str, tuple[str, str]]:
    """First value of the key → reason and detail."""
    rows = cli.json("rejects", "list", name, "--limit", "0")["rejects"]
    return {row["key"][0]: (row["reason"], row["detail"]) for row in rows}


def delivered(emulator: EmulatorServer) -> dict[str, int]:
    """The last two digits of each id delivered → how many times."""
    return {conversion.id[-2:]: conversion.times for conversion in emulator.conversions()}


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


def test_keys_that_do_not_exist_are_named_and_nothing_is_done(
    cli: Cli, one_shop: Database, emulator: EmulatorServer
) -> None:
    """An unknown key or query is wrong usage: exit 2, told by name, and the other rows are left alone."""
    shop.sell(one_shop, 1, 2)
    break_rows(one_shop, 1, 2)
    cli.configure(shop.configuration(one_shop, emulator.url, query()))
    assert cli.run("run", "--once").returncode == 3

    for command in (["retry"], ["drop", "--yes"]):
        done = cli.run("rejects", *command, "paid_orders", "1", "77")
        assert done.returncode == 2
        assert "no rejected row has the key 77" in done.stderr
        assert cli.run("rejects", *command, "paid_orderz").returncode == 2
    assert cli.run("rejects", "drop", "paid_orders").returncode == 2
    assert set(rejected(cli)) == {"1", "2"}


def test_drop_forgets_and_only_a_new_reading_brings_it_back(
    cli: Cli, one_shop: Database, emulator: EmulatorServer
) -> None:
    """Dropped rows are gone; a run that does not read them again leaves it at that."""
    shop.sell(one_shop, 1, 4)
    break_rows(one_shop, 1, 2, 3)
    cli.configure(shop.configuration(one_shop, emulator.url, query()))
    assert cli.run("run", "--once").returncode == 3

    assert cli.json("rejects", "drop", "paid_orders", "1") == {"query": "paid_orders", "dropped": 1}
    assert cli.run("run", "--once").returncode == 0
    assert set(rejected(cli)) == {"2", "3"}
    assert "2 rejected rows forgotten" in cli.run("rejects", "drop", "paid_orders", "--all").stdout
    assert rejected(cli) == {}
    one_shop.run("UPDATE orders SET updated_at = '2026-05-01T00:00:00.000000+00:00' WHERE order_id = 1")
    assert cli.run("run", "--once").returncode == 3
    assert set(rejected(cli)) == {"1"}


def test_drop_asks_on_a_terminal(cli: Cli, one_shop: Database, emulator: EmulatorServer) -> None:
    """On a terminal nothing is forgotten without a yes; --yes does not ask."""
    shop.sell(one_shop, 1, 2)
    break_rows(one_shop, 1)
    cli.configure(shop.configuration(one_shop, emulator.url, query()))
    assert cli.run("run", "--once").returncode == 3
    drop = f"{sys.executable} -m syncd rejects drop paid_orders --all"
    environ = cli._environ({})  # noqa: SLF001 — the helper's own

    no = subprocess.run(
        ["script", "-qec", drop, "/dev/null"],
        cwd=cli.folder, env=environ, input="n\n", capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "forget 1 rejected row" in no.stdout
    assert set(rejected(cli)) == {"1"}
    yes = subprocess.run(
        ["script", "-qec", f"{drop} --yes", "/dev/null"],
        cwd=cli.folder, env=environ, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "1 rejected row forgotten" in yes.stdout
    assert rejected(cli) == {}


def test_export_is_complete_private_and_safe_to_open(
    cli: Cli, one_shop: Database, emulator: EmulatorServer
) -> None:
    """All rows in CSV and JSON; no cell is a formula; a file is for its owner alone; errors are one line."""
    shop.sell(one_shop, 1, 130)
    one_shop.run(
        "UPDATE orders SET client = 'x' || order_id",
        "UPDATE orders SET client = '=1+HYPERLINK(\"http://x\")' WHERE order_id = 1",
        "UPDATE orders SET client = '@a,\"b\"' WHERE order_id = 2",
        "UPDATE orders SET client = '1', total = -5 WHERE order_id = 3",
    )
    cli.configure(shop.configuration(one_shop, emulator.url, query()))
    assert cli.run("run", "--once").returncode == 3

    done = cli.run("rejects", "export", "paid_orders", "-o", "out.csv")

    assert done.returncode == 0, done.stderr
    path = cli.folder / "out.csv"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open(encoding="utf-8", newline="") as file:
        rows = {row["key"]: row for row in csv.DictReader(file)}
    assert len(rows) == 130
    assert rows["1"]["value"].startswith("'=1+")
    assert rows["2"]["value"] == '\'@a,"b"'
    assert rows["3"]["value"] == "-5"
    assert rows["9"]["reason"] == "id_not_digits"
    assert json.loads(rows["9"]["row"])["client"] == "x9"
    document = json.loads(cli.run("rejects", "export", "paid_orders", "--format", "json").stdout)
    assert document == cli.json("rejects", "list", "paid_orders", "--limit", "0")
    wrong = cli.run("rejects", "export", "paid_orders", "-o", "no/such/folder.csv")
    assert wrong.returncode == 2
    assert "cannot write no/such/folder.csv" in wrong.stderr
    assert not [file for file in cli.folder.iterdir() if file.name.startswith(".out")]


def test_cells_that_spreadsheets_run_are_made_harmless() -> None:
    """What begins a formula gets an apostrophe; numbers and ordinary texts stay as they are."""
    for cell in ("=1", "+x", "-x", "@x", "\t=1", "\r=1", "-1+1", "+7 (495) 1"):
        assert harmless(cell) == f"'{cell}"
    for cell in ("", "-5", "+7.25", "x=1", "4711"):
        assert harmless(cell) == cell


def reject(key: str) -> RejectRow:
    """A reject with this key."""
    return RejectRow(1, "q", key, Reason.NO_ID, "", "", "{}", "", None, shop.BEGIN, None)


def test_keys_are_recognised_as_a_person_writes_them() -> None:
    """One column: each argument a row. Several: joined by commas, or one argument per column."""
    rows = [reject('["1"]'), reject('["2"]')]
    assert matching(rows, wanted_keys(["2", "3"], 1), 1) == {"2": ['["2"]'], "3": []}
    rows = [reject('["1","RU"]'), reject('["1","DE"]'), reject('["a, b","c"]')]
    assert matching(rows, wanted_keys(["1", "RU"], 2), 2) == {"1,RU": ['["1","RU"]']}
    assert matching(rows, wanted_keys(["1, DE", "a, b, c"], 2), 2) == {
        "1, DE": ['["1","DE"]'],
        "a, b, c": ['["a, b","c"]'],
    }
    rows = [reject('["7","#00ff"]'), reject('["7","row:12"]'), reject('["8","row:13"]')]
    assert matching(rows, ["7"], 1) == {"7": ['["7","#00ff"]', '["7","row:12"]']}
    assert matching(rows, ["7, row:12"], 1) == {"7, row:12": ['["7","row:12"]']}


def test_export_needs_no_more_memory_for_more_rows(
    cli: Cli, one_shop: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """100,000 rejects are exported in the memory that a few need (within 30 MB)."""
    shop.sell(one_shop, 1, 2)
    break_rows(one_shop, 1)
    cli.configure(shop.configuration(one_shop, emulator.url, query()))
    assert cli.run("run", "--once").returncode == 3
    few = _memory_of_export(cli)
    store = Database(f"sqlite:///{tmp_path / 'syncd-state.db'}", "")
    store.run(
        "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 100099) "
        'INSERT INTO syncd_rejects (query, "key", reason, "column", value, "row", detail, created_at) '
        "SELECT query, '[\"' || i || '\"]', reason, \"column\", value, \"row\", printf('%.300c', 'x'), "
        "created_at FROM syncd_rejects, n"
    )
    assert _memory_of_export(cli) - few < 30_000


def _memory_of_export(cli: Cli) -> int:
    """The most memory, in kB, that an export used."""
    code = (
        "import resource, sys; from syncd.cli.main import run; "
        "run(['rejects', 'export', 'paid_orders', '-o', 'out.csv']); "
        "sys.stdout.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=cli.folder, env=cli._environ({}), capture_output=True, text=True, check=True, timeout=60,  # noqa: SLF001 — the helper's own
    )  # fmt: skip
    return int(done.stdout)
