"""The demo's shop: a SQLite database whose orders grow, with the odd ones that real shops have."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Event, Thread

FIRST_ORDERS = 500
PAUSE = 0.2
"""Seconds between new orders."""

_SCHEMA = """
CREATE TABLE orders (
    order_id INTEGER PRIMARY KEY,
    metrica_client_id TEXT,
    status TEXT NOT NULL,
    paid_at TEXT,
    updated_at TEXT NOT NULL,
    total NUMERIC,
    currency TEXT
);
CREATE INDEX orders_mark ON orders (updated_at, order_id);
"""

SQL = """
SELECT order_id, metrica_client_id, paid_at, updated_at, total, currency
FROM orders
WHERE status = 'paid'
""".strip()


class Shop(Thread):
    """Sells until stopped."""

    def __init__(self, file: Path, seed: int | None = None) -> None:
        super().__init__(name="shop", daemon=True)
        self._file = file
        self._random = Random(seed)  # noqa: S311 — a demo's orders, not a secret
        self._stop_asked = Event()
        self.paid = 0
        """Orders that the query returns."""
        with closing(sqlite3.connect(file)) as database:
            database.executescript(_SCHEMA)
            self._sell(database, FIRST_ORDERS)

    def run(self) -> None:
        """Sell a few orders, pause, and so on."""
        with closing(sqlite3.connect(self._file)) as database:
            while not self._stop_asked.wait(PAUSE):
                self._sell(database, self._random.randint(1, 5))

    def stop(self) -> None:
        """Close the shop."""
        self._stop_asked.set()
        if self.is_alive():
            self.join()

    def _sell(self, database: sqlite3.Connection, orders: int) -> None:
        now = datetime.now(UTC)
        sold = [self._order(now + timedelta(microseconds=number)) for number in range(orders)]
        with database:
            database.executemany(
                "INSERT INTO orders (metrica_client_id, status, paid_at, updated_at, total, currency) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                sold,
            )
        self.paid += sum(status == "paid" for _, status, *_ in sold)

    def _order(self, now: datetime) -> tuple[str | None, str, str, str, float, str]:
        """One order; about one in fifty has a fault or is paid for in the near future."""
        client: str | None = str(self._random.randrange(10**17, 10**18))
        paid_at, currency, price = now, "RUB", round(self._random.uniform(300, 20_000), 2)
        match self._random.randrange(200):
            case 0:
                client = None
            case 1:
                client = f"GA1.2.{client}"
            case 2:
                currency = "rubles"
            case 3:
                paid_at = now + timedelta(seconds=5)
        status = "paid" if self._random.random() < 0.9 else "new"  # noqa: PLR2004 — most orders are paid
        return client, status, paid_at.isoformat(), now.isoformat(timespec="microseconds"), price, currency
