"""The record of runs in the state store: at once when something moved, together when nothing did."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from syncd.ledger import Store
from syncd.ledger.rows import RunRow
from syncd.model import RunReport
from syncd.model.errors import SourceUnavailable, SyncdError
from syncd.model.events import Event
from syncd.model.settings import StateSettings
from syncd.service.bookkeeper import Bookkeeper
from syncd.service.daemon import RunOutcome, Turn
from tests.support.centre import Listener, query_of
from tests.support.waiting import eventually

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The state store's file."""
    return tmp_path / "state.db"


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    """A state store."""
    store = Store.open(StateSettings(url=SecretStr(f"sqlite:///{file}")))
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def keeper(store: Store) -> Iterator[Bookkeeper]:
    """A bookkeeper at work."""
    keeper = Bookkeeper(store, Listener(), ["orders"], shared=False)
    keeper.start()
    yield keeper
    keeper.close()


def turn(failures: int = 0, *, halted: bool = False) -> Turn:
    """The turn of the query `orders`."""
    turn = Turn(query_of("sqlite://"), lambda _report: None, NOW)
    turn.failures, turn.halted = failures, halted
    return turn


def outcome(minute: int = 0, error: SyncdError | None = None, **report: int) -> RunOutcome:
    """How a run of one second went."""
    began = NOW + timedelta(minutes=minute)
    return RunOutcome(RunReport("orders", **report), began, began + timedelta(seconds=1), error)


def recorded(store: Store) -> RunRow:
    """The record of `orders`."""
    return store.runs().get("orders", RunRow("orders"))


def test_a_run_that_moved_something_is_recorded_at_once(store: Store, keeper: Bookkeeper) -> None:
    """Numbers, times and the newest DateTime, within moments and not half a minute."""
    keeper.started(turn(), NOW)
    keeper.finished(turn(), outcome(read=3, uploaded=2, uploads=1, rejected=1, newest=1_767_225_600))
    eventually(lambda: recorded(store).uploaded == 2)
    row = recorded(store)
    assert (row.read, row.uploads, row.rejected, row.halted) == (3, 1, 1, False)
    assert row.started_at == NOW
    assert row.finished_at == row.ok_at == NOW + timedelta(seconds=1)
    assert row.newest_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_failure_is_recorded_at_once_and_so_is_its_end(store: Store, keeper: Bookkeeper) -> None:
    """Code, text and action while it lasts; the last good run stays known; then all is clear again."""
    keeper.finished(turn(), outcome())
    keeper.finished(turn(failures=1), outcome(5, SourceUnavailable("down")))
    eventually(lambda: recorded(store).failures == 1)
    row = recorded(store)
    assert (row.error_code, row.error, row.action) == ("source.unavailable", "down", SourceUnavailable.action)
    assert row.ok_at == NOW + timedelta(seconds=1)
    assert row.finished_at == NOW + timedelta(minutes=5, seconds=1)
    keeper.finished(turn(), outcome(6))
    eventually(lambda: recorded(store).failures == 0)
    assert (recorded(store).error_code, recorded(store).error) == ("", "")


def test_idle_runs_cost_no_write_each(file: Path, store: Store, keeper: Bookkeeper) -> None:
    """A hundred runs that found nothing new are not written one by one, but all is there after a stop."""
    keeper.finished(turn(), outcome())
    eventually(lambda: recorded(store).finished_at is not None)
    with closing(sqlite3.connect(file)) as watching:
        before = watching.execute("PRAGMA data_version").fetchone()
        for minute in range(1, 101):
            keeper.started(turn(), NOW + timedelta(minutes=minute))
            keeper.finished(turn(), outcome(minute))
        assert watching.execute("PRAGMA data_version").fetchone() == before
    assert keeper.rows()["orders"].finished_at == NOW + timedelta(minutes=100, seconds=1)
    keeper.close()
    assert recorded(store).finished_at == NOW + timedelta(minutes=100, seconds=1)


def test_what_earlier_processes_recorded_is_kept(store: Store, keeper: Bookkeeper) -> None:
    """The newest DateTime and the last good run are those of all time."""
    keeper.finished(turn(), outcome(uploads=1, newest=1_767_225_600))
    keeper.close()
    after = Bookkeeper(store, Listener(), ["orders"], shared=False)
    after.start()
    after.finished(turn(failures=1), outcome(5, SourceUnavailable("down")))
    after.close()
    assert recorded(store).newest_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert recorded(store).ok_at == NOW + timedelta(seconds=1)


def test_a_store_that_is_away_loses_no_record(file: Path, store: Store) -> None:
    """While it cannot be written the trouble is told; what was to be recorded is, once it can be."""
    listener = Listener()
    keeper = Bookkeeper(store, listener, ["orders"], shared=False)
    keeper.start()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("ALTER TABLE syncd_runs RENAME TO gone")
        keeper.finished(turn(), outcome(read=7, uploads=1))
        listener.wait_for(Event.STATE_TROUBLE)
        connection.execute("ALTER TABLE gone RENAME TO syncd_runs")
    eventually(lambda: recorded(store).read == 7)
    keeper.close()
