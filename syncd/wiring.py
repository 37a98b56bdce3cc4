"""Puts syncd together: the only module that names who stands behind the ports, and closes them again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from threading import Event as Flag
from threading import RLock
from types import TracebackType
from typing import Self

from syncd import __version__
from syncd.again import Again
from syncd.check import Connected
from syncd.config.secrets import read_token_file
from syncd.daemon import Daemon
from syncd.errors import ConfigError, HeldElsewhere, LeaseLost, Problem
from syncd.events import Event
from syncd.followup import FIRST_LOOK, Follower, Lists
from syncd.intake import Intake, NothingKnown
from syncd.keeper import Bookkeeper
from syncd.ledger import Lease, QueryLedger, Store
from syncd.metrica.budget import Budget, OwnPurse, Terms
from syncd.metrica.client import MetricaClient
from syncd.metrica.pace import Pace
from syncd.metrica.token import Token
from syncd.model import Chunk, Receipt, RunReport
from syncd.notify import notify
from syncd.overview import Requests
from syncd.pipeline import Job, Pipeline
from syncd.ports import Clock, Observer, Purse, SystemClock
from syncd.relink import Relinker
from syncd.restore import Unrecorded
from syncd.settings import QuerySettings, Settings
from syncd.settle import Patience, Settler
from syncd.source.engines import Engines
from syncd.source.probe import probe
from syncd.source.reader import SqlSource
from syncd.telemetry import register_secret


class Parts:
    """What commands and the daemon share: databases, Metrica's clients, the state store. Opened lazily."""

    def __init__(self, settings: Settings, observer: Observer, clock: Clock | None = None) -> None:
        self.settings = settings
        self.observer = observer
        self.clock = clock or SystemClock()
        self.store = Store.open(settings.state, self.clock)
        self.engines = Engines(settings.databases)
        self.purse: Purse = OwnPurse()
        """Where requests are counted; a daemon's is the state store."""
        self._pace = Pace()
        self._clients: dict[str, MetricaClient] = {}
        self._lists: dict[str, Lists] = {}
        self._lock = RLock()

    def source(self, query: QuerySettings) -> SqlSource:
        """The query on its database. Nothing is connected yet."""
        return SqlSource(query, self.engines)

    def connect(self, name: str) -> Connected:
        """A first word with a database, for `check`. Raises SourceError."""
        database = self.engines.database(name)
        return Connected(database.dialect_name, *probe(database))

    def client(self, query: QuerySettings) -> MetricaClient:
        """Metrica for the query's token: one client per token, since the limits are per login."""
        with self._lock:
            return self._client(query)

    def _client(self, query: QuerySettings) -> MetricaClient:
        if query.login not in self._clients:
            queries = sum(one.login == query.login and one.enabled for one in self.settings.queries.values())
            terms = Terms(query.login, self.settings.metrica.daily_requests, max(queries, 1))
            self._clients[query.login] = MetricaClient(
                self.settings.metrica,
                Token(_token_reader(query)),
                self.clock,
                self.observer,
                Budget(terms, self.purse, self.clock, self.observer),
                self._pace,
            )
        return self._clients[query.login]

    def lists(self, query: QuerySettings) -> Lists:
        """The lists of uploads that the queries of one token share."""
        with self._lock:
            if query.login not in self._lists:
                client = self._client(query)
                self._lists[query.login] = Lists(client, self.clock, client.budget)
            return self._lists[query.login]

    def requests(self) -> Requests:
        """What this process knows of the requests left today."""
        with self._lock:
            known = {login: client.budget.shown() for login, client in self._clients.items()}
        return Requests(self.settings.metrica.daily_requests, known)

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
            client.budget.close()
            client.close()
        self.engines.close()
        self.store.close()


@dataclass(frozen=True, slots=True)
class _Steps:
    """What works for one query, under one lease."""

    pipeline: Pipeline
    follower: Follower
    settler: Settler
    again: Again
    relinker: Relinker


class QueryRunner:
    """One query as the daemon calls it: the pipeline, then a look at what Metrica made of its uploads."""

    def __init__(
        self,
        parts: Parts,
        query: QuerySettings,
        keeper: Bookkeeper,
        stop: Flag,
        first_look: timedelta,
        unrecorded: Callable[[], Mapping[str, Receipt]] = dict,
        *,
        stays: bool = True,
    ) -> None:
        """`stays`: there will be more runs, so an upload may wait for more rows while requests are short."""
        self._parts = parts
        self._query = query
        self._keeper = keeper
        self._stop = stop
        self._first_look = first_look
        self._unrecorded = unrecorded
        self._stays = stays
        self._lease: Lease | None = None
        self._steps: _Steps | None = None

    def __call__(self, report: RunReport) -> None:
        """One run. Raises SyncdError."""
        steps = self._current()
        steps.pipeline.run(report)
        steps.follower.follow()
        if not self._stop.is_set():
            steps.relinker.run(report)

    def retry(self, report: RunReport) -> None:
        """Only the rejects that a person wants tried again. Raises SyncdError."""
        self._current().pipeline.retry(report)

    def carry(self, chunks: Callable[[Intake], Iterator[Chunk]], report: RunReport) -> None:
        """Only the rows of these chunks. Raises SyncdError."""
        self._current().pipeline.carry(chunks, report)

    def resend(self, upload_id: int, report: RunReport) -> int:
        """Settle what is open, then send one upload's rows again; how many. Raises SyncdError."""
        steps = self._current()
        steps.settler.settle_all(report)
        return steps.again.resend(upload_id, report)

    def _current(self) -> _Steps:
        lease = self._keeper.lease(self._query.name)
        if self._steps is None or lease != self._lease:
            self._lease, self._steps = lease, self._build(lease)
        return self._steps

    def _build(self, lease: Lease | None) -> _Steps:
        parts, query = self._parts, self._query
        ledger, client = parts.ledger(query, lease), parts.client(query)
        metrica = parts.settings.metrica
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
            client.budget.spacing if self._stays else timedelta,
        )
        follower = Follower(
            query.counter, ledger, parts.lists(query), parts.clock, parts.observer, self._first_look
        )
        again = Again(ledger, settler, parts.clock, query.counter)
        relinker = Relinker(query.relink, ledger, again, client.budget, parts.clock, self._stop)
        return _Steps(Pipeline(job), follower, settler, again, relinker)


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
        self.parts.purse = self.parts.store
        self._observer = observer
        self._shared = self.parts.store.database.postgresql
        # Its own connections: the leases must not wait until the runs have done with theirs.
        self._books = Store.open(settings.state) if self._shared else self.parts.store
        names = [query.name for query in queries]
        self.keeper = Bookkeeper(self._books, observer, names, shared=self._shared, stays=not once)
        self._unrecorded = Unrecorded(self.parts.store.known_tags, observer)
        self._runners = {
            query.name: QueryRunner(
                self.parts,
                query,
                self.keeper,
                self.stop,
                first_look,
                self._unrecorded_of(query),
                stays=not once,
            )
            for query in queries
        }
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

    def _unrecorded_of(self, query: QuerySettings) -> Callable[[], Mapping[str, Receipt]]:
        return lambda: self._unrecorded.of(query.counter, query.name, self.parts.client(query))

    def hold(self, query: QuerySettings) -> QueryLedger:
        """The ledger of a query, to be written outside of a run. Raises HeldElsewhere."""
        try:
            lease = self.keeper.lease(query.name)
        except LeaseLost:
            words = f"another syncd runs the query {query.name} on the same state store"
            raise HeldElsewhere(words) from None
        return self.parts.ledger(query, lease)

    def carry(self, query: str, chunks: Callable[[Intake], Iterator[Chunk]]) -> RunReport:
        """Send what these chunks hold, as a run would, and do nothing else. Raises SyncdError."""
        report = RunReport(query)
        self._runners[query].carry(chunks, report)
        return report

    def retry(self, query: str) -> RunReport:
        """Try the rejects of one query again that a person asked for, and do nothing else.

        Not recorded as a run of the query: nothing new is read. Raises SyncdError; LeaseLost where another
        daemon runs the query.
        """
        report = RunReport(query)
        self._runners[query].retry(report)
        return report

    def resend(self, query: str, upload_id: int) -> int:
        """Send the rows of one upload of the query again and do nothing else; returns how many were sent.

        Fewer than the upload had where a later upload carried some with another Price or Currency. Raises
        SyncdError: UsageError for an upload that cannot be sent again; where it is MetricaError, the next
        run of the query sends what was recorded. LeaseLost where another daemon runs the query.
        """
        return self._runners[query].resend(upload_id, RunReport(query))


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
