"""A shop's orders in any of the databases, and the configuration that sends them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tests.support.servers import Database

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)

_MOMENT = {"postgresql": "timestamptz", "mysql": "datetime(6)", "sqlite": "text"}
_TEXT = {"postgresql": "text", "mysql": "varchar(300)", "sqlite": "text"}

SQL = "SELECT order_id, client, paid_at, updated_at, total, currency FROM orders WHERE status = 'paid'"


def kind(database: Database) -> str:
    """`postgresql`, `mysql` or `sqlite`."""
    return database.url.split("+", maxsplit=1)[0].split(":", maxsplit=1)[0]


def open_shop(database: Database) -> None:
    """Make the table of orders."""
    moment, text = _MOMENT[kind(database)], _TEXT[kind(database)]
    database.run(
        f"CREATE TABLE orders (order_id integer PRIMARY KEY, client {text}, status {text}, "
        f"paid_at {moment}, updated_at {moment}, total numeric(12, 2), currency {text})",
        "CREATE INDEX orders_mark ON orders (updated_at, order_id)",
    )


def moment(database: Database, number: int) -> object:
    """The moment of order `number`, as the database's column takes it."""
    when = BEGIN + timedelta(seconds=number, microseconds=number % 1000)
    if kind(database) == "sqlite":
        return when.isoformat(timespec="microseconds")
    return when if kind(database) == "postgresql" else when.replace(tzinfo=None)


def sell(database: Database, first: int, count: int) -> None:
    """Paid orders `first` … `first + count - 1`."""
    database.many(
        "INSERT INTO orders VALUES (:id, :client, 'paid', :at, :at, :total, 'RUB')",
        [
            {
                "id": number,
                "client": str(10**17 + number),
                "at": moment(database, number),
                "total": 100 + number,
            }
            for number in range(first, first + count)
        ],
    )


def query(name: str = "paid_orders", **options: object) -> dict[str, object]:
    """One query over the orders."""
    return {
        name: {
            "counter": 101,
            "id_type": "CLIENT_ID",
            "sql": SQL,
            "columns": {
                "ClientId": "client",
                "Target": {"value": "order_paid"},
                "DateTime": "paid_at",
                "Price": "total",
                "Currency": "currency",
            },
            "mark": ["updated_at", "order_id"],
            "key": ["order_id"],
            "every": "1s",
            **options,
        }
    }


def configuration(database: Database, api_url: str, queries: dict[str, object], **top: object) -> str:
    """A configuration file; JSON is YAML too."""
    document: dict[str, object] = {
        "metrica": {"token": "${METRICA_TOKEN}", "api_url": api_url, "settle": "1s", "timeout": "5s"},
        "databases": {"shop": {"url": database.url}},
        "http": None,
        "log": {"level": "debug", "format": "json"},
        "queries": queries,
    }
    for name, value in top.items():
        given = document.get(name)
        both = isinstance(given, dict) and isinstance(value, dict)
        document[name] = {**given, **value} if both else value  # type: ignore[dict-item]  # both are dicts
    return json.dumps(document)


def sent_lines(bodies: Iterator[bytes]) -> list[str]:
    """The lines of files without their headers."""
    return [line for body in bodies for line in body.decode().splitlines()[1:]]
