"""Late commits where nobody tells who has a transaction open, or `overlap` is fixed."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from tests.support.late import (
    BY_NUMBER,
    QUERY,
    assert_late_row_comes,
    delivered,
    make_mariadb_table,
    make_table,
    make_untold_table,
)
from tests.support.process import Process
from tests.support.servers import Database
from tests.support.sessions import sessions


def test_where_nobody_tells_who_is_open_the_last_minutes_are_read_again(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """Without the right to see pg_locks, `auto` falls back to a duration behind the mark."""
    make_untold_table(postgres)
    with (
        sessions(postgres, 2) as (slow, quick),
        Process(tmp_path, postgres.reader_url, emulator.url, QUERY) as syncd,
    ):
        assert_late_row_comes(slow, quick, syncd, emulator)


@pytest.mark.parametrize("overlap", ["auto", "2m"])
def test_a_number_is_read_again_from_where_it_stood_long_enough_ago(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path, overlap: str
) -> None:
    """A sequence says nothing of time; also across a restart, and then it rests: nothing is asked twice."""
    make_untold_table(postgres)
    query = {**BY_NUMBER, "overlap": overlap}
    with sessions(postgres, 3) as (slow, slower, quick):
        with Process(tmp_path, postgres.reader_url, emulator.url, query) as syncd:
            for session, client in ((slow, 1), (slower, 2)):
                session.do("BEGIN")
                session.order(client)
            quick.order(3)
            syncd.run()
            quick.order(4)
            syncd.run()
            assert delivered(emulator) == {"3": 1, "4": 1}
            slow.do("COMMIT")
            syncd.run()
            assert delivered(emulator) == {"1": 1, "3": 1, "4": 1}
        with Process(tmp_path, postgres.reader_url, emulator.url, query) as syncd:
            syncd.run()
            slower.do("COMMIT")
            syncd.clock.ahead = timedelta(seconds=121)
            syncd.run()
            assert delivered(emulator) == {"1": 1, "2": 1, "3": 1, "4": 1}
            position = syncd.resources.store.positions()["orders"]
            assert position.safe == position.mark
            assert syncd.run().known <= 1  # a fixed overlap begins at the mark's own row


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)], ids=str)
def test_a_clock_that_is_set_hides_no_late_commit_behind_a_number(
    postgres: Database,
    emulator: EmulatorServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    jump: timedelta,
) -> None:
    """What was recorded a moment ago does not look old, nor does what is recorded after."""
    sql = "SELECT id, client, created_at - interval '2 hours' AS created_at FROM orders"
    make_untold_table(postgres)
    with (
        sessions(postgres, 2) as (slow, quick),
        Process(tmp_path, postgres.reader_url, emulator.url, {**BY_NUMBER, "sql": sql}) as syncd,
    ):
        quick.order(1)
        syncd.run()
        slow.do("BEGIN")
        slow.order(2)
        quick.order(3)
        syncd.run()
        monkeypatch.setattr(syncd.clock, "now", lambda: datetime.now(UTC) + jump)
        for client in (4, 5):
            quick.order(client)
            syncd.run()
        slow.do("COMMIT")
        syncd.run()
        assert delivered(emulator) == {"1": 1, "2": 1, "3": 1, "4": 1, "5": 1}


@pytest.mark.parametrize("lasting", [True, False], ids=["daemon", "timer"])
def test_what_is_read_again_behind_a_number_does_not_grow(
    emulator: EmulatorServer, tmp_path: Path, *, lasting: bool
) -> None:
    """A table that always grows, polled every half minute: some four of its rows are read again, not all."""
    shop = Database(f"sqlite:///{tmp_path}/shop.db", "")
    shop.run("CREATE TABLE orders (id integer PRIMARY KEY, client text, created_at text)")
    query = {**BY_NUMBER, "chunk_rows": 2}
    ahead = timedelta()
    with ExitStack() as processes:

        def begun() -> Process:
            syncd = processes.enter_context(Process(tmp_path, shop.url, emulator.url, query))
            syncd.clock.ahead = ahead
            return syncd

        syncd = begun()
        for number in range(1, 6):
            shop.run(f"INSERT INTO orders VALUES ({number}, '{number}', '2026-11-01T00:00:00Z')")
        syncd.run()
        position = syncd.resources.store.positions()["orders"]
        assert (position.safe, position.mark) == ('[["int","4"]]', '[["int","5"]]')
        for number in range(6, 30):
            ahead += timedelta(seconds=30)
            if lasting:
                syncd.clock.ahead = ahead
            else:
                processes.close()
                syncd = begun()
            shop.run(f"INSERT INTO orders VALUES ({number}, '{number}', '2026-11-01T00:00:00Z')")
            report = syncd.run()
            assert report.uploaded == 1
            assert report.known <= 7


def test_a_fixed_overlap_reaches_as_far_as_it_says(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """Marks set by the application: within the duration they are found whenever they come, beyond not."""
    make_table(postgres)
    query = {**QUERY, "overlap": "1h"}
    insert = "INSERT INTO orders (client, created_at) VALUES ('{}', now() - interval '{}')"
    with Process(tmp_path, postgres.url, emulator.url, query) as syncd:
        postgres.run(insert.format(1, "1 minute"))
        syncd.run()
        mark = syncd.resources.store.positions()["orders"].mark
        postgres.run(insert.format(2, "50 minutes"), insert.format(3, "2 hours"))
        syncd.run()
        assert delivered(emulator) == {"1": 1, "2": 1}
        assert syncd.resources.store.positions()["orders"].mark == mark


def test_mariadb_without_the_privilege_reads_the_last_minutes_again(
    mariadb: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """A user who may not see others' transactions: `auto` is a duration, and nothing fails."""
    insert = make_mariadb_table(mariadb)
    with Process(tmp_path, mariadb.reader_url, emulator.url, QUERY) as syncd:
        mariadb.many(insert, [{"client": "1", "ago": 1}])
        syncd.run()
        mariadb.many(insert, [{"client": "2", "ago": 60}])
        syncd.run()
        assert delivered(emulator) == {"1": 1, "2": 1}
        assert syncd.run().uploads == 0
