"""`syncd rejects drop|export`: given up, and taken elsewhere."""

from __future__ import annotations

import csv
import json
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from syncd.cli.rejects_rows import harmless, named
from syncd.emulator.server import EmulatorServer
from syncd.ledger.rows import RejectRow
from syncd.model import Reason
from syncd.model.errors import UsageError
from tests.acceptance import shop
from tests.acceptance.rejecting import break_rows, delivered, mend_rows, query, rejected
from tests.support.fix_cli import Cli
from tests.support.servers import Database


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


def test_what_is_dropped_stays_so_until_it_changes(
    cli: Cli, one_shop: Database, emulator: EmulatorServer
) -> None:
    """Dropped rows come back neither by being read again nor by a touch; wrong in a new way they do."""
    shop.sell(one_shop, 1, 4)
    break_rows(one_shop, 1, 2, 3)
    cli.configure(shop.configuration(one_shop, emulator.url, query()))
    assert cli.run("run", "--once").returncode == 3

    assert cli.json("rejects", "drop", "paid_orders", "1") == {"query": "paid_orders", "dropped": 1}
    assert cli.run("run", "--once").returncode == 0
    assert set(rejected(cli)) == {"2", "3"}
    assert "2 rejected rows forgotten" in cli.run("rejects", "drop", "paid_orders", "--all").stdout
    assert rejected(cli) == {}
    touch = "UPDATE orders SET updated_at = '2026-05-01T00:00:00.000000+00:00'"
    one_shop.run(f"{touch} WHERE order_id IN (1, 2)")
    assert cli.run("run", "--once").returncode == 0
    assert cli.run("rewind", "paid_orders", "--to", "beginning").returncode == 0
    assert cli.run("run", "--once").returncode == 0
    assert rejected(cli) == {}
    assert set(rejected(cli, "paid_orders", "--dropped")) == {"1", "2", "3"}
    one_shop.run("UPDATE orders SET client = 'GA1.3.' WHERE order_id = 1")
    mend_rows(one_shop, 2)
    assert cli.run("rewind", "paid_orders", "--to", "beginning").returncode == 0
    assert cli.run("run", "--once").returncode == 3
    assert set(rejected(cli)) == {"1"}
    assert set(rejected(cli, "paid_orders", "--dropped")) == {"3"}
    assert delivered(emulator) == {"02": 1, "04": 1}


def test_a_dropped_row_is_told_apart_and_can_be_had_back(
    cli: Cli, one_shop: Database, emulator: EmulatorServer
) -> None:
    """`explain` and `audit` say that a person dropped it; `retry` with its key alone takes that back."""
    shop.sell(one_shop, 1, 3)
    break_rows(one_shop, 1, 3)
    cli.configure(shop.configuration(one_shop, emulator.url, query()))
    assert cli.run("run", "--once").returncode == 3
    assert cli.json("rejects", "drop", "paid_orders", "1") == {"query": "paid_orders", "dropped": 1}

    told = cli.run("explain", "paid_orders", "1")
    assert "dropped by a person" in told.stdout
    assert "syncd rejects retry paid_orders 1` takes that back" in told.stdout
    audited = cli.run("audit", "paid_orders", "--since", "3650d", "--json")
    assert audited.returncode == 3
    counts = json.loads(audited.stdout)["rows"]
    assert {fate: count for fate, count in counts.items() if count} == {
        "delivered": 1,
        "rejected": 1,
        "dropped": 1,
    }

    mend_rows(one_shop, 1, 3)
    assert cli.json("rejects", "retry", "paid_orders")["asked"] == 1
    assert delivered(emulator) == {"02": 1, "03": 1}
    assert cli.json("rejects", "retry", "paid_orders", "1")["accounted_for"] == 1
    assert delivered(emulator) == {"01": 1, "02": 1, "03": 1}
    assert rejected(cli, "paid_orders", "--dropped") == {}


def test_a_row_that_metrica_refused_stays_dropped_at_the_mark(
    cli: Cli, one_shop: Database, emulator: EmulatorServer
) -> None:
    """It stands at the mark, so each run reads it; it is not sent again."""
    shop.sell(one_shop, 1, 2)
    emulator.fault("reject_ids", ids=[str(10**17 + 2)])
    cli.configure(shop.configuration(one_shop, emulator.url, query()))
    assert cli.run("run", "--once").returncode == 3
    assert cli.run("rejects", "drop", "paid_orders", "--all").returncode == 0
    posts = len(emulator.uploads())
    assert cli.run("run", "--once").returncode == 0
    assert len(emulator.uploads()) == posts
    assert rejected(cli) == {}


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
    return RejectRow(1, "q", key, Reason.NO_ID, "", "", "{}", "", None, shop.BEGIN, None, None)


def test_keys_are_recognised_as_a_person_writes_them() -> None:
    """One column: each argument a row. Several: joined by commas, or one argument per column; or JSON."""
    rows = [reject('["1"]'), reject('["2"]')]
    assert named(rows, ["2", "3"], 1) == {"2": ['["2"]'], "3": []}
    rows = [reject('["1","RU"]'), reject('["1","DE"]'), reject('["a, b","c"]'), reject('[null,"x,\\"y"]')]
    assert named(rows, ["1", "RU"], 2) == {"1, RU": ['["1","RU"]']}
    assert named(rows, ["1", "XX"], 2) == {"1, XX": []}
    assert named(rows, ["null", 'x,"y'], 2) == {'null, x,"y': ['[null,"x,\\"y"]']}
    assert named(rows, ["1,DE", "a, b, c"], 2) == {"1,DE": ['["1","DE"]'], "a, b, c": ['["a, b","c"]']}
    assert named(rows, ['["a, b", "c"]'], 2) == {'["a, b", "c"]': ['["a, b","c"]']}
    rows = [reject('["7","#00ff"]'), reject('["7","row:12"]'), reject('["8","row:13"]')]
    assert named(rows, ["7"], 1) == {"7": ['["7","#00ff"]', '["7","row:12"]']}
    assert named(rows, ["7, row:12"], 1) == {"7, row:12": ['["7","row:12"]']}


def test_a_text_names_no_other_rows() -> None:
    """Blanks and commas within a value count; what can be read in two ways is asked back."""
    rows = [
        reject('["a, b,c"]'),
        reject('["a,b, c"]'),
        reject('["a,b,c"]'),
        reject('["y "]'),
        reject('["y"]'),
    ]
    for key in ("a, b,c", "a,b, c", "a,b,c", "y ", "y"):
        assert named(rows, [key], 1) == {key: [json.dumps([key])]}
    rows = [reject('["a","b,c"]'), reject('["a,b","c"]'), reject('["a,b","x"]'), reject('["x","x"]')]
    with pytest.raises(UsageError, match=re.escape('a,b,c can be read as ["a", "b,c"] or as ["a,b", "c"]')):
        named(rows, ["a,b,c"], 2)
    assert named(rows, ["a", "b,c"], 2) == {"a, b,c": ['["a","b,c"]']}
    rows = [reject('["a","b"]'), reject('["a,b","c,d"]'), reject('["c","d"]')]
    with pytest.raises(UsageError, match="one row or several"):
        named(rows, ["a,b", "c,d"], 2)


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
