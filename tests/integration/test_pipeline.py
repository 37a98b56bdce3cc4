"""A query's runs, from real rows to real HTTP: what is news, what a poll costs."""

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
from syncd.metrica.budget import Budget
from syncd.model.errors import SourceRefused, TooManyRejects
from syncd.model.events import Event
from tests.support.centre import Bench, client_id, ids, open_shop_of, sell, sent
from tests.support.servers import Database


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


@pytest.mark.parametrize("mark", [("changed",), ("changed", "n")])
def test_rows_of_one_mark_cost_a_poll_nothing_more(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path, mark: tuple[str, ...]
) -> None:
    """However many of them stand at the mark, it is one statement that finds nothing new."""
    open_shop_of(postgres, "bigint")
    with closing(Bench(postgres, emulator.url, tmp_path, overlap="auto", mark=mark)) as bench:
        sell(postgres, 1, 20, changed=1_772_323_200)
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


def test_a_waiting_row_that_changed_while_uploads_are_spaced(
    bench: Bench, emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the news is left unread, the row is not sent as it was either."""
    monkeypatch.setattr(Budget, "spacing", lambda *_: timedelta(days=1))
    bench.restart()
    due = int((bench.clock.now() + timedelta(hours=1)).timestamp())
    sell(bench.database, 1, 1, paid=due)
    sell(bench.database, 2, 1)
    bench.run()
    bench.database.run("UPDATE orders SET total = '7.50', changed = 100 WHERE n = 1")
    emulator.advance(3601)
    bench.clock.forward(timedelta(seconds=3601))
    assert bench.run().uploads == 0
    emulator.advance(86_400)
    bench.clock.forward(timedelta(days=1))
    assert bench.run().uploads == 1
    lines = [line for upload in emulator.uploads() for line in (upload.content or b"").decode().splitlines()]
    assert [line.split(",")[3] for line in lines if line.startswith(client_id(1))] == ["7.50"]


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
