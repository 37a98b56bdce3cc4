"""Opens the state store's database, with the settings that make its promises hold."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from syncd.language import _
from syncd.ledger.database import BUSY_TIMEOUT, WRITES, StoreDatabase
from syncd.ledger.store_files import real_file
from syncd.ledger.tables import tables
from syncd.model.clock import Clock, SystemClock
from syncd.model.errors import StateUnavailable
from syncd.model.settings import StateSettings

_CONNECT_POSTGRESQL: dict[str, object] = {
    "connect_timeout": 10,
    "application_name": "syncd",
    # A server that vanished without a word is noticed within half a minute. Where something between us
    # and it takes our bytes and does nothing with them, `Impatient` notices.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    # Prepared statements do not survive a pooler such as pgbouncer.
    "prepare_threshold": None,
}
_LIMITS = (
    f"SELECT set_config('lock_timeout', '{BUSY_TIMEOUT}s', true),"
    " set_config('idle_in_transaction_session_timeout', '10s', true)"
)
"""So that no forgotten lock, ours or theirs, stops everything for ever. A daemon that is stopped inside a
transaction holds its lease by that lock as well: it must be gone before the lease has run out."""
_COUNT_IDLE_AGAIN = "SELECT 1"
"""psycopg sends many values of one statement as a pipeline, whose last message stops PostgreSQL's count of
idle seconds; any simple statement starts it again."""


def connect(settings: StateSettings, clock: Clock | None = None) -> StoreDatabase:
    """Make the engine; nothing is opened yet.

    Raises:
        StateUnavailable: the URL is no SQLite or PostgreSQL URL, or SQLite's directory does not exist.
    """
    try:
        url = make_url(settings.url.get_secret_value())
        kind = url.get_backend_name()
    except SQLAlchemyError:
        raise StateUnavailable(_("state.url is no database URL")) from None
    if kind == "sqlite":
        return _sqlite(url, clock or SystemClock())
    if kind == "postgresql":
        return _postgresql(url, settings, clock or SystemClock())
    raise StateUnavailable(_("state.url must be a SQLite or PostgreSQL URL, not {kind}").format(kind=kind))


def _sqlite(url: URL, clock: Clock) -> StoreDatabase:
    name = url.database or ":memory:"
    file = None if name == ":memory:" else real_file(name)
    # One connection holds a database in memory; a file takes as many as there are threads.
    size: dict[str, Any] = {"pool_size": 1 if file is None else 5, "max_overflow": 0 if file is None else -1}
    engine = create_engine(
        URL.create("sqlite", database=str(file) if file else ":memory:"),
        creator=lambda: _open_sqlite(file),
        poolclass=QueuePool,
        hide_parameters=True,
        **size,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    if file is not None:
        same = _SameFile(file)
        # At both ends of a transaction, so that nothing is sent on the word of a file that is gone.
        for moment in ("connect", "begin", "commit"):
            event.listen(engine, moment, same.check)
    event.listen(engine, "begin", _begin_sqlite)
    return StoreDatabase(engine, tables("syncd_", None), file, None, set(), clock)


def _open_sqlite(file: Path | None) -> sqlite3.Connection:
    """A connection; a file that is not there is an error, not a new and empty store (`Store` makes it)."""
    place = ":memory:" if file is None else f"file:{quote(str(file))}?mode=rw"
    return sqlite3.connect(
        place, uri=True, timeout=BUSY_TIMEOUT, check_same_thread=False, isolation_level=None
    )


class _SameFile:
    """Notices that the store's file was deleted or replaced while it is in use.

    An open file can be used after its deletion, so without this syncd would go on sending, and the record of
    it would vanish with the process.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._identity: tuple[int, int] | None = None

    def check(self, *_event: object) -> None:
        """Raise StateUnavailable unless the file is the one that was opened first."""
        try:
            found = self._file.stat()
        except OSError as error:
            raise StateUnavailable(
                _("the state store {file} is gone: {why}").format(file=self._file, why=error.strerror)
            ) from None
        identity = (found.st_dev, found.st_ino)
        if self._identity is None:
            self._identity = identity
        if identity != self._identity:
            raise StateUnavailable(
                _(
                    "the state store {file} was replaced while in use: restart syncd to use the new one"
                ).format(file=self._file)
            )


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Settings that a SQLite connection keeps."""
    # WAL: readers such as `syncd status` never wait for the daemon. It is a property of the file; when
    # another process is just setting it, SQLite says "locked" at once, and there is nothing left to do.
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL").close()
    # FULL: a commit is on the disk before the POST begins.
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "journal_size_limit = 67108864"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once: a lock that is taken halfway fails where it cannot be waited for."""
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: URL, settings: StateSettings, clock: Clock) -> StoreDatabase:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={**_CONNECT_POSTGRESQL, **_given(url)},
        pool_size=5,
        max_overflow=5,
        pool_timeout=BUSY_TIMEOUT,
        pool_pre_ping=True,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
    )
    # Rows as one INSERT of many, not as a pipeline: a process that is stopped halfway through a pipeline
    # keeps its transaction, and with it the lease, for as long as it is stopped.
    engine.dialect.use_insertmanyvalues_wo_returning = True
    event.listen(engine, "begin", _begin_postgresql)
    event.listen(engine, "after_cursor_execute", _count_idle_again)
    password = url.password
    secrets = {password if isinstance(password, str) else str(url.query.get("password", ""))}
    event.listen(engine, "do_connect", partial(_connect_postgresql, settings.password_file, secrets))
    schema = settings.schema_name
    return StoreDatabase(engine, tables("", schema), None, schema, secrets, clock)


def _connect_postgresql(
    password_file: Path | None,
    secrets: set[str],
    _dialect: object,
    _record: object,
    arguments: Any,
    options: Any,
) -> object:
    """Connect with a connection of our own class, and with the password that its file has now."""
    if password_file is not None:
        options["password"] = _password(password_file)
        secrets.add(options["password"])
    from syncd.ledger.impatient import Impatient  # noqa: PLC0415 — psycopg, which SQLite does not need

    return Impatient.connect(*arguments, **options)


def _password(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        said = _("cannot be read: {reason}").format(reason=error.strerror)
    except ValueError:  # its text may be the password
        said = _("is not UTF-8 text")
    raise StateUnavailable(_("state.password_file {file}: {said}").format(file=file, said=said))


def _given(url: URL) -> dict[str, object]:
    """The connection settings that the URL itself gives, which win over ours."""
    return {name: value for name, value in url.query.items() if name in _CONNECT_POSTGRESQL}


def _begin_postgresql(connection: Connection) -> None:
    """Bound the waiting of every transaction; per transaction, so that a pooler cannot lose it."""
    connection.exec_driver_sql(_LIMITS).close()


def _count_idle_again(
    _connection: Connection,
    cursor: Any,
    _statement: str,
    _values: object,
    _context: object,
    many: bool,  # noqa: FBT001 — SQLAlchemy passes it so
) -> None:
    """Let PostgreSQL count the idle seconds of this transaction after a pipeline too."""
    if many:
        cursor.connection.execute(_COUNT_IDLE_AGAIN).close()
