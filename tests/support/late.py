"""What the tests of late commits share: a table whose marks are taken inside the transaction, and a query."""

from __future__ import annotations

from typing import Any

from syncd.emulator.server import EmulatorServer
from tests.support.process import Process
from tests.support.servers import Database
from tests.support.sessions import Session

SQL = "SELECT id, client, created_at FROM orders"
QUERY: dict[str, Any] = {
    "sql": SQL,
    "columns": {"ClientId": "client", "Target": {"value": "paid"}, "DateTime": "created_at"},
    "mark": ["created_at", "id"],
    "key": ["id"],
}
BY_NUMBER = {**QUERY, "mark": ["id"]}


def make_table(database: Database) -> None:
    """Orders whose mark is taken inside the transaction: the clock and a sequence."""
    database.run(
        "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, client text NOT NULL,"
        " created_at timestamptz NOT NULL DEFAULT now())"
    )


def make_mariadb_table(database: Database) -> str:
    """The same in MariaDB; gives the statement for an order of `:client` with a mark `:ago` seconds back."""
    database.run(
        "CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY, client varchar(20),"
        " created_at datetime(6) NOT NULL)"
    )
    return "INSERT INTO orders (client, created_at) VALUES (:client, utc_timestamp(6) - interval :ago second)"


def delivered(emulator: EmulatorServer) -> dict[str, int]:
    """Client → how often its conversion was received."""
    return {conversion.id: conversion.times for conversion in emulator.conversions()}


def make_untold_table(database: Database) -> None:
    """The same, for a reader who may not see who has a transaction open."""
    make_table(database)
    database.run("REVOKE SELECT ON pg_catalog.pg_locks FROM PUBLIC", "GRANT SELECT ON orders TO reader")


def assert_late_row_comes(slow: Session, quick: Session, syncd: Process, emulator: EmulatorServer) -> None:
    """A row written before the mark was taken, and committed after, comes with the next run, once."""
    slow.do("BEGIN")
    slow.order(1)
    quick.order(2)
    syncd.run()
    assert delivered(emulator) == {"2": 1}
    slow.do("COMMIT")
    syncd.run()
    assert delivered(emulator) == {"1": 1, "2": 1}
    assert syncd.run().uploads == 0
