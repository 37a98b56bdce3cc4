"""What the tests of the centre share: a listener, a clock, the real client, one query with all it needs."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event as Flag
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from syncd.emulator.server import EmulatorServer
from syncd.inspect.compare import Compare
from syncd.ledger import Store
from syncd.ledger.query.query_ledger import QueryLedger
from syncd.ledger.rows import UploadTotals
from syncd.metrica.budget import Budget
from syncd.metrica.client import MetricaClient
from syncd.metrica.token import OAuthToken
from syncd.model import Column, IdKind, RunReport
from syncd.model.events import Event
from syncd.model.places import Place
from syncd.model.settings import (
    Constant,
    DatabaseSettings,
    LogSettings,
    MetricaSettings,
    QuerySettings,
    Settings,
    StateSettings,
)
from syncd.service.bookkeeper import Bookkeeper
from syncd.service.resources import Resources
from syncd.service.runner import QueryRunner
from syncd.source import SqlSource
from tests.support.servers import Database

TOKEN = "y0_test-token-that-must-never-be-shown"
COUNTER = 101
DEADLINE = 30.0
"""Seconds after which something that should have happened has not."""
SETTLE = timedelta(seconds=60)


@dataclass(slots=True)
class Listener:
    """Implements ports.Observer: keeps every event."""

    told: list[tuple[Event, dict[str, Any]]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def emit(self, event: Event, **fields: object) -> None:
        """Keep it."""
        with self.changed:
            self.told.append((event, fields))
            self.changed.notify_all()

    def of(self, event: Event) -> list[dict[str, Any]]:
        """The fields of all events of a kind, in order."""
        with self.changed:
            return [fields for name, fields in self.told if name is event]

    def wait_for(self, event: Event, count: int = 1, **where: object) -> list[dict[str, Any]]:
        """Wait until `count` events of a kind with these fields have come. Fails after DEADLINE."""

        def fitting() -> list[dict[str, Any]]:
            told = [fields for name, fields in self.told if name is event]
            return [fields for fields in told if where.items() <= fields.items()]

        with self.changed:
            came = self.changed.wait_for(lambda: len(fitting()) >= count, DEADLINE)
            assert came, (event, self.told)
            return fitting()


class Clock:
    """The machine's clock, which tests can move forward."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        """The moment."""
        return datetime.now(UTC) + self.ahead

    def seconds(self) -> float:
        """What nobody sets."""
        return time.monotonic() + self.ahead.total_seconds()

    def forward(self, span: timedelta) -> None:
        """Move it."""
        self.ahead += span


def metrica_client(
    url: str,
    *,
    read: Callable[[], str] = lambda: TOKEN,
    timeout: float = 5.0,
    listener: Listener | None = None,
) -> MetricaClient:
    """The real client."""
    settings = MetricaSettings(api_url=url, timeout=timedelta(seconds=timeout))
    return MetricaClient(settings, OAuthToken(read), Clock(), listener or Listener())


def query_of(url: str, **options: Any) -> QuerySettings:
    """One query over the table of `open_shop`."""
    query = QuerySettings(
        name="orders",
        database=DatabaseSettings(name="shop", url=SecretStr(url), timezone=ZoneInfo("UTC")),
        counter=COUNTER,
        id_type=(IdKind.CLIENT_ID,),
        sql="SELECT n, changed, client, target, paid, total FROM orders",
        columns={
            Column.CLIENT_ID: "client",
            Column.TARGET: "target",
            Column.DATETIME: "paid",
            Column.PRICE: "total",
            Column.CURRENCY: Constant(value="RUB"),
        },
        mark=("changed", "n"),
        key=("n",),
        key_is_default=False,
        every=timedelta(minutes=5),
        cron=None,
        start="beginning",
        overlap=timedelta(0),
        on_change="ignore",
        chunk_rows=50_000,
        reject_limit=1000,
        enabled=True,
        token=SecretStr(TOKEN),
        token_file=None,
        timezone=ZoneInfo("UTC"),
    )
    return query.model_copy(update=options)


def open_shop(database: Database) -> None:
    """Make the table of orders."""
    database.run("CREATE TABLE orders (n integer, changed integer, client, target, paid, total)")


def sell(database: Database, first: int, count: int = 1, **columns: object) -> None:
    """Orders `first` … `first + count - 1`; the mark is the order's number."""
    statement = "INSERT INTO orders VALUES (:n, :changed, :client, :target, :paid, :total)"
    database.many(
        statement,
        [
            {
                "n": number,
                "changed": number,
                "client": client_id(number),
                "target": "paid",
                "paid": 1_767_225_600 + number,
                "total": "10",
                **columns,
            }
            for number in range(first, first + count)
        ],
    )


def open_shop_of(database: Database, kind: str) -> None:
    """The table of orders whose mark is of that type."""
    columns = f"n integer, changed {kind}, client varchar(20), target text, paid integer, total text"
    database.run(f"CREATE TABLE orders ({columns})")


def client_id(number: int) -> str:
    """The ClientId of an order."""
    return str(10**17 + number)


def sent(emulator: EmulatorServer) -> list[str]:
    """The ClientIds received, in order; one received twice stands there twice."""
    files = [(upload.content or b"").decode().splitlines()[1:] for upload in emulator.uploads()]
    return [line.split(",")[0] for lines in files for line in lines]


def ids(*numbers: int) -> list[str]:
    """The ClientIds of these orders."""
    return [client_id(number) for number in numbers]


class Bench:
    """One query as the daemon runs it, without the loop; `restart` makes a new process of it."""

    def __init__(self, database: Database, api_url: str, folder: Path, **query: Any) -> None:
        self.database = database
        self.listener, self.clock = Listener(), Clock()
        self.stop = Flag()
        self.state = folder / "state.db"
        self.report = RunReport("orders")
        """That of the last run."""
        self._api_url = api_url
        self.query = query_of(database.url, **query)
        self._resources: Resources | None = None
        self.restart()

    def restart(self, **query: Any) -> None:
        """Forget all that is not in the state store; options of the query may have changed."""
        self.close()
        self.query = self.query.model_copy(update=query)
        settings = Settings(
            file="",
            metrica=MetricaSettings(api_url=self._api_url, timeout=timedelta(seconds=5), settle=SETTLE),
            databases={"shop": self.query.database},
            state=StateSettings(url=SecretStr(f"sqlite:///{self.state}")),
            http=None,
            log=LogSettings(),
            queries={"orders": self.query},
        )
        self._resources = resources = Resources(settings, self.listener, self.clock)
        resources.store.migrate()
        keeper = Bookkeeper(resources.store, self.listener, ["orders"], shared=False)
        self._run = QueryRunner(resources, self.query, keeper, self.stop, timedelta(minutes=5))

    def run(self) -> RunReport:
        """One run. Raises SyncdError."""
        self.report = RunReport("orders")
        self._run(self.report)
        return self.report

    def resend(self, upload_id: int) -> int:
        """Send the rows of one upload again. Raises SyncdError."""
        return self._run.resend(upload_id, RunReport("orders"))

    def noon(self) -> None:
        """Move the clock to the next noon in GMT, so that a day is half over."""
        now = self.clock.now()
        noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
        self.clock.forward(noon - now + timedelta(days=1))

    @property
    def budget(self) -> Budget:
        """The day's requests."""
        assert self._resources is not None
        return self._resources.client(self.query).budget

    @property
    def ledger(self) -> QueryLedger:
        """What is recorded of the query."""
        assert self._resources is not None
        position = self._resources.store.positions()["orders"]
        return QueryLedger(self._resources.store, "orders", position.fingerprint, place=Place("", COUNTER))

    @property
    def source(self) -> SqlSource:
        """The query's own."""
        assert self._resources is not None
        return self._resources.source(self.query)

    @property
    def compare(self) -> Compare:
        """The source held against what is recorded."""
        return Compare(self.query, self.source, self.ledger, self.clock)

    @property
    def resources(self) -> Resources:
        """What the query works with."""
        assert self._resources is not None
        return self._resources

    @property
    def store(self) -> Store:
        """The state store."""
        assert self._resources is not None
        return self._resources.store

    def totals(self) -> UploadTotals:
        """All uploads in figures."""
        assert self._resources is not None
        return self._resources.store.delivered_counts()["orders"]

    def close(self) -> None:
        """Close all connections."""
        if self._resources is not None:
            self._resources.close()
        self._resources = None

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the state store."""
        with closing(sqlite3.connect(self.state)) as connection:
            return connection.execute(statement).fetchall()

    def states(self) -> list[str]:
        """The states of the uploads, oldest first."""
        return [state for (state,) in self.rows("SELECT state FROM syncd_uploads ORDER BY id")]

    def mark(self) -> object:
        """The mark's text."""
        return self.rows("SELECT mark FROM syncd_marks")[0][0]

    def rejects(self) -> list[tuple[str, str]]:
        """Key and reason of the rejects."""
        return self.rows("SELECT key, reason FROM syncd_rejects ORDER BY id")
