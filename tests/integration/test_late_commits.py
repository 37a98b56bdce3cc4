"""Rows whose transactions commit after the mark has passed are delivered, once, and nobody waits for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from syncd.emulator.server import EmulatorServer
from syncd.model.events import Event
from syncd.source.reader import SqlSource
from tests.support.late import (
    BY_NUMBER,
    QUERY,
    SQL,
    assert_late_row_comes,
    delivered,
    make_mariadb_table,
    make_table,
)
from tests.support.process import Process
from tests.support.servers import Database
from tests.support.sessions import World, sessions


@pytest.mark.parametrize("query", [QUERY, BY_NUMBER], ids=["clock", "sequence"])
def test_a_late_commit_is_delivered_and_delays_nobody(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path, query: dict[str, Any]
) -> None:
    """A row written before the mark was taken, and committed after, comes with the next run."""
    make_table(postgres)
    with (
        sessions(postgres, 2) as (slow, quick),
        Process(tmp_path, postgres.url, emulator.url, query) as syncd,
    ):
        assert_late_row_comes(slow, quick, syncd, emulator)


def test_a_transaction_that_had_written_nothing_yet(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """`BEGIN; SELECT` fixes now() without a transaction id; what it writes later is still found."""
    make_table(postgres)
    with (
        sessions(postgres, 2) as (slow, quick),
        Process(tmp_path, postgres.url, emulator.url, QUERY) as syncd,
    ):
        slow.do("BEGIN")
        slow.do("SELECT 1")
        quick.order(2)
        syncd.run()
        slow.order(1)
        slow.do("COMMIT")
        syncd.run()
        assert delivered(emulator) == {"1": 1, "2": 1}


@pytest.mark.parametrize("prepared_first", [True, False])
def test_a_prepared_transaction(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path, *, prepared_first: bool
) -> None:
    """Two-phase commit, prepared before the run or after it: the rows come once it is committed."""
    make_table(postgres)
    with (
        sessions(postgres, 2) as (slow, quick),
        Process(tmp_path, postgres.url, emulator.url, QUERY) as syncd,
    ):
        slow.do("BEGIN")
        slow.order(1)
        if prepared_first:
            slow.do("PREPARE TRANSACTION 'late'")
        quick.order(2)
        syncd.run()
        if not prepared_first:
            slow.do("PREPARE TRANSACTION 'late'")
        quick.order(3)
        syncd.run()
        syncd.run()
        slow.do("COMMIT PREPARED 'late'")
        syncd.run()
        assert delivered(emulator) == {"1": 1, "2": 1, "3": 1}


def test_a_restart_in_between(postgres: Database, emulator: EmulatorServer, tmp_path: Path) -> None:
    """What was open when syncd stopped, and committed while it was away or later, is delivered."""
    make_table(postgres)
    with sessions(postgres, 3) as (first, second, quick):
        for number, session in enumerate((first, second), start=1):
            session.do("BEGIN")
            session.order(number)
        quick.order(3)
        with Process(tmp_path, postgres.url, emulator.url, QUERY) as syncd:
            syncd.run()
        first.do("COMMIT")
        with Process(tmp_path, postgres.url, emulator.url, QUERY) as syncd:
            syncd.run()
            assert delivered(emulator) == {"1": 1, "3": 1}
        with Process(tmp_path, postgres.url, emulator.url, QUERY) as syncd:
            syncd.run()
            second.do("COMMIT")
            syncd.run()
        assert delivered(emulator) == {"1": 1, "2": 1, "3": 1}


def test_a_session_idle_in_transaction_is_named_and_delays_nothing(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """After minutes the log and the state store say whom the safe mark waits for; rows go on."""
    make_table(postgres)
    with (
        sessions(postgres, 2) as (idle, quick),
        Process(tmp_path, postgres.url, emulator.url, QUERY) as syncd,
    ):
        idle.do("SET application_name = 'forgotten psql'")
        idle.do("BEGIN")
        idle.do("SELECT 1")
        for number in range(1, 6):
            quick.order(number)
            syncd.clock.ahead += timedelta(minutes=2)
            syncd.run()
            assert len(delivered(emulator)) == number
        (named,) = syncd.told.of(Event.TRANSACTION_OPEN)
        assert "forgotten psql" in named["who"]
        assert "forgotten psql" in syncd.resources.store.positions()["orders"].waits_for
        idle.do("ROLLBACK")
        syncd.run()
        position = syncd.resources.store.positions()["orders"]
        assert (position.safe, position.waits_for) == (position.mark, "")


def test_a_transaction_that_begins_and_ends_around_one_read(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Begun after the list was taken and over before the next: it was never seen open, and is not lost."""
    make_table(postgres)
    listing = SqlSource.open_transactions
    with (
        sessions(postgres, 2) as (slow, quick),
        Process(tmp_path, postgres.url, emulator.url, QUERY) as syncd,
    ):
        quick.order(1)

        def between(source: SqlSource) -> Mapping[str, str] | None:
            """The first list is followed by a race, the second is taken after its end."""
            monkeypatch.undo()
            listed = listing(source)
            slow.do("BEGIN")
            slow.order(2)
            quick.order(3)
            monkeypatch.setattr(SqlSource, "open_transactions", after)
            return listed

        def after(source: SqlSource) -> Mapping[str, str] | None:
            monkeypatch.undo()
            slow.do("COMMIT")
            return listing(source)

        monkeypatch.setattr(SqlSource, "open_transactions", between)
        syncd.run()
        syncd.run()
        assert delivered(emulator) == {"1": 1, "2": 1, "3": 1}


def test_other_databases_are_not_waited_for(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """A transaction of another database of the cluster cannot write here, so the mark is safe at once."""
    make_table(postgres)
    elsewhere = Database(postgres.url.replace(f"/{postgres.name}?", "/postgres?"), "")
    with sessions(elsewhere, 1) as (other,), sessions(postgres, 1) as (quick,):
        other.do("BEGIN")
        other.do("SELECT 1")
        quick.order(1)
        with Process(tmp_path, postgres.url, emulator.url, QUERY) as syncd:
            syncd.run()
            position = syncd.resources.store.positions()["orders"]
            assert position.safe == position.mark


def test_a_mark_of_the_future_hides_no_late_commit(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """It is no place from which to read again."""
    make_table(postgres)
    with (
        sessions(postgres, 2) as (slow, quick),
        Process(tmp_path, postgres.url, emulator.url, QUERY) as syncd,
    ):
        postgres.run("INSERT INTO orders (client, created_at) VALUES (9, now() + interval '40 years')")
        syncd.run()  # there is nothing else
        quick.order(1)
        syncd.run()
        slow.do("BEGIN")
        slow.order(2)
        quick.order(3)
        syncd.run()
        assert delivered(emulator) == {"1": 1, "3": 1}
        slow.do("COMMIT")
        syncd.run()
        assert delivered(emulator) == {"1": 1, "2": 1, "3": 1}


@contextmanager
def transaction(database: Database) -> Iterator[Connection]:
    """A connection of SQLAlchemy in a transaction; committed by the test, or undone."""
    engine = create_engine(database.url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def test_mariadb_tells_of_long_transactions(
    mariadb: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """With the privilege PROCESS, a row from longer ago than the slack is found when it is committed."""
    insert = make_mariadb_table(mariadb)
    with Process(tmp_path, mariadb.url, emulator.url, QUERY) as syncd:
        mariadb.many(insert, [{"client": "1", "ago": 600}])
        syncd.run()
        with transaction(mariadb) as slow:
            slow.execute(text(insert), {"client": "2", "ago": 300})
            mariadb.many(insert, [{"client": "3", "ago": 1}])
            syncd.run()
            assert delivered(emulator) == {"1": 1, "3": 1}
            slow.commit()
        syncd.run()
        assert delivered(emulator) == {"1": 1, "2": 1, "3": 1}
        assert syncd.run().uploads == 0


ENDS = [["commit"], ["commit"], ["rollback"], ["prepare"]]
TRANSACTION = st.builds(
    lambda orders, end: ["begin", *["order"] * orders, *end], st.integers(1, 2), st.sampled_from(ENDS)
)
SCRIPTS = st.tuples(
    *[st.lists(TRANSACTION, min_size=1, max_size=3).map(lambda made: list(chain(*made))) for _ in range(3)],
    st.integers(2, 5).map(lambda orders: ["order"] * orders),
    st.lists(st.sampled_from(["run", "run", "restart"]), min_size=4, max_size=8),
)
"""What three sessions with transactions do, one that commits at once, and syncd; each in its own order."""


@st.composite
def interleaved(draw: st.DrawFn) -> list[tuple[str, int]]:
    """The scripts' steps in some order of all: (step, whose)."""
    scripts = [list(script) for script in draw(SCRIPTS)]
    order: list[tuple[str, int]] = []
    while left := [number for number, script in enumerate(scripts) if script]:
        number = draw(st.sampled_from(left))
        order.append((scripts[number].pop(0), number))
    return order


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=interleaved(), by_number=st.booleans())
def test_any_order_of_commits(
    postgres: Database,
    emulator: EmulatorServer,
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, int]],
    *,
    by_number: bool,
) -> None:
    """Whatever the sessions do around syncd's runs, each committed row is delivered exactly once."""
    postgres.run("DROP TABLE IF EXISTS orders")
    make_table(postgres)
    emulator.clear()
    query = BY_NUMBER if by_number else QUERY
    folder = tmp_path_factory.mktemp("state")
    with sessions(postgres, 4) as made, ExitStack() as closing:
        syncd = closing.enter_context(Process(folder, postgres.url, emulator.url, query))
        world = World(made)
        for step, number in steps:
            if step == "run":
                syncd.run()
            elif step == "restart":
                closing.close()
                syncd = closing.enter_context(Process(folder, postgres.url, emulator.url, query))
            else:
                world.do(step, number)
        syncd.run()
        world.finish()
        syncd.run()
        assert delivered(emulator) == dict.fromkeys(world.committed, 1)
        assert syncd.run().uploads == 0


def test_a_query_whose_mark_was_forgotten_sends_only_what_is_new(
    sqlite_db: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """docs/operations.md, The sql was changed: it reads from the beginning, and knows what was delivered."""
    sqlite_db.run("CREATE TABLE orders (id integer PRIMARY KEY, client text, created_at text)")
    insert = "INSERT INTO orders VALUES ({0}, '{0}', '2026-01-01 1{0}:00:00')"
    sqlite_db.run(*(insert.format(number) for number in range(1, 5)))
    with Process(tmp_path, sqlite_db.url, emulator.url, {**QUERY, "sql": f"{SQL} WHERE id > 2"}) as syncd:
        syncd.run()
    with Process(tmp_path, sqlite_db.url, emulator.url, QUERY) as syncd:
        assert syncd.run().uploads == 0
        assert "The sql was changed" in syncd.told.of(Event.QUERY_CHANGED)[0]["action"]
        with syncd.resources.store.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM syncd_marks WHERE query = 'orders'")
        syncd.run()
        assert delivered(emulator) == {"1": 1, "2": 1, "3": 1, "4": 1}
