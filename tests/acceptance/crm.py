"""A CRM whose orders change and whose telephone rings, and the queries that carry both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.support.servers import Database

COUNTER = 101
STATUSES = {"new": "IN_PROGRESS", "paid": "PAID", "refunded": "CANCELLED", "fraud": "SPAM"}
ORDERS_SQL = (
    "SELECT order_id, created_at, updated_at, customer_id, client_id, email, phone, status, total, cost, "
    "currency FROM crm_orders"
)
CALLS_SQL = "SELECT call_id, client_id, started_at, phone, seconds, missed FROM calls"
_CLOCK = [0]


def open_crm(database: Database) -> None:
    """Make the tables."""
    kind = shop.kind(database)
    moment = {"postgresql": "timestamptz", "mysql": "datetime(6)", "sqlite": "text"}[kind]
    text = {"postgresql": "text", "mysql": "varchar(300)", "sqlite": "text"}[kind]
    database.run(
        f"CREATE TABLE crm_orders (order_id integer PRIMARY KEY, created_at {moment}, updated_at {moment}, "
        f"customer_id {text}, client_id {text}, email {text}, phone {text}, status {text}, "
        f"total numeric(12, 2), cost numeric(12, 2), currency {text})",
        "CREATE INDEX crm_mark ON crm_orders (updated_at, order_id)",
        f"CREATE TABLE calls (call_id integer PRIMARY KEY, client_id {text}, started_at {moment}, "
        f"phone {text}, seconds integer, missed integer)",
    )


def moment(database: Database, when: datetime) -> object:
    """A moment as the database's column takes it."""
    if shop.kind(database) == "sqlite":
        return when.isoformat(timespec="microseconds")
    return when if shop.kind(database) == "postgresql" else when.replace(tzinfo=None)


def tick() -> datetime:
    """The next moment of `updated_at`, an hour ago."""
    _CLOCK[0] += 1
    hour_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    return hour_ago + timedelta(microseconds=_CLOCK[0])


def order(database: Database, numbers: Iterable[int], **changed: object) -> None:
    """New orders, a day old, each with client, mail and phone."""
    now = tick()
    rows = [
        {
            "id": number,
            "created": moment(database, now - timedelta(days=1)),
            "updated": moment(database, now + timedelta(microseconds=place)),
            "customer": f"c-{number}",
            "client": str(10**17 + number),
            "email": f"Client{number}@Secret-Mail.example",
            "phone": f"8 (999) 555-{number // 100:02}-{number % 100:02}",
            "status": "new",
            "total": 100 + number,
            **changed,
        }
        for place, number in enumerate(numbers)
    ]
    _CLOCK[0] += len(rows)
    database.many(
        "INSERT INTO crm_orders VALUES (:id, :created, :updated, :customer, :client, :email, :phone, "
        ":status, :total, NULL, 'RUB')",
        rows,
    )


def change(database: Database, number: int, **columns: object) -> None:
    """Change an order as a CRM does: with `updated_at`."""
    sets = ", ".join(f"{name} = :{name}" for name in columns)
    row = {**columns, "at": moment(database, tick()), "id": number}
    database.many(f"UPDATE crm_orders SET {sets}, updated_at = :at WHERE order_id = :id", [row])


def ring(database: Database, numbers: Iterable[int], **changed: object) -> None:
    """New calls, a day old."""
    started = moment(database, datetime.now(UTC).replace(microsecond=0) - timedelta(days=1))
    rows = [
        {"id": number, "client": str(10**17 + number), "at": started, "phone": f"8 999 555 00 {number:02}"}
        | changed
        for number in numbers
    ]
    database.many("INSERT INTO calls VALUES (:id, :client, :at, :phone, 60, 0)", rows)


def orders_query(name: str = "crm_orders", **options: object) -> dict[str, object]:
    """The query of orders, as the contract writes it."""
    return {
        name: {
            "kind": "orders",
            "counter": COUNTER,
            "sql": ORDERS_SQL,
            "columns": {
                "id": "order_id",
                "create_date_time": "created_at",
                "client_uniq_id": "customer_id",
                "client_ids": "client_id",
                "emails": "email",
                "phones": "phone",
                "order_status": "status",
                "revenue": "total",
                "cost": "cost",
                "currency": "currency",
            },
            "statuses": STATUSES,
            "mark": ["updated_at", "order_id"],
            "every": "1s",
            **options,
        }
    }


def calls_query(name: str = "calls", **options: object) -> dict[str, object]:
    """The query of calls, as the contract writes it."""
    return {
        name: {
            "kind": "calls",
            "counter": COUNTER,
            "goal_name": "Phone call",
            "sql": CALLS_SQL,
            "columns": {
                "ClientId": "client_id",
                "DateTime": "started_at",
                "PhoneNumber": "phone",
                "TalkDuration": "seconds",
                "CallMissed": "missed",
            },
            "mark": ["call_id"],
            "every": "1s",
            **options,
        }
    }


@dataclass(frozen=True, slots=True)
class State:
    """What of an order is compared."""

    status: str
    revenue: Decimal
    customer: str


def at_source(database: Database) -> dict[str, State]:
    """Every order of the CRM."""
    rows = database.rows("SELECT order_id, status, total, customer_id FROM crm_orders")
    return {
        str(number): State(STATUSES[str(status)], Decimal(str(total)), str(customer))
        for number, status, total, customer in rows
    }


def at_metrica(emulator: EmulatorServer, counter: int = COUNTER) -> dict[str, State]:
    """Every order that the emulator knows, in its present state."""
    found = {}
    for number, one in emulator.orders(counter).items():
        shown = one.as_json()
        revenue = Decimal(str(shown["revenue"] or 0))
        found[number] = State(str(shown["order_status"]), revenue, str(shown["client_uniq_id"]))
    return found
