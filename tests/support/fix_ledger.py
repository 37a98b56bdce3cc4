"""`store`: a fresh state store on SQLite and on PostgreSQL, and what tests of the ledger share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from syncd.ledger import Lease, QueryLedger, Store
from syncd.model import Chunk, Conversion, Mark, Origin, Reason, Receipt, Reject, Rows
from syncd.model.keys import key_text
from syncd.model.places import Place
from syncd.model.settings import StateSettings
from tests.support.servers import Database

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HEADER = "ClientId,Target,DateTime,Price,Currency"

_numbers = count(1)


class TestClock:
    """A clock that stands until it is moved."""

    __test__ = False

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        """The moment it shows."""
        return self.moment

    def seconds(self) -> float:
        """Seconds that go as the moment does."""
        return self.moment.timestamp()

    def forward(self, span: timedelta) -> None:
        """Move it."""
        self.moment += span


@pytest.fixture
def clock() -> TestClock:
    """The clock of `store`."""
    return TestClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StateSettings]:
    """The settings of an empty state store."""
    if request.param == "sqlite":
        yield StateSettings(url=SecretStr(f"sqlite:///{tmp_path}/state.db"))
        return
    database: Database = request.getfixturevalue("postgres_stores")
    schema = f"syncd_test_{next(_numbers)}"
    yield StateSettings(url=SecretStr(database.url), schema_name=schema)
    database.run(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


@pytest.fixture
def store(state: StateSettings, clock: TestClock) -> Iterator[Store]:
    """A store of this version, in each of the databases."""
    store = Store.open(state, clock)
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def ledger(store: Store) -> QueryLedger:
    """The ledger of the query `orders` in `store`."""
    return ledger_of(store)


def ledger_of(store: Store, query: str = "orders", lease: Lease | None = None) -> QueryLedger:
    """The ledger of any query."""
    return QueryLedger(store, query, "fingerprint", place=Place("", 77), lease=lease)


def row(name: str, price: str = "10", moment: int = 1_700_000_000) -> Conversion:
    """A conversion whose key is its name."""
    return Conversion(key_text([name]), f"{name},paid,{moment},{price},RUB", moment)


def bad(name: str, reason: Reason = Reason.PRICE_NEGATIVE, value: str = "-1") -> Reject:
    """A reject whose key is its name."""
    return Reject(key_text([name]), reason, "Price", value, '{"total":"-1"}')


def chunk(  # one keyword per kind of row reads best
    *names: str,
    mark: int | None = None,
    rejects: Sequence[Reject] = (),
    waiting: Sequence[Conversion] = (),
    origin: Origin = Origin.QUERY,
) -> Chunk:
    """A chunk with these rows to send."""
    return Chunk(
        origin=origin,
        header=HEADER,
        ready=Rows.of(row(name) for name in names),
        waiting=list(waiting),
        rejects=list(rejects),
        mark=None if mark is None else Mark((mark,)),
    )


def tag() -> str:
    """A tag unlike all others."""
    return f"syncd{next(_numbers):032x}"


def receipt(number: int = 1, status: str = "UPLOADED", **figures: int) -> Receipt:
    """Metrica's word on an upload."""
    return Receipt(
        id=number,
        status=status,
        source_quantity=figures.get("source"),
        line_quantity=figures.get("lines"),
        linked_quantity=figures.get("linked"),
        user_not_found_quantity=figures.get("user_not_found"),
        goal_not_found_quantity=figures.get("goal_not_found"),
    )


def dump(store: Store) -> Mapping[str, list[tuple[object, ...]]]:
    """Everything in the store, by table."""
    with store.database.read() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in store.database.tables.metadata.sorted_tables
        }
