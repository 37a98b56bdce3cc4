"""Puts syncd together: the only module that names who stands behind the ports, and closes them again."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b
from threading import Event as Flag
from threading import Lock
from types import TracebackType
from typing import Self

from syncd import __version__
from syncd.changes import NEEDS_RESTART, Changes, changes, same_query
from syncd.check import Connected
from syncd.config.secrets import read_token_file
from syncd.daemon import Daemon
from syncd.errors import ConfigError, Problem
from syncd.events import Event
from syncd.followup import FIRST_LOOK, Follower
from syncd.intake import NothingKnown
from syncd.keeper import Bookkeeper
from syncd.ledger import Lease, QueryLedger, Store
from syncd.metrica.client import MetricaClient
from syncd.metrica.token import Token
from syncd.model import Receipt, RunReport
from syncd.notify import notify
from syncd.overview import overview
from syncd.pipeline import Job, Pipeline
from syncd.ports import Clock, Observer, Stop, SystemClock
from syncd.restore import Unrecorded
from syncd.settings import QuerySettings, Settings
from syncd.settle import Patience, Settler
from syncd.source.engines import Engines
from syncd.source.probe import probe
from syncd.source.reader import SqlSource
from syncd.status import Finding, StatusReport
from syncd.telemetry import register_secret


class Parts:
    """What commands and the daemon share: databases, Metrica's clients, the state store. Opened lazily."""

    def __init__(self, settings: Settings, observer: Observer, clock: Clock | None = None) -> None:
        self.settings = settings
        self.observer = observer
        self.clock = clock or SystemClock()
        self.store = Store.open(settings.state, self.clock)
        self.engines = Engines(settings.databases)
        self._clients: dict[tuple[str, str], MetricaClient] = {}
        self._lock = Lock()

    def apply(self, settings: Settings) -> None:
        """Work with these settings from now on; a run that is going on keeps what it has."""
        with self._lock:
            before, self.settings = self.settings, settings
            self.engines.change(settings.databases)
            if before.metrica != settings.metrica:
                for client in self._clients.values():
                    client.close()  # its idle connections; a run that is going on may use it to its end
                self._clients.clear()

    def source(self, query: QuerySettings) -> SqlSource:
        """The query on its database. Nothing is connected yet."""
        return SqlSource(query, self.engines)

    def connect(self, name: str) -> Connected:
        """A first word with a database, for `check`. Raises SourceError."""
        database = self.engines.database(name)
        return Connected(database.dialect_name, *probe(database))

    def client(self, query: QuerySettings) -> MetricaClient:
        """Metrica for the query's token: one client per token, since the limits are per login."""
        secret = query.token.get_secret_value() if query.token else ""
        whose = (str(query.token_file or ""), secret)
        with self._lock:
            if whose not in self._clients:
                token = Token(_token_reader(query))
                self._clients[whose] = MetricaClient(self.settings.metrica, token, self.clock, self.observer)
            return self._clients[whose]

    def ledger(self, query: QuerySettings, lease: Lease | None = None) -> QueryLedger:
        """The state store as the query sees it."""
        return QueryLedger(self.store, query.name, fingerprint(query), counter=query.counter, lease=lease)

    def memory(self, query: QuerySettings) -> QueryLedger | NothingKnown:
        """The ledger to look things up in, also before the first run made a store. Raises StateError."""
        if self.store.is_new():
            return NothingKnown()
        self.store.check_version()
        return self.ledger(query)

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            client.close()
        self.engines.close()
        self.store.close()


class QueryRunner:
    """One query as the daemon calls it: the pipeline, then a look at what Metrica made of its uploads."""

    def __init__(
        self,
        parts: Parts,
        query: QuerySettings,
        keeper: Bookkeeper,
        stop: Stop,
        first_look: timedelta,
        unrecorded: Callable[[], Mapping[str, Receipt]] = dict,
    ) -> None:
        self.query = query
        self._parts = parts
        self._metrica = parts.settings.metrica
        self._keeper = keeper
        self._stop = _Either(stop)
        self._first_look = first_look
        self._unrecorded = unrecorded
        self._lease: Lease | None = None
        self._steps: tuple[Pipeline, Follower] | None = None

    def __call__(self, report: RunReport) -> None:
        """One run. Raises SyncdError."""
        pipeline, follower = self._current()
        pipeline.run(report)
        follower.follow()

    def retry(self, report: RunReport) -> None:
        """Only the rejects that a person wants tried again. Raises SyncdError."""
        self._current()[0].retry(report)

    def leave(self) -> None:
        """Another takes its place: a run that is going on stops after its chunk."""
        self._stop.own.set()

    def made_for(self, query: QuerySettings, settings: Settings) -> bool:
        """Whether it does what these settings want, as it is."""
        return self._metrica == settings.metrica and same_query(self.query, query)

    def _current(self) -> tuple[Pipeline, Follower]:
        lease = self._keeper.lease(self.query.name)
        if self._steps is None or lease != self._lease:
            self._lease, self._steps = lease, self._build(lease)
        return self._steps

    def _build(self, lease: Lease | None) -> tuple[Pipeline, Follower]:
        parts, query = self._parts, self.query
        ledger, client = parts.ledger(query, lease), parts.client(query)
        metrica = self._metrica
        settler = Settler(
            ledger,
            client,
            parts.clock,
            parts.observer,
            Patience(metrica.settle, inherited=metrica.timeout if lease else timedelta(0)),
            query.reject_limit,
            fence=lambda: self._keeper.check(query.name, lease),
        )
        job = Job(
            query,
            parts.source(query),
            ledger,
            settler,
            fingerprint(query),
            parts.clock,
            parts.observer,
            self._stop,
            self._unrecorded,
        )
        follower = Follower(query.counter, ledger, client, parts.clock, parts.observer, self._first_look)
        return Pipeline(job), follower


class _Either:
    """A stop asked of all queries, or of this one."""

    def __init__(self, all_stop: Stop) -> None:
        self.own = Flag()
        self._all = all_stop

    def is_set(self) -> bool:
        """Whether to begin nothing more."""
        return self.own.is_set() or self._all.is_set()


class Application:
    """The daemon with everything around it, for the time of a `with` block."""

    def __init__(
        self,
        settings: Settings,
        queries: Sequence[QuerySettings],
        observer: Observer,
        *,
        once: bool = False,
        first_look: timedelta = FIRST_LOOK,
    ) -> None:
        self.stop = Flag()
        self.parts = Parts(settings, observer)
        self._observer = observer
        self._shared = self.parts.store.database.postgresql
        # Its own connections: the leases must not wait until the runs have done with theirs.
        self._books = Store.open(settings.state) if self._shared else self.parts.store
        names = [query.name for query in queries]
        self.keeper = Bookkeeper(self._books, observer, names, shared=self._shared, stays=not once)
        self._unrecorded = Unrecorded(self.parts.store.known_tags, observer)
        self._first_look = first_look
        self._runners = {query.name: self._runner(query) for query in queries}
        self.notices: tuple[Finding, ...] = ()
        """What there is to say of this process rather than of a query."""
        self.daemon = Daemon(
            {query.name: (query, self._runners[query.name]) for query in queries},
            self.keeper,
            self.parts.clock,
            observer,
            self.stop,
            once=once,
        )
        self._closing = ExitStack()
        self._why = ""

    def __enter__(self) -> Self:
        """Lock and migrate the store, take leases. Raises StateError."""
        with ExitStack() as opening:
            opening.callback(self.parts.close)
            opening.callback(self._books.close)
            opening.enter_context(self.parts.store.lock())
            migrated = self.parts.store.migrate()
            if migrated is not None:
                self._observer.emit(Event.STATE_MIGRATED, from_version=migrated[0], to_version=migrated[1])
            self.keeper.start()
            opening.callback(self.keeper.close)
            self._closing = opening.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close everything in reverse."""
        self._closing.close()

    def ask_to_stop(self, why: str = "") -> None:
        """Begin no new work; what goes on stops after its chunk. Safe in a signal handler."""
        self._why = why
        self.stop.set()
        self.daemon.wake()

    def run(self) -> None:
        """Run the daemon until a stop is asked for or, with `once`, until every query is done."""
        queries = [turn.query.name for turn in self.daemon.turns]
        self._observer.emit(Event.DAEMON_STARTED, version=__version__, queries=len(queries), pid=os.getpid())
        notify("READY=1")
        self.daemon.run()
        notify("STOPPING=1")
        if self.stop.is_set():
            self._observer.emit(Event.DAEMON_STOPPING, signal=self._why, running=self.daemon.running())
        self.daemon.wind_down()
        self._observer.emit(Event.DAEMON_STOPPED, running=self.daemon.running())

    def apply(self, settings: Settings, queries: Sequence[QuerySettings]) -> Changes:
        """Run these queries by these settings from now on; tells what is different.

        Nothing is cut off: a run whose query changed or is gone stops after its chunk, and no query is run
        twice at a time. Raises StateError, and has then changed nothing.
        """
        self.keeper.know({query.name for query in queries})
        before = self.parts.settings
        in_force = settings.model_copy(update={name: getattr(before, name) for name in NEEDS_RESTART})
        self.parts.apply(in_force)
        replaced, self._runners = self._runners, {}
        for query in queries:
            old = replaced.get(query.name)
            keeps = old is not None and old.made_for(query, settings)
            self._runners[query.name] = replaced.pop(query.name) if keeps else self._runner(query)
        self.daemon.change({name: (runner.query, runner) for name, runner in self._runners.items()})
        for runner in replaced.values():  # after the daemon knows what takes their place
            runner.leave()
        return changes(before, settings)

    def status(self) -> StatusReport:
        """How every query is, and what there is to say of this process."""
        parts = self.parts
        queries = list(parts.settings.queries.values())
        live, troubled = self.keeper.rows(), self.keeper.troubled
        report = overview(parts.store, queries, parts.clock, live, troubled=troubled)
        return replace(report, notices=self.notices)

    def _runner(self, query: QuerySettings) -> QueryRunner:
        return QueryRunner(
            self.parts, query, self.keeper, self.stop, self._first_look, self._unrecorded_of(query)
        )

    def _unrecorded_of(self, query: QuerySettings) -> Callable[[], Mapping[str, Receipt]]:
        return lambda: self._unrecorded.of(query.counter, query.name, self.parts.client(query))

    def retry(self, query: str) -> RunReport:
        """Try the rejects of one query again that a person asked for, and do nothing else.

        Not recorded as a run of the query: nothing new is read. Raises SyncdError; LeaseLost where another
        daemon runs the query.
        """
        report = RunReport(query)
        self._runners[query].retry(report)
        return report


def fingerprint(query: QuerySettings) -> str:
    """Digest of what decides which rows a mark stands for: the SQL, the mark's and the key's columns."""
    parts = (query.sql.strip(), "\x1f".join(query.mark), "\x1f".join(query.key))
    return blake2b("\x1e".join(parts).encode(), digest_size=16).hexdigest()


def _token_reader(query: QuerySettings) -> Callable[[], str]:
    """How to get the query's token, which the log will never show."""

    def read() -> str:
        secret = read_token_file(query.token_file) if query.token_file else query.token
        if secret is None:
            raise ConfigError([Problem("", query.line, f"queries.{query.name}", "it has no token")])
        token = secret.get_secret_value()
        register_secret(token)
        return token

    return read
