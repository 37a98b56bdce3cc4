"""The demo's shop: a SQLite database whose orders grow, with the odd ones that real shops have."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
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
CREATE TABLE crm_orders (
    order_id INTEGER PRIMARY KEY,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    client_id TEXT,
    email TEXT,
    phone TEXT,
    status TEXT NOT NULL,
    total NUMERIC NOT NULL,
    currency TEXT NOT NULL
);
CREATE INDEX crm_orders_mark ON crm_orders (updated_at, order_id);
"""

SQL = """
SELECT order_id, metrica_client_id, paid_at, updated_at, total, currency
FROM orders
WHERE status = 'paid'
""".strip()


CRM_SQL = """
SELECT order_id, created_at, updated_at, client_id, email, phone, status, total, currency
FROM crm_orders
""".strip()
FIRST_CRM_ORDERS = 100


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
            self._take_orders(database, FIRST_CRM_ORDERS)

    def run(self) -> None:
        """Sell a few orders, pause, and so on."""
        with closing(sqlite3.connect(self._file)) as database:
            while not self._stop_asked.wait(PAUSE):
                self._sell(database, self._random.randint(1, 5))
                self._take_orders(database, 1)
                self._change_order(database)

    def stop(self) -> None:
        """Close the shop."""
        self._stop_asked.set()
        if self.is_alive():
            self.join()

    def revenue(self) -> Decimal:
        """The revenue of all orders of the CRM that are not cancelled."""
        asked = "SELECT total FROM crm_orders WHERE status <> 'refunded'"
        with closing(sqlite3.connect(self._file)) as database:
            return sum((Decimal(str(total)) for (total,) in database.execute(asked)), Decimal(0))

    def _take_orders(self, database: sqlite3.Connection, orders: int) -> None:
        """Take orders into the CRM."""
        for _ in range(orders):
            now = datetime.now(UTC).isoformat(timespec="microseconds")
            number = self._random.randrange(10**6, 10**7)
            client = (str(10**17 + number), f"client{number}@example.com", f"8 (999) {number}")
            with database:
                database.execute(
                    "INSERT INTO crm_orders (created_at, updated_at, client_id, email, phone, status, total,"
                    " currency) VALUES (?, ?, ?, ?, ?, 'new', ?, 'RUB')",
                    (now, now, *client, self._price()),
                )

    def _change_order(self, database: sqlite3.Connection) -> None:
        """Let an order be paid, refunded or priced anew."""
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        status = self._random.choice(["paid", "paid", "refunded"])
        change, value = self._random.choice([("status", status), ("total", self._price())])
        (last,) = database.execute("SELECT max(order_id) FROM crm_orders").fetchone()
        with database:
            database.execute(
                f"UPDATE crm_orders SET {change} = ?, updated_at = ? WHERE order_id = ?",  # noqa: S608 — one of two columns
                (value, now, self._random.randint(1, last)),
            )

    def _price(self) -> float:
        return round(self._random.uniform(300, 20_000), 2)

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
        paid_at, currency, price = now, "RUB", self._price()
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
