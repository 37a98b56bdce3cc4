"""`on_change: resend` where a key has several rows: the last counts, however often they are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.emulator.server import EmulatorServer
from tests.support.centre import Bench, client_id
from tests.support.servers import Database

SQL = "SELECT * FROM changes"
OVERLAPS: list[Any] = ["auto", timedelta(days=1), timedelta(0)]


def change(database: Database, n: int, order: int, total: int, at: str | None = None) -> None:
    """A row of the log of changes."""
    moment = at or f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    values = f"{n}, {order}, '{moment}', '{client_id(order)}', 'paid', 1767225600, '{total}'"
    database.run(f"INSERT INTO changes VALUES ({values})")


@pytest.fixture
def log(database: Database) -> Database:
    """A table with a row for each change of an order."""
    database.run(
        "CREATE TABLE changes (id bigint, n bigint, changed varchar(30), client varchar(20),"
        " target varchar(20), paid bigint, total varchar(20))"
    )
    return database


@pytest.fixture(params=OVERLAPS, ids=str)
def bench(
    log: Database, request: pytest.FixtureRequest, emulator: EmulatorServer, tmp_path: Path
) -> Iterator[Bench]:
    """A query over it."""
    options = {"sql": SQL, "mark": ("changed", "id"), "on_change": "resend", "overlap": request.param}
    with closing(Bench(log, emulator.url, tmp_path, **options)) as bench:
        yield bench


def prices(emulator: EmulatorServer, order: int) -> list[str]:
    """The prices of an order in the order in which they came."""
    files = [(upload.content or b"").decode().splitlines() for upload in emulator.uploads()]
    return [line.split(",")[3] for file in files for line in file if line.startswith(client_id(order))]


@pytest.mark.parametrize("chunk_rows", [50_000, 1])
def test_what_did_not_change_is_not_sent_again(
    bench: Bench, emulator: EmulatorServer, chunk_rows: int
) -> None:
    """In whatever way the rows fall into uploads; across a restart too."""
    bench.restart(chunk_rows=chunk_rows)
    for n, order, total in ((1, 7, 10), (2, 8, 1), (3, 7, 20), (4, 7, 15)):
        change(bench.database, n, order, total)
    bench.run()
    assert prices(emulator, 7)[-1] == "15"
    uploads = len(emulator.uploads())
    for _ in range(3):
        bench.run()
        bench.clock.forward(timedelta(seconds=11))
    bench.restart()
    bench.run()
    assert len(emulator.uploads()) == uploads
    change(bench.database, 5, 7, 10)
    bench.run()
    bench.run()
    assert prices(emulator, 7)[-1] == "10"
    assert len(emulator.uploads()) == uploads + 1


def test_rows_of_one_mark(bench: Bench, emulator: EmulatorServer) -> None:
    """The items of an order, say: the last as the database orders them."""
    at = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    bench.restart(mark=("changed",))
    change(bench.database, 1, 7, 10, at)
    change(bench.database, 2, 7, 20, at)
    bench.run()
    for _ in range(3):
        bench.run()
    assert len(prices(emulator, 7)) == 1


def test_a_row_that_is_rejected_is_recorded_once(bench: Bench) -> None:
    """One whose Target changed with its price, among rows that are read again."""
    change(bench.database, 1, 7, 10)
    bench.run()
    change(bench.database, 2, 7, 20)
    bench.database.run("UPDATE changes SET target = 'other' WHERE id = 2")
    for _ in range(3):
        bench.run()
    (before,) = bench.rows("SELECT count(*), max(id), max(created_at) FROM syncd_rejects")
    bench.run()
    assert bench.rows("SELECT count(*), max(id), max(created_at) FROM syncd_rejects") == [before]
    assert before[0] == 1


def test_a_row_with_a_mark_of_the_future(bench: Bench, emulator: EmulatorServer) -> None:
    """It is the last of its key, whatever is read again of the others."""
    change(bench.database, 1, 7, 10)
    change(bench.database, 2, 7, 20, f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d %H:%M:%S}")
    for _ in range(5):
        bench.run()
        bench.clock.forward(timedelta(minutes=6))
    assert prices(emulator, 7)[-1] == "20"
    assert len(prices(emulator, 7)) <= 2


def test_a_change_of_identity_hides_no_change_of_money(bench: Bench, emulator: EmulatorServer) -> None:
    """Of two rows that come together the one is sent, the other rejected."""
    change(bench.database, 1, 7, 10)
    bench.run()
    change(bench.database, 2, 7, 30)
    change(bench.database, 3, 7, 30)
    bench.database.run("UPDATE changes SET target = 'other' WHERE id = 3")
    for _ in range(3):
        bench.run()
    assert prices(emulator, 7) == ["10", "30"]
    assert [reason for _, reason in bench.rejects()] == ["identity_changed"]


@pytest.mark.parametrize("on_change", ["ignore", "resend"])
def test_two_rows_of_a_key_that_wait(bench: Bench, on_change: str) -> None:
    """The last of them does, and is written once."""
    bench.restart(on_change=on_change)
    change(bench.database, 1, 7, 10)
    change(bench.database, 2, 7, 20)
    bench.database.run(f"UPDATE changes SET paid = {int(datetime.now(UTC).timestamp()) + 86400}")
    for _ in range(4):
        bench.run()
        assert [line.split(",")[3] for (line,) in bench.rows("SELECT line FROM syncd_waiting")] == ["20"]
    assert bench.report.waiting == 0


def test_an_older_change_that_comes_late_is_not_sent(
    log: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """What was delivered is newer."""
    options = {"sql": SQL, "mark": ("changed", "id"), "on_change": "resend", "overlap": timedelta(days=1)}
    with closing(Bench(log, emulator.url, tmp_path, **options)) as bench:
        change(log, 1, 7, 10, "2026-01-31 10:00:00")
        change(log, 3, 7, 20, "2026-01-31 12:00:00")
        bench.run()
        change(log, 2, 7, 15, "2026-01-31 11:00:00")
        change(log, 4, 8, 1, "2026-01-31 11:30:00")
        bench.run()
        assert (prices(emulator, 7), prices(emulator, 8)) == (["20"], ["1"])


@pytest.mark.parametrize("database", ["sqlite_db"], indirect=True)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    runs=st.lists(
        st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), max_size=4), min_size=1, max_size=4
    ),
    chunk_rows=st.integers(1, 3),
)
def test_at_the_end_metrica_has_the_last_price(
    bench: Bench,
    emulator: EmulatorServer,
    runs: list[list[tuple[int, int]]],
    chunk_rows: int,
) -> None:
    """Whatever changes come; and a run that brings none uploads nothing."""
    bench.restart(chunk_rows=chunk_rows)
    last = int(str(bench.database.rows("SELECT coalesce(max(id), 0) FROM changes")[0][0]))
    for changes in runs:
        for order, total in changes:
            last += 1
            change(bench.database, last, order, total)
        bench.run()
        uploads = len(emulator.uploads())
        bench.run()
        assert len(emulator.uploads()) == uploads
        newest = "SELECT n, total FROM changes AS c WHERE id = (SELECT max(id) FROM changes WHERE n = c.n)"
        for sold, price in bench.database.rows(newest):
            assert prices(emulator, int(str(sold)))[-1] == str(price)
