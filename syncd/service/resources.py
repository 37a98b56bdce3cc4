"""What commands and the daemon share: databases, Metrica's clients, the state store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import blake2b
from threading import RLock
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from syncd.config.secrets import read_token_file
from syncd.ledger import Lease, QueryLedger, Store
from syncd.mapping import kind_of
from syncd.metrica.budget import Budget, BudgetTerms, OwnRequestCounter, RequestCounter
from syncd.metrica.client import MetricaClient
from syncd.metrica.pace import Pace
from syncd.metrica.token import OAuthToken
from syncd.metrica.uploads import Uploads
from syncd.model.clock import Clock, SystemClock
from syncd.model.errors import ConfigError, Problem, SourceError, StateError
from syncd.model.events import Event, Observer
from syncd.model.places import Place, address_of
from syncd.model.probed import Probed, probed_of
from syncd.model.settings import QuerySettings, Settings
from syncd.model.uploads import KindOfRows
from syncd.monitoring.telemetry import register_secret
from syncd.pipeline.chunking.intake import NothingKnown
from syncd.pipeline.uploading.followup import Lists
from syncd.source.engines import Engines
from syncd.source.probe import probe
from syncd.source.reader import SqlSource
from syncd.source.rights import writing_account

if TYPE_CHECKING:
    from syncd.inspect.check import Connected


class Resources:
    """What commands and the daemon share: databases, Metrica's clients, the state store. Opened lazily."""

    def __init__(
        self,
        settings: Settings,
        observer: Observer,
        clock: Clock | None = None,
        *,
        shares_requests: bool = False,
    ) -> None:
        """`shares_requests`: requests are counted in the state store, together with all other daemons."""
        self.settings = settings
        self.observer = observer
        self.clock = clock or SystemClock()
        self.store = Store.open(settings.state, self.clock)
        # A statement costs a tenth more where somebody listens.
        is_told = settings.log.level == "debug"
        self.engines = Engines(settings.databases, self._tell_statement if is_told else None)
        self._request_counter: RequestCounter = self.store if shares_requests else OwnRequestCounter()
        self._pace = Pace()
        self._clients: dict[str, MetricaClient] = {}
        self._lists: dict[tuple[str, str], Lists] = {}
        self._answers: Mapping[str, str] | None = None
        self._lock = RLock()

    def _tell_statement(self, database: str, sql: str, values: str) -> None:
        self.observer.emit(Event.STATEMENT, database=database, sql=sql, values=values)

    def apply(self, settings: Settings) -> None:
        """Work with these settings from now on; a run that is going on keeps what it has."""
        with self._lock:
            before, self.settings = self.settings, settings
            self._answers = None
            self.engines.change(settings.databases)
            if before.metrica != settings.metrica:
                for client in self._clients.values():
                    client.close()  # its idle connections; a run that is going on may use it to its end
                self._clients.clear()
                self._lists.clear()
            for login, client in self._clients.items():
                client.budget.change_terms(self._terms(login))

    def source(self, query: QuerySettings) -> SqlSource:
        """The query on its database. Nothing is connected yet."""
        return SqlSource(query, self.engines)

    def connect(self, name: str) -> Connected:
        """A first word with a database, for `check`. Raises SourceError."""
        database = self.engines.database(name)
        took, clock_ahead = probe(database)
        account = None
        with suppress(SourceError):  # it may not even look at its own rights
            account = writing_account(database, self.settings.state.schema_name)
        may_write = (account.may, account.remedy) if account else None
        from syncd.inspect.check import Connected  # noqa: PLC0415 — takes a while to load, and a run needs none of it

        return Connected(database.dialect_name, took, clock_ahead, may_write)

    def client(self, query: QuerySettings) -> MetricaClient:
        """Metrica for the query's token: one client per token, since the limits are per login."""
        with self._lock:
            return self._client(query)

    def complete(self, query: QuerySettings) -> QuerySettings:
        """The query with what its kind has to know of the counter, asked of Metrica once and remembered.

        Raises MetricaError, StateError, and ConfigError for a zone that this machine does not know.
        """
        if not kind_of(query).needs_counter_zone or query.counter_timezone is not None:
            return query
        place = self.settings.metrica.api_url, query.counter
        is_new = self.store.is_new()
        name = None if is_new else self.store.counter_time_zone(*place)
        if name is None:
            name = self.client(query).counter(query.counter).time_zone
            if not is_new:
                self.store.set_counter_time_zone(*place, name)
        try:
            zone = ZoneInfo(name)
        except (ValueError, OSError):
            message = (
                f"counter {query.counter} is in the time zone {name!r}, which this machine does not know"
            )
            raise ConfigError(
                [Problem(self.settings.file, query.line, f"queries.{query.name}", message)]
            ) from None
        return query.model_copy(update={"counter_timezone": zone})

    def uploads(self, query: QuerySettings) -> Uploads:
        """Metrica as the uploads of the query's kind see it."""
        return Uploads(self.client(query), kind_of(query), query, self.probed())

    def probe_answers(self) -> Mapping[str, str]:
        """What counters at this address answered to `syncd probe`; nothing where the store cannot tell.

        Read once: what is answered later counts from the next start or reload on.
        """
        if self._answers is None:
            with suppress(StateError):
                if not self.store.is_new():
                    kept = self.store.probe_answers(self.settings.metrica.api_url)
                    self._answers = {row.question: row.answer for row in kept if row.answer}
        return self._answers or {}

    def probed(self) -> Probed:
        """The answers that matter to a run."""
        return probed_of(self.probe_answers())

    def _client(self, query: QuerySettings) -> MetricaClient:
        if query.login not in self._clients:
            self._clients[query.login] = MetricaClient(
                self.settings.metrica,
                OAuthToken(_token_reader(query, self.settings.file)),
                self.clock,
                self.observer,
                Budget(self._terms(query.login), self._request_counter, self.clock, self.observer),
                self._pace,
            )
        return self._clients[query.login]

    def _terms(self, login: str) -> BudgetTerms:
        """What the queries of a login have to share."""
        queries = sum(one.login == login and one.enabled for one in self.settings.queries.values())
        return BudgetTerms(login, self.settings.metrica.daily_requests, max(queries, 1))

    def lists(self, query: QuerySettings) -> Lists:
        """The lists of uploads that the queries of one token share."""
        with self._lock:
            shared = query.login, query.kind.value
            if shared not in self._lists:
                self._lists[shared] = Lists(self.uploads(query), self.clock, self._client(query).budget)
            return self._lists[shared]

    def requests_left(self) -> Mapping[str, int]:
        """What this process knows of the requests left today, by login."""
        with self._lock:
            return {login: client.budget.shown() for login, client in self._clients.items()}

    def ledger(self, query: QuerySettings, lease: Lease | None = None) -> QueryLedger:
        """The state store as the query sees it."""
        place = Place(address_of(self.settings.metrica.api_url), query.counter)
        kind = kind_of(query)
        return QueryLedger(
            self.store,
            query.name,
            fingerprint(query),
            place=place,
            kind=KindOfRows(kind.name, kind.window),
            lease=lease,
        )

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


def fingerprint(query: QuerySettings) -> str:
    """Digest of what decides which rows a mark stands for: the SQL, the mark's and the key's columns."""
    told = (query.sql.strip(), "\x1f".join(query.mark), "\x1f".join(query.key))
    return blake2b("\x1e".join(told).encode(), digest_size=16).hexdigest()


def _token_reader(query: QuerySettings, file: str) -> Callable[[], str]:
    """How to get the query's token, which the log will never show."""

    def read() -> str:
        secret = read_token_file(query.token_file) if query.token_file else query.token
        if secret is None:
            raise ConfigError([Problem(file, query.line, f"queries.{query.name}", "it has no token")])
        token = secret.get_secret_value()
        register_secret(token)
        return token

    return read
