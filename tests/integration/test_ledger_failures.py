"""What goes wrong with a state store is told in one clear line, without its password."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import bindparam, event, insert, select, text, update

from syncd.ledger import QueryLedger, Store
from syncd.model import Mark, UploadState
from syncd.model.errors import StateUnavailable
from syncd.model.settings import StateSettings
from tests.support.fix_ledger import NOW, bad, chunk, ledger_of, receipt, row, tag
from tests.support.servers import Database
from tests.support.waiting import eventually

PASSWORD = "battery-staple"


def store_at(url: str) -> Store:
    """A store at this URL."""
    return Store.open(StateSettings(url=SecretStr(url)))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"mysql+pymysql://me:{PASSWORD}@host/db", "must be a SQLite or PostgreSQL URL, not mysql"),
        (f"nonsense:{PASSWORD}", "no database URL"),
        ("sqlite:////nowhere/at/all/state.db", "directory does not exist: /nowhere/at/all"),
    ],
)
def test_a_wrong_url_is_told(url: str, words: str) -> None:
    """What is wrong is said, the URL is not repeated."""
    with pytest.raises(StateUnavailable, match=words) as told:
        store_at(url)
    assert PASSWORD not in "".join(traceback.format_exception(told.value))


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_a_server_that_is_away_is_told_in_one_line(scheme: str) -> None:
    """Neither the line nor the traceback holds the password."""
    store = store_at(f"{scheme}://me:{PASSWORD}@127.0.0.1:1/state?connect_timeout=3")
    for step in (store.check_version, store.migrate, store.runs):
        with pytest.raises(StateUnavailable, match="refused") as told:
            step()
        assert "\n" not in str(told.value)
        assert PASSWORD not in "".join(traceback.format_exception(told.value))
        assert PASSWORD not in repr(store.database.engine)


def test_a_file_that_is_no_store_is_told(tmp_path: Path) -> None:
    """Garbage is refused, and left as it is."""
    path = tmp_path / "state.db"
    path.write_bytes(b"not a database, but long enough to be looked at " * 100)
    before = path.read_bytes()
    for step in (store_at(f"sqlite:///{path}").check_version, store_at(f"sqlite:///{path}").migrate):
        with pytest.raises(StateUnavailable, match="file is not a database"):
            step()
    assert path.read_bytes() == before


def test_a_store_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A path that is taken by a directory, and a name that no file can have."""
    (tmp_path / "state.db").mkdir()
    with pytest.raises(StateUnavailable, match="no regular file"):
        store_at(f"sqlite:///{tmp_path}/state.db").migrate()
    with pytest.raises(StateUnavailable, match="File name too long"):
        store_at(f"sqlite:///{tmp_path}/{'x' * 300}")


def test_values_are_not_told(ledger: QueryLedger, store: Store) -> None:
    """An error of the database names no customer: the statement's values are kept out of it."""
    first, second = chunk("a-customer"), chunk("another-customer")
    upload = ledger.begin(first, "twice", NOW)
    with pytest.raises(StateUnavailable) as told:
        ledger.begin(second, upload.tag, NOW)
    assert "customer" not in "".join(traceback.format_exception(told.value))
    assert len(store.uploads()) == 1


def test_a_server_that_restarts_is_found_again(postgres: Database) -> None:
    """Cut connections cost nobody an error once the server answers again."""
    store = store_at(postgres.url)
    store.migrate()
    ledger = ledger_of(store)
    ledger.begin_query(Mark((1,)))
    postgres.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert ledger.position() is not None
    store.close()


def test_a_connection_cut_inside_a_transaction_is_told(postgres: Database) -> None:
    """The transaction is gone as a whole, and the next one works."""
    store = store_at(postgres.url)
    store.migrate()
    ledger = ledger_of(store)
    upload = ledger.begin(chunk("a", "b", mark=1), tag(), NOW)
    cut: list[str] = []

    def before(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT") and not cut:
            cut.append(statement)
            postgres.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    event.listen(store.database.engine, "before_cursor_execute", before)
    with pytest.raises(StateUnavailable, match="terminating connection"):
        ledger.accept(upload, receipt(), NOW)
    assert ledger.unsettled() == [upload.id]
    assert ledger.position() is None
    ledger.accept(upload, receipt(), NOW)
    assert ledger.unsettled() == []
    store.close()


def test_a_lock_held_by_another_is_not_waited_for_for_ever(postgres: Database) -> None:
    """A forgotten LOCK TABLE becomes an error that names the lock."""
    store = store_at(postgres.url)
    store.migrate()
    with store.database.read() as connection:
        shown = connection.execute(text("SHOW lock_timeout")).scalar_one()
        assert shown == "30s"
        idle = connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one()
        assert idle == "10s"
    store.close()


@pytest.mark.parametrize("statement", ["insert", "update"])
def test_a_transaction_that_stands_still_ends(postgres: Database, statement: str) -> None:
    """Also after many values of one statement, where psycopg's last message stops PostgreSQL's count.

    A daemon that was stopped there would keep its lease for as long as it is stopped.
    """
    store = store_at(postgres.url)
    store.migrate()
    with pytest.raises(StateUnavailable):
        stand_still(store, postgres, statement)
    store.close()


def stand_still(store: Store, postgres: Database, statement: str) -> None:
    """Write several rows and do nothing, until PostgreSQL has ended the session."""
    leases = store.database.tables.leases
    now = datetime.now(UTC)
    rows = [{"query": name, "owner": "", "epoch": 0, "expires_at": now} for name in "abc"]
    of_one = update(leases).where(leases.c.query == bindparam("one")).values(epoch=1)
    with store.database.write() as connection:
        connection.execute(text("SELECT set_config('idle_in_transaction_session_timeout', '1s', true)"))
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        connection.execute(insert(leases), rows)
        if statement == "update":
            connection.execute(of_one, [{"one": name} for name in "abc"])
        eventually(lambda: not postgres.rows(f"SELECT 1 FROM pg_stat_activity WHERE pid = {pid}"))
        connection.execute(select(leases)).all()


def test_no_question_reads_a_whole_table(tmp_path: Path) -> None:
    """Every statement on a table that grows goes by an index (SQLite's plans; the indexes are the same)."""
    store = store_at(f"sqlite:///{tmp_path}/state.db")
    store.migrate()
    seen: list[tuple[str, object]] = []

    def before(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            seen.append((statement, parameters))

    event.listen(store.database.engine, "before_cursor_execute", before)
    _ask_everything(store, ledger_of(store))
    event.remove(store.database.engine, "before_cursor_execute", before)
    assert len(seen) > 30
    grows = ("uploads", "files", "key_runs", "key_blocks", "rejects", "waiting")
    for statement, parameters in seen:
        with store.database.engine.connect() as connection:
            assert isinstance(parameters, tuple)
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
        for step in plan:
            words = str(step[-1])
            reads_all = words.startswith("SCAN") and "INDEX" not in words
            newest_first = "ORDER BY syncd_uploads.id DESC" in statement
            assert not (reads_all and any(table in words for table in grows)) or newest_first, (
                statement,
                words,
            )
    store.close()


def _ask_everything(store: Store, ledger: QueryLedger) -> None:
    """Call every method that a running daemon or the command line calls."""
    ledger.begin_query(Mark((0,)), ["[]"])
    ledger.set_safe(None, "")
    ledger.position()
    ledger.record(chunk(mark=1, rejects=[bad("r")], waiting=[row("w")]))
    ledger.fetch_due_rows(NOW, 5)
    upload = ledger.begin(chunk("a", "b", mark=2), tag(), NOW)
    ledger.not_received(upload)
    ledger.sending(upload, NOW)
    first, second = ledger.split(upload, (tag(), tag()), NOW)
    ledger.unsettled()
    ledger.load(first.id)
    ledger.accept(first, receipt(), NOW)
    ledger.refuse(second, "no", NOW)
    ledger.find_known(["[]"])
    ledger.known_rejects([bad("r")])
    for followed in ledger.followed():
        ledger.follow(followed, UploadState.PROCESSED, receipt(), NOW)
    store.uploads()
    store.uploads("orders", before=5)
    store.upload(1)
    list(store.rejects("orders"))
    store.reject("orders", "[]")
    store.reject_counts()
    store.drop_rejects("orders", ["[]"])
    store.drop_rejects("orders")
    store.waiting_counts()
    store.waiting_row("orders", "[]")
    store.delivered_counts()
    store.delivery("orders", "[]")
