"""One engine per company database: made when first needed, read-only, and never the reason another waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool, QueuePool

from syncd.model.drivers import lacking
from syncd.model.errors import LoginRefused, PasswordFileUnusable, SourceError, UrlRefused
from syncd.model.settings import DatabaseSettings
from syncd.source.dialects import driver_of
from syncd.source.exact.types import literal_name
from syncd.source.failures import blot, failure, is_refused, words
from syncd.source.families import family
from syncd.source.logins import Logins
from syncd.source.sessions import Sessions
from syncd.source.spots import spot_of
from syncd.source.watchdog import Watchdog

POOL_SIZE = 8
POOL_SECONDS = 30
"""How long a query waits for one of the connections of its database."""
STALE_SECONDS = 5
"""A pooled connection that died in the meantime fails at once; what fails later was lost while working."""

_WATCHDOG = Watchdog()

T = TypeVar("T")

Asked = Callable[[str, str, str], None]
"""Of a database's name, a statement and its values."""
LONGEST_VALUES = 1000
"""Characters."""


class Database:
    """One company database. Safe to use from several threads.

    Raises UrlRefused if the URL cannot be used or its driver is not installed. Making one connects to
    nothing.
    """

    def __init__(self, settings: DatabaseSettings, asked: Asked | None = None) -> None:
        """`asked` is told of every statement."""
        self.name = settings.name
        self.statement_timeout = settings.statement_timeout
        self._password_file = settings.password_file
        self._url = _parsed(settings)
        self._driver = driver_of(self._url)
        self.row_values = self._driver.row_values
        self.loose = self._driver.loose
        self._retired = False
        self.logins = Logins()
        self.sessions = Sessions(family(self._url.get_backend_name()))
        self.engine = self._make_engine()
        if asked is not None:
            _listen(self.engine, partial(asked, self.name))

    @property
    def dialect_name(self) -> str:
        """SQLAlchemy's name of the kind of database, such as postgresql, mariadb, sqlite."""
        return self.engine.dialect.name

    @property
    def family(self) -> str:
        """The kind of database that it is spoken to as."""
        return family(self.dialect_name)

    def quote(self, name: str) -> str:
        """A name as SQL for `literal_column`."""
        return literal_name(self.engine.dialect.identifier_preparer, name)

    def run(
        self, where: str, work: Callable[[Connection], T], *, timeout: timedelta | None = None, sql: str = ""
    ) -> T:
        """`work` in one short read-only transaction, which is over when this returns.

        A connection that turns out to be dead is replaced once, so `work` may be called twice; it only
        reads. `where` begins the message of an error, which says where in `sql` it lies.
        Raises SourceUnavailable or SourceRefused.
        """
        limit = timeout or self.statement_timeout
        problem: SourceError
        for attempt in (1, 2):
            began = monotonic()
            try:
                return self._once(work, limit)
            except (LoginRefused, PasswordFileUnusable, UrlRefused) as refused:
                problem = type(refused)(f"{where}: {blot(str(refused), self._secrets())}")
            except SourceError:
                raise
            except (
                exc.SQLAlchemyError,
                OSError,
                OverflowError,
                ValueError,  # of a driver that cannot make a Python value of what it was given
                RecursionError,
                self.engine.dialect.loaded_dbapi.Error,
            ) as error:
                lost = isinstance(error, exc.DBAPIError) and error.connection_invalidated
                if lost and attempt == 1 and monotonic() - began < STALE_SECONDS:
                    continue  # the pool has dropped its dead connections: the next one is new
                problem = self.problem(error, where)
                problem.spot = spot_of(error, sql, self.family)
            finally:
                if self._retired:
                    self.engine.pool.dispose()
            break
        raise problem  # outside of `except`, so that the driver's own words and values are not chained

    def own_connection(self) -> Any:
        """A driver's connection that is no part of the pool, for who keeps it open. Raises SourceError."""
        problem: SourceError
        try:
            connection = self._connect(self.engine.dialect, None, None, None)
            self._driver.connected(connection)
        except SourceError as refused:
            problem = type(refused)(f"database {self.name}: {blot(str(refused), self._secrets())}")
        except (exc.SQLAlchemyError, OSError, self.engine.dialect.loaded_dbapi.Error) as error:
            problem = self.problem(error, f"database {self.name}")
        else:
            return connection
        raise problem  # outside of `except`, so that the driver's own words are not chained

    def problem(self, error: Exception, where: str) -> SourceError:
        """Make the error to raise for the driver's, without its secrets."""
        return failure(error, where, self._secrets())

    def close(self) -> None:
        """Close the idle connections."""
        self.engine.dispose()

    def retire(self) -> None:
        """A reload has put another in its place: no connection stays open when what runs on it has ended."""
        self._retired = True
        self.engine.pool.dispose()

    def _once(self, work: Callable[[Connection], T], timeout: timedelta) -> T:
        with self.engine.connect() as connection:  # rolls back and returns the connection, whatever happens
            abort = self._driver.abort
            if abort is None:
                return self._work(connection, work, timeout)
            patience = (timeout + self._driver.abort_grace).total_seconds()
            driver_connection = connection.connection.driver_connection
            with _WATCHDOG.watching(patience, lambda: abort(driver_connection)):
                return self._work(connection, work, timeout)

    def _work(self, connection: Connection, work: Callable[[Connection], T], timeout: timedelta) -> T:
        self._driver.begin(connection, timeout)
        try:
            return work(connection)
        finally:
            # An old server may not know how; a connection that is lost has given back all it had.
            with suppress(exc.SQLAlchemyError, self.engine.dialect.loaded_dbapi.Error, OSError):
                self._driver.end(connection.connection.driver_connection)

    def _make_engine(self) -> Engine:
        try:
            engine = create_engine(
                self._url,
                **self._pool(),
                hide_parameters=True,
                connect_args=self._arguments(),
            )
        except (ImportError, exc.ArgumentError, TypeError, ValueError) as error:
            driver = lacking(self._url.drivername)
            why = f"`pip install '{driver.package}'` brings its driver" if driver else str(error)
            problem = UrlRefused(
                f"database {self.name}: cannot use {self._url.drivername}: {why.splitlines()[0]}"
            )
        else:
            event.listen(engine, "do_connect", self._connect)
            if (inline := self._driver.inline) is not None:
                event.listen(engine, "before_cursor_execute", partial(_inlined, inline), retval=True)
            event.listen(engine, "connect", lambda connection, _record: self._driver.connected(connection))
            return engine
        raise problem

    def _pool(self) -> dict[str, Any]:
        if not self._driver.keeps_connections:
            return {"poolclass": NullPool}
        return {
            "poolclass": QueuePool,
            "pool_size": POOL_SIZE,
            "max_overflow": 0,
            "pool_timeout": POOL_SECONDS,
            "pool_recycle": self._driver.recycle_seconds,
        }

    def _arguments(self) -> dict[str, Any]:
        arguments = self._driver.arguments(self._url)
        return {name: value for name, value in arguments.items() if name not in self._url.query}

    def _connect(self, dialect: Any, _record: Any, _args: Any, _arguments: Any) -> Any:
        """Read the password anew: a rotated one needs no restart."""
        if self._driver.connect is not None:
            return self._driver.connect(self._url)
        url = self._url
        if self._password_file is not None:
            url = url.set(password=_password(self._password_file))
        try:
            positional, named = dialect.create_connect_args(url)
            arguments = {**named, **self._arguments()}
            return self.logins.attempt(url.password, lambda: dialect.connect(*positional, **arguments))
        except (SourceError, OSError):
            raise
        except Exception as error:
            # Drivers raise what they like for an option they do not know, or for a part that is missing.
            if isinstance(error, dialect.loaded_dbapi.Error) and not is_refused(error):
                raise
            said = words(error)
        raise UrlRefused(said)

    def _secrets(self) -> list[str]:
        found = [self._url.password or ""]
        if self._password_file is not None:
            with suppress(SourceError):
                found.append(_password(self._password_file))
        return found


class Engines:
    """All company databases of the configuration, by name."""

    def __init__(self, settings: Mapping[str, DatabaseSettings], asked: Asked | None = None) -> None:
        self._settings = settings
        self._asked = asked
        self._databases: dict[str, Database] = {}
        self._lock = Lock()

    def database(self, name: str) -> Database:
        """The database of this name, the same object each time. Raises UrlRefused; connects to nothing."""
        with self._lock:
            if name not in self._databases:
                self._databases[name] = Database(self._settings[name], self._asked)
            return self._databases[name]

    def change(self, settings: Mapping[str, DatabaseSettings]) -> None:
        """Have other databases from now on; what did not change keeps its connections.

        A password that was refused is tried again: somebody may have mended it on the other side.
        """
        with self._lock:
            for name, database in list(self._databases.items()):
                if settings.get(name) != self._settings[name]:
                    self._databases.pop(name).retire()
                else:
                    database.logins.reset()
            self._settings = settings

    def close(self) -> None:
        """Close all idle connections."""
        with self._lock:
            for database in self._databases.values():
                database.close()
            self._databases.clear()


def _inlined(
    inline: Callable[[str, Any], str],
    _connection: Any,
    _cursor: Any,
    statement: str,
    values: Any,
    context: Any,
    _is_many: Any,
) -> tuple[str, Any]:
    """A compiled statement without values beside it; what was not compiled has none."""
    if context is None or context.compiled is None:
        return statement, values
    return inline(statement, values), ()


def _listen(engine: Engine, asked: Callable[[str, str], None]) -> None:
    def tell(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked(statement, repr(values)[:LONGEST_VALUES] if values else "")

    event.listen(engine, "before_cursor_execute", tell)


def _parsed(settings: DatabaseSettings) -> URL:
    try:
        return make_url(settings.url.get_secret_value())
    except (exc.ArgumentError, ValueError):
        pass  # its message may hold the URL
    raise UrlRefused(
        f"database {settings.name}: the url is not a SQLAlchemy URL, as dialect+driver://user@host/name"
    )


def _password(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        said = f"cannot be read: {error.strerror}"
    except ValueError:  # its text may be the password
        said = "is not UTF-8 text"
    raise PasswordFileUnusable(f"password_file {file}: {said}")
