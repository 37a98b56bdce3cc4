"""A query's runs, from real rows to real HTTP: where it begins, what is news, what a poll costs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from syncd.emulator.server import EmulatorServer
from syncd.errors import SourceRefused, TooManyRejects
from syncd.events import Event
from syncd.model import Mark
from tests.centre_help import Bench, client_id, open_shop, sell
from tests.servers import Database


def sent(emulator: EmulatorServer) -> list[str]:
    """The ClientIds received, in order; one received twice stands there twice."""
    files = [(upload.content or b"").decode().splitlines()[1:] for upload in emulator.uploads()]
    return [line.split(",")[0] for lines in files for line in lines]


def ids(*numbers: int) -> list[str]:
    """The ClientIds of these orders."""
    return [client_id(number) for number in numbers]


@contextmanager
def statements(bench: Bench) -> Iterator[list[str]]:
    """Every statement on the source meanwhile."""
    seen: list[str] = []

    def note(connection: Any, _cursor: object, statement: str, *_: object) -> None:
        if str(connection.engine.url) == bench.database.url:
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


# --- where a query begins ---


def test_start_at_the_beginning(bench: Bench, emulator: EmulatorServer) -> None:
    """All rows, then only new ones."""
    sell(bench.database, 1, 3)
    assert bench.run().uploaded == 3
    sell(bench.database, 4, 2)
    assert bench.run().uploaded == 2
    assert sent(emulator) == ids(1, 2, 3, 4, 5)


@pytest.mark.parametrize("restarted", [False, True], ids=["same process", "restarted"])
def test_start_now(bench: Bench, emulator: EmulatorServer, *, restarted: bool) -> None:
    """What is there is passed over, also rows at the newest mark; what comes later at that mark is sent."""
    bench.restart(start="now")
    sell(bench.database, 1, 3)
    sell(bench.database, 4, 1, changed=3)
    assert bench.run().uploaded == 0
    if restarted:
        bench.restart()
    sell(bench.database, 5, 1, changed=4)
    assert bench.run().uploaded == 1
    bench.database.run("UPDATE orders SET total = '99', changed = 6 WHERE n = 4")
    bench.run()
    assert sent(emulator) == ids(5)


def open_shop_of(database: Database, kind: str) -> None:
    """The table of orders whose mark is of that type."""
    columns = f"n integer, changed {kind}, client text, target text, paid integer, total text"
    database.run(f"CREATE TABLE orders ({columns})")


SPRING = 1_772_323_200
"""A mark that is a time, so that it can be read again from before it."""


@pytest.mark.parametrize("overlap", ["auto", timedelta(hours=1)])
@pytest.mark.parametrize("start", ["now", SPRING + 3])
def test_what_lies_before_the_start_is_never_read(
    bench: Bench, emulator: EmulatorServer, start: str | int, overlap: str | timedelta
) -> None:
    """Not by the overlap either, which does bring rows that were committed late."""
    for number in range(1, 4):
        sell(bench.database, number, changed=SPRING + number)
    bench.restart(start=start, overlap=overlap)
    assert bench.run().uploaded == (0 if start == "now" else 1)
    bench.restart(start=start, overlap=overlap)
    sell(bench.database, 5, changed=SPRING + 5)
    assert bench.run().uploaded == 1
    sell(bench.database, 4, changed=SPRING + 4)
    assert bench.run().uploaded == 1
    assert sent(emulator) == ids(*([] if start == "now" else [3]), 5, 4)


def test_start_now_on_an_empty_table(bench: Bench, emulator: EmulatorServer) -> None:
    """With nothing to pass over, the first row that comes is sent."""
    bench.restart(start="now")
    assert bench.run().read == 0
    sell(bench.database, 1, 2)
    bench.restart()
    assert bench.run().uploaded == 2
    assert sent(emulator) == ids(1, 2)


def test_start_at_a_value(bench: Bench, emulator: EmulatorServer) -> None:
    """From the value of the mark's first column on, itself included."""
    bench.restart(start=3)
    sell(bench.database, 1, 5)
    bench.run()
    assert sent(emulator) == ids(3, 4, 5)


def test_a_start_that_no_row_shows_the_type_of(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """With the first row it is a moment, and no overlap reaches behind it."""
    open_shop_of(postgres, "timestamp")
    overlap = timedelta(days=30)
    with closing(Bench(postgres, emulator.url, tmp_path, start="2026-01-10", overlap=overlap)) as bench:
        bench.run()
        sell(postgres, 1, changed="2026-01-09")
        sell(postgres, 2, changed="2026-01-11")
        for _ in range(2):
            bench.run()
            bench.restart()
        sell(postgres, 3, changed="2026-01-12")
        bench.run()
        assert sent(emulator) == ids(2, 3)


@pytest.mark.parametrize("mark", [("changed",), ("changed", "n")])
def test_rows_of_one_mark_cost_a_poll_nothing_more(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path, mark: tuple[str, ...]
) -> None:
    """However many of them stand at the mark, it is one statement that finds nothing new."""
    open_shop_of(postgres, "bigint")
    with closing(Bench(postgres, emulator.url, tmp_path, overlap="auto", mark=mark)) as bench:
        sell(postgres, 1, 20, changed=SPRING)
        for _ in range(3):
            bench.run()
            bench.clock.forward(timedelta(seconds=30))
        with statements(bench) as seen:
            bench.run()
        assert len([one for one in seen if "orders" in one]) == 1


def test_chunks(bench: Bench, emulator: EmulatorServer) -> None:
    """A backlog goes in uploads of `chunk_rows`, the mark moving with each."""
    bench.restart(chunk_rows=10)
    sell(bench.database, 1, 25)
    assert bench.run().uploads == 3
    assert [upload.parsed.accepted for upload in emulator.uploads()] == [10, 10, 5]
    assert sent(emulator) == ids(*range(1, 26))


def test_a_stop_ends_a_run_after_its_chunk(bench: Bench, emulator: EmulatorServer) -> None:
    """What was begun is finished, the rest is the next run's."""
    bench.restart(chunk_rows=10)
    sell(bench.database, 1, 25)
    bench.stop.set()
    assert bench.run().uploaded == 10
    bench.stop.clear()
    assert bench.run().uploaded == 15
    assert sent(emulator) == ids(*range(1, 26))


# --- what a poll without news costs ---


@pytest.mark.parametrize("overlap", [timedelta(0), timedelta(minutes=2), "auto"], ids=str)
@pytest.mark.parametrize("on_change", ["ignore", "resend"])
def test_an_idle_poll_writes_nothing_and_asks_once(
    bench: Bench, emulator: EmulatorServer, overlap: object, on_change: str
) -> None:
    """Nothing new: not one write to the state store, one query on the source, no request to Metrica."""
    bench.restart(overlap=overlap, on_change=on_change)
    sell(bench.database, 1, 3)
    sell(bench.database, 4, 1, total="-1")
    sell(bench.database, 5, 1, paid=int((bench.clock.now() + timedelta(days=1)).timestamp()))
    bench.run()
    bench.clock.forward(timedelta(seconds=121))  # what may be committed late was looked for long enough
    bench.run()
    requests = len(emulator.requests())
    with closing(sqlite3.connect(bench.state)) as watching, statements(bench) as asked:
        before = watching.execute("PRAGMA data_version").fetchone()
        for _ in range(5):
            assert bench.run().uploaded == 0
        assert watching.execute("PRAGMA data_version").fetchone() == before
    selects = [statement for statement in asked if "orders" in statement]
    assert len(selects) == 5, selects
    assert len(emulator.requests()) == requests


# --- rows read again ---


@pytest.mark.parametrize(("on_change", "times"), [("ignore", 1), ("resend", 2)])
def test_a_changed_price(bench: Bench, emulator: EmulatorServer, on_change: str, times: int) -> None:
    """Sent once more per change with `resend`, never with `ignore`; reading it again changes nothing."""
    bench.restart(on_change=on_change)
    sell(bench.database, 1, 2)
    bench.run()
    bench.database.run("UPDATE orders SET total = '20', changed = 10 WHERE n = 1")
    for changed in (11, 12, 13):
        bench.run()
        bench.database.run(f"UPDATE orders SET changed = {changed} WHERE n = 1")
    bench.run()
    received = {conversion.id: (conversion.times, conversion.price) for conversion in emulator.conversions()}
    assert received[client_id(1)] == (times, "20" if times == 2 else "10")
    assert received[client_id(2)] == (1, "10")


@pytest.mark.parametrize("on_change", ["ignore", "resend"])
@pytest.mark.parametrize(("column", "value"), [("client", "7"), ("target", "other"), ("paid", 1_767_000_000)])
def test_a_changed_identity(
    bench: Bench, emulator: EmulatorServer, on_change: str, column: str, value: object
) -> None:
    """Another id, Target or DateTime of a delivered key is not sent, and shown among the rejects once."""
    bench.restart(on_change=on_change)
    sell(bench.database, 1, 2)
    bench.run()
    bench.database.run("DELETE FROM orders WHERE n = 1")
    sell(bench.database, 1, 1, **{"changed": 10, column: value})
    assert bench.run().rejected == 1
    bench.restart()
    assert bench.run().rejected == 0
    assert sent(emulator) == ids(1, 2)
    assert bench.rejects() == [('["1"]', "identity_changed")]


def test_two_conversions_of_one_key_in_one_file(bench: Bench, emulator: EmulatorServer) -> None:
    """The second is not sent, and still among the rejects after the first was accepted: nothing is lost."""
    sell(bench.database, 1, 2)
    sell(bench.database, 1, 1, changed=5, target="other")
    assert bench.run().rejected == 1
    assert sent(emulator) == ids(1, 2)
    assert bench.rejects() == [('["1"]', "identity_changed")]


def test_a_row_put_right(bench: Bench, emulator: EmulatorServer) -> None:
    """A reject that is corrected in the source is sent, and a reject no more."""
    sell(bench.database, 1, 2)
    bench.database.run("UPDATE orders SET total = '-1' WHERE n = 2")
    assert bench.run().rejected == 1
    bench.database.run("UPDATE orders SET total = '5', changed = 9 WHERE n = 2")
    assert bench.run().uploaded == 1
    assert bench.rejects() == []
    assert sent(emulator) == ids(1, 2)


# --- rows that wait ---


@pytest.mark.parametrize("on_change", ["ignore", "resend"])
def test_a_waiting_row_that_changed_is_not_sent_as_it_was(
    bench: Bench, emulator: EmulatorServer, on_change: str
) -> None:
    """Also where the next run comes only once it is due: what the source has now is what counts."""
    bench.restart(on_change=on_change)
    due = int((bench.clock.now() + timedelta(hours=1)).timestamp())
    sell(bench.database, 1, 4, paid=due)
    assert bench.run().waiting == 4
    bench.database.run(
        "UPDATE orders SET total = '7.50', changed = 100 WHERE n = 1",
        "UPDATE orders SET paid = paid + 86400, changed = 101 WHERE n = 2",
        "UPDATE orders SET total = 'free', changed = 102 WHERE n = 3",
    )
    emulator.advance(3601)
    bench.clock.forward(timedelta(seconds=3601))
    report = bench.run()
    assert (report.uploaded, report.waiting, report.rejected) == (2, 1, 1)
    lines = [line for upload in emulator.uploads() for line in (upload.content or b"").decode().splitlines()]
    assert [line.split(",")[3] for line in lines if line.startswith(client_id(1))] == ["7.50"]
    assert sorted(sent(emulator)) == sorted(ids(1, 4))
    assert bench.run().uploaded == 0


def test_rows_in_the_future_wait(bench: Bench, emulator: EmulatorServer) -> None:
    """They wait without holding the mark, and are sent once when their DateTime has come."""
    due = int((bench.clock.now() + timedelta(hours=1)).timestamp())
    sell(bench.database, 1, 1, paid=due)
    sell(bench.database, 2, 1)
    report = bench.run()
    assert (report.uploaded, report.waiting) == (1, 1)
    assert sent(emulator) == ids(2)
    bench.restart()
    assert bench.run().waiting == 0
    emulator.advance(3601)
    bench.clock.forward(timedelta(seconds=3601))
    assert bench.run().uploaded == 1
    assert bench.run().uploaded == 0
    assert sent(emulator) == ids(2, 1)
    assert bench.rows("SELECT * FROM syncd_waiting") == []


# --- where it stands ---


def test_a_mark_of_numbers_that_was_moved_forward(
    sqlite_db: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """What was passed over is not read, though the query stood before it when late rows may have begun."""
    open_shop(sqlite_db)
    with closing(Bench(sqlite_db, emulator.url, tmp_path, overlap="auto", mark=("n",))) as bench:
        sell(sqlite_db, 1, 3)
        bench.run()
        bench.clock.forward(timedelta(days=2))
        sell(sqlite_db, 4, 5)
        moved = Mark((8,))
        bench.ledger.begin_query(moved, safe=moved)
        bench.restart()
        for _ in range(3):
            bench.run()
            bench.clock.forward(timedelta(minutes=1))
        assert sent(emulator) == ids(1, 2, 3, 8)


def test_a_time_that_is_a_number_with_and_without_a_fraction(
    sqlite_db: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """Each moves the mark on from the other."""
    sqlite_db.run("CREATE TABLE orders (n integer, changed, client, target, paid, total)")
    with closing(Bench(sqlite_db, emulator.url, tmp_path, overlap="auto")) as bench:
        for number, changed in ((1, 1767225600.5), (2, 1767225700), (3, 1767225800.5)):
            sell(sqlite_db, number, changed=changed)
            bench.run()
            assert str(changed) in str(bench.mark())


def test_a_number_that_sqlite_cannot_hold(bench: Bench, emulator: EmulatorServer) -> None:
    """As the text of a key, of a row that has to be looked at by itself: the others are sent."""
    key, client = "coalesce(client, n) AS n", "n + 100000000000000000 AS client"
    sql = f"SELECT {key}, changed, {client}, target, paid, total FROM orders"
    bench.restart(sql=sql)
    sell(bench.database, 1, client=None)
    sell(bench.database, 2, client="9" * 20, total="1,5")
    sell(bench.database, 3, client=None)
    assert bench.run().rejected == 1
    assert sent(emulator) == ids(1, 3)


# --- rows that have no place, SQL that changed, too many rejects ---


def test_null_marks_are_found_and_named_once(bench: Bench, emulator: EmulatorServer) -> None:
    """Rows with a null in mark or key are rejected with their reason, told once, and harm no other."""
    sell(bench.database, 1, 2)
    sell(bench.database, 3, 1, changed=None)
    sell(bench.database, 4, 1, n=None)
    assert bench.run().rejected == 2
    assert sorted(reason for _, reason in bench.rejects()) in (
        ["mark_null", "mark_null"],
        ["key_null", "mark_null"],
    )
    bench.restart()
    assert bench.run().rejected == 0
    assert len(bench.listener.of(Event.ROWS_MISPLACED)) == 1
    assert sent(emulator) == ids(1, 2)


def test_a_changed_query_is_told_once(bench: Bench, emulator: EmulatorServer) -> None:
    """Another SQL under an old mark: said once, read on from the mark, nothing sent twice."""
    sell(bench.database, 1, 3)
    bench.run()
    bench.restart(sql=bench.query.sql + " WHERE n > 0")
    sell(bench.database, 4, 1)
    bench.run()
    bench.run()
    bench.restart()
    bench.run()
    assert len(bench.listener.of(Event.QUERY_CHANGED)) == 1
    assert sent(emulator) == ids(1, 2, 3, 4)


def test_the_reject_limit(bench: Bench, emulator: EmulatorServer) -> None:
    """As many rejects as allowed are recorded, the mark stays, nothing of that chunk is sent."""
    bench.restart(reject_limit=5)
    sell(bench.database, 1, 2)
    bench.run()
    mark = bench.mark()
    sell(bench.database, 3, 20, total="-1")
    sell(bench.database, 50, 1)
    with pytest.raises(TooManyRejects, match="reject_limit"):
        bench.run()
    assert len(bench.rejects()) == 5
    assert bench.mark() == mark
    assert sent(emulator) == ids(1, 2)
    bench.database.run("UPDATE orders SET total = '1'")
    bench.restart()
    assert bench.run().uploaded == 21
    assert bench.rejects() == []


def test_a_missing_column(bench: Bench, emulator: EmulatorServer) -> None:
    """Refused with the column's name; nothing is recorded, and all is sent once it is there."""
    sell(bench.database, 1, 2)
    bench.database.run("ALTER TABLE orders RENAME COLUMN client TO other")
    with pytest.raises(SourceRefused, match="client"):
        bench.run()
    bench.database.run("ALTER TABLE orders RENAME COLUMN other TO client")
    bench.run()
    assert sent(emulator) == ids(1, 2)


def test_equal_marks_over_many_pages(bench: Bench, emulator: EmulatorServer) -> None:
    """Rows that share one mark value across chunks and runs are each sent once."""
    bench.restart(chunk_rows=7, mark=("changed",))
    sell(bench.database, 1, 50, changed=5)
    assert bench.run().uploaded == 50
    sell(bench.database, 51, 50, changed=5)
    assert bench.run().uploaded == 50
    assert sorted(sent(emulator)) == ids(*range(1, 101))


def test_what_metrica_made_of_it(bench: Bench, emulator: EmulatorServer) -> None:
    """After five minutes the list is asked, once for all uploads, and the final status is kept."""
    emulator.configure(visitors=ids(1, 2))
    sell(bench.database, 1, 3)
    bench.run()
    assert bench.states() == ["accepted"]
    bench.clock.forward(timedelta(minutes=6))
    bench.run()
    assert bench.states() == ["processed"]
    assert bench.rows("SELECT linked, user_not_found FROM syncd_uploads") == [(2, 1)]
    requests = len(emulator.requests())
    bench.clock.forward(timedelta(hours=1))
    bench.run()
    assert len(emulator.requests()) == requests
