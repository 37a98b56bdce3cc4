"""The shop behind the stores of older versions: what had become of each order when the store was written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

SQL = "SELECT order_id, client, paid_at, updated_at FROM orders"
"""Never to be changed: the stores hold its fingerprint."""

DELIVERED = range(1, 7)
REJECTED = 7
WAITING = 8
"""Its DateTime is in 2100."""
OPEN = range(9, 11)
"""Their upload was recorded and syncd was killed: Metrica never saw it."""


def fill(source: Path) -> None:
    """Orders 1 to 8."""
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("CREATE TABLE orders (order_id integer PRIMARY KEY, client, paid_at, updated_at)")
    add(source, *DELIVERED)
    add(source, REJECTED, client="nobody")
    add(source, WAITING, paid_at="2100-01-01T00:00:00Z")


def add(source: Path, *orders: int, client: str = "", paid_at: str = "") -> None:
    """Insert these orders, by default with a client and a moment of their own; a known one is changed."""
    rows = [
        (order, client or client_of(order), paid_at or f"2026-01-01T00:{order:02}:00Z", order)
        for order in orders
    ]
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", rows)


def touch(source: Path, order: int, updated_at: int) -> None:
    """Have an order come after the mark again."""
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("UPDATE orders SET updated_at = ? WHERE order_id = ?", (updated_at, order))


def client_of(order: int) -> str:
    """Its ClientId."""
    return str(10**17 + order)


def configuration(source: Path, api_url: str, state: dict[str, str]) -> dict[str, object]:
    """The file that the stores were written with."""
    query = {
        "counter": 101,
        "id_type": "CLIENT_ID",
        "sql": SQL,
        "columns": {"ClientId": "client", "Target": {"value": "order_paid"}, "DateTime": "paid_at"},
        "mark": ["updated_at"],
        "key": ["order_id"],
        "chunk_rows": 3,
    }
    return {
        "metrica": {"token": "${METRICA_TOKEN}", "api_url": api_url, "settle": "1s", "timeout": "5s"},
        "databases": {"shop": {"url": f"sqlite:///{source}"}},
        "state": state,
        "http": None,
        "log": {"format": "json"},
        "queries": {"paid_orders": query},
    }
