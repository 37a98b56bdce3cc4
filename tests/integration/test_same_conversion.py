"""Two keys with one id, Target and DateTime: one sale to Metrica. And keys that are spelt anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from syncd.emulator.server import EmulatorServer
from syncd.model import keys
from syncd.model.conversion_codes import conversion_codes, repeated_places
from tests.support.centre import Bench, open_shop, sell
from tests.support.servers import Database

MOMENT = 1_767_225_600
TWIN: dict[str, Any] = {"client": "5", "paid": MOMENT}


def bench_of(tmp_path: Path, database: Database, emulator: EmulatorServer, **query: Any) -> Bench:
    """A shop with a query over it."""
    open_shop(database)
    return Bench(database, emulator.url, tmp_path, **query)


def moments(emulator: EmulatorServer) -> list[tuple[int, str, int]]:
    """DateTime, Price and how often it came of each conversion of the twins' client."""
    return [(one.moment, str(one.price), one.times) for one in emulator.conversions() if one.id == "5"]


def test_the_second_is_rejected(tmp_path: Path, sqlite_db: Database, emulator: EmulatorServer) -> None:
    """Within one upload, against what was delivered, after a restart; each is rejected and told once."""
    bench = bench_of(tmp_path, sqlite_db, emulator)
    sell(sqlite_db, 1)
    sell(sqlite_db, 2, total="10", **TWIN)
    sell(sqlite_db, 3, total="25", **TWIN)
    assert (bench.run().uploaded, bench.report.rejected) == (2, 1)
    sell(sqlite_db, 4, total="30", **TWIN)
    bench.restart()
    assert (bench.run().uploaded, bench.report.rejected) == (0, 1)
    assert bench.run().rejected == 0
    assert [one[2] for one in moments(emulator)] == [1]

    bench.restart(spread=True)
    assert bench.store.request_retry("orders", [keys.key_text([3]), keys.key_text([4])]) == 2
    bench.run()
    assert sorted(moments(emulator)) == [(MOMENT, "10", 1), (MOMENT + 1, "25", 1), (MOMENT + 2, "30", 1)]


def test_spread_is_the_same_each_time(tmp_path: Path, sqlite_db: Database, emulator: EmulatorServer) -> None:
    """A row that was moved is known when it is read again; its new price goes where it was moved to."""
    bench = bench_of(tmp_path, sqlite_db, emulator, spread=True, on_change="resend", chunk_rows=2)
    for number, total in ((1, "10"), (2, "20"), (3, "30")):
        sell(sqlite_db, number, total=total, **TWIN)
    bench.run()
    expected = [(MOMENT, "10", 1), (MOMENT + 1, "20", 1), (MOMENT + 2, "30", 1)]
    assert sorted(moments(emulator)) == expected
    sqlite_db.run("UPDATE orders SET changed = changed + 10")
    bench.restart()
    assert bench.run().uploaded == 0
    sqlite_db.run("UPDATE orders SET changed = changed + 10, total = '99' WHERE n = 2")
    assert bench.run().uploaded == 1
    assert sorted(moments(emulator))[1] == (MOMENT + 1, "99", 2)
    assert bench.report.rejected == 0


def test_without_a_key_what_breaks_ties_tells_rows_apart(
    tmp_path: Path, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """The second order of one sale is rejected, in one file and later; one that is touched goes again."""
    bench = bench_of(
        tmp_path,
        sqlite_db,
        emulator,
        mark=("changed", "n"),
        key=("changed", "n"),
        key_is_default=True,
        spread=False,
    )
    sell(sqlite_db, 1, total="10", **TWIN)
    sell(sqlite_db, 2, total="25", **TWIN)
    assert (bench.run().uploaded, bench.report.rejected) == (1, 1)
    sell(sqlite_db, 3, total="30", **TWIN)
    assert (bench.run().uploaded, bench.report.rejected) == (0, 1)
    sqlite_db.run("UPDATE orders SET changed = changed + 10, total = '11' WHERE n = 1")
    assert (bench.run().uploaded, bench.report.rejected) == (1, 0)
    assert moments(emulator) == [(MOMENT, "11", 2)]


def test_without_a_key_a_row_stays_where_it_was_spread_to(
    tmp_path: Path, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """Touched, it goes to the second that it has already."""
    bench = bench_of(
        tmp_path,
        sqlite_db,
        emulator,
        mark=("changed", "n"),
        key=("changed", "n"),
        key_is_default=True,
        spread=True,
    )
    sell(sqlite_db, 1, total="10", **TWIN)
    sell(sqlite_db, 2, total="25", **TWIN)
    assert (bench.run().uploaded, bench.report.rejected) == (2, 0)
    sqlite_db.run("UPDATE orders SET changed = changed + 10, total = '26' WHERE n = 2")
    assert (bench.run().uploaded, bench.report.rejected) == (1, 0)
    assert sorted(moments(emulator)) == [(MOMENT, "10", 1), (MOMENT + 1, "26", 2)]


def test_a_key_that_is_spelt_anew_is_known(
    tmp_path: Path, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """The column became decimal, and another one wider; rows that are touched are not sent again."""
    bench = bench_of(tmp_path, sqlite_db, emulator, key=("n", "target"))
    sell(sqlite_db, 1, 5)
    assert bench.run().uploaded == 5
    columns = "n || '.00' AS n, changed + 10 AS changed, client, target || '  ' AS target, paid, total"
    bench.restart(sql=f"SELECT {columns} FROM orders")
    assert (bench.run().uploaded, bench.report.rejected) == (0, 0)
    assert {one.times for one in emulator.conversions()} == {1}


def test_codes_do_not_depend_on_what_stands_around() -> None:
    """One line or thousands, with money or without: a code is its conversion's."""
    heads = [f'{10**17 + n},"say ""a,b"" ü{n % 7}",{MOMENT + n % 5}' for n in range(3000)]
    codes = conversion_codes(heads, 0)
    assert len(set(codes.tolist())) == len(heads)
    assert conversion_codes([f"{head},10,RUB" for head in heads], 2).tolist() == codes.tolist()
    assert conversion_codes([heads[17]], 0).tolist() == [codes[17]]
    assert repeated_places(conversion_codes([heads[0], heads[1], heads[0]], 0)) == [0, 2]
