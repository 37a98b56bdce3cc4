"""What runs cost, in counts that no busy machine disturbs: statements, writes, requests, objects."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from syncd.emulator.server import EmulatorServer
from syncd.model.events import Event
from tests.support.centre import Bench
from tests.support.servers import Database

ROWS = 100_000
CHUNKS = 2
"""Of 50,000 rows, the default."""
TABLE = (
    "CREATE TABLE orders (n bigint PRIMARY KEY, changed timestamptz NOT NULL, client text NOT NULL,"
    " target text NOT NULL, paid timestamptz NOT NULL, total numeric(12, 2))"
)
INDEX = "CREATE INDEX ON orders (changed, n)"


@dataclass(slots=True)
class Costs:
    """What was asked of whom."""

    source: list[str] = field(default_factory=list)
    state: list[str] = field(default_factory=list)
    writes: int = 0
    """Transactions on the state store that may write."""
    blocks: int = 0
    """Pieces of memory in use at the most, more than before: an object is one or more."""


@contextmanager
def counted() -> Iterator[Costs]:
    """Count what happens meanwhile."""
    costs, before = Costs(), sys.getallocatedblocks()

    def note(connection: Any, _cursor: object, statement: str, *_: object) -> None:
        if current_thread() is main_thread():  # not while a page's lines are apart for a moment there
            costs.blocks = max(costs.blocks, sys.getallocatedblocks() - before)
        costs.writes += statement == "BEGIN IMMEDIATE"
        if not statement.startswith("BEGIN"):
            of_source = connection.engine.dialect.name != "sqlite"
            (costs.source if of_source else costs.state).append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield costs
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def insert(database: Database, first: int, last: int) -> None:
    """Orders of these numbers, a second apart."""
    database.run(
        "INSERT INTO orders SELECT n, timestamptz '2026-01-01' + n * interval '1 s',"
        " (100000000000000000 + n)::text, 'paid', timestamptz '2026-01-01' + n * interval '1 s', n / 7.0"
        f" FROM generate_series({first}, {last}) AS n"
    )


def settle(bench: Bench) -> None:
    """Run until the ends of all transactions that were open meanwhile have been seen."""
    for _ in range(3):
        bench.run()


@pytest.fixture
def bench(postgres: Database, emulator: EmulatorServer, tmp_path: Path) -> Iterator[Bench]:
    """One query with every option at its default over a hundred thousand orders."""
    postgres.run("DROP TABLE IF EXISTS orders", TABLE, INDEX)
    insert(postgres, 1, ROWS)
    bench = Bench(postgres, emulator.url, tmp_path, overlap="auto")
    yield bench
    bench.close()


def test_a_first_load(bench: Bench) -> None:
    """A few statements and two writes for an upload of 50,000 rows, and never an object for each of them."""
    with counted() as costs:
        assert bench.run().uploaded == ROWS
    assert len(bench.listener.of(Event.API_REQUEST)) == CHUNKS
    assert (
        len(costs.source) <= 12 + 3 * CHUNKS
    )  # a page, and who has a transaction open; once what is read from
    assert len(costs.state) <= 9 + 18 * CHUNKS  # once: the store's version, what a probe was answered
    assert costs.writes <= 2 + 2 * CHUNKS  # the intent before the POST, the deliveries after it
    assert costs.blocks < ROWS / 4


def test_a_first_load_with_odd_rows(bench: Bench) -> None:
    """What cannot be sent is looked at alone: the rows around it stay text, and so do later pages."""
    bench.database.run("UPDATE orders SET target = '' WHERE n % 10000 = 7")
    with counted() as costs:
        assert bench.run().uploaded == ROWS - 10
    assert len(costs.source) <= 12 + 4 * CHUNKS  # and the odd rows of a page
    assert costs.blocks < ROWS / 4


def test_a_first_load_from_mariadb(mariadb: Database, emulator: EmulatorServer, tmp_path: Path) -> None:
    """Two statements for a page instead of one; else the same."""
    mariadb.run(
        "CREATE TABLE orders (n bigint PRIMARY KEY, changed datetime NOT NULL, client varchar(20) NOT NULL,"
        " target varchar(20) NOT NULL, paid datetime NOT NULL, total decimal(12, 2), KEY (changed, n))",
        "INSERT INTO orders SELECT seq, timestamp('2026-01-01') + INTERVAL seq SECOND, 1000000000 + seq,"
        f" 'paid', timestamp('2026-01-01') + INTERVAL seq SECOND, seq / 7 FROM seq_1_to_{ROWS}",
    )
    bench = Bench(mariadb, emulator.url, tmp_path, overlap="auto")
    with counted() as costs:
        assert bench.run().uploaded == ROWS
    bench.close()
    assert (
        len([one for one in costs.source if "group_concat" in one]) == CHUNKS + 1
    )  # the last row comes again
    # The list of transactions is asked for until it is of now, and each time begins a transaction of its own.
    listing = ("innodb_trx", "START TRANSACTION")
    # Once an hour: whether others than the server's own transactions bring rows.
    assert len([one for one in costs.source if not any(word in one for word in listing)]) <= 16 + 4 * CHUNKS
    assert len(costs.state) <= 9 + 18 * CHUNKS  # once: the store's version, what a probe was answered
    assert costs.writes <= 2 + 2 * CHUNKS
    assert costs.blocks < ROWS / 4


def test_a_poll_with_nothing_new(bench: Bench) -> None:
    """One statement on the source, one on the state, no write and no request."""
    settle(bench)
    requests = len(bench.listener.of(Event.API_REQUEST))
    with counted() as costs:
        bench.run()
    assert (len(costs.source), len(costs.state), costs.writes) == (1, 1, 0)
    assert len(bench.listener.of(Event.API_REQUEST)) == requests


def test_a_run_with_one_new_row(bench: Bench) -> None:
    """What it costs does not go by how much was delivered before."""
    settle(bench)
    insert(bench.database, ROWS + 1, ROWS + 1)
    requests = len(bench.listener.of(Event.API_REQUEST))
    with counted() as costs:
        assert bench.run().uploaded == 1
    assert len(bench.listener.of(Event.API_REQUEST)) == requests + 1
    assert len(costs.source) <= 7
    assert len(costs.state) <= 28
    assert costs.writes <= 3
