"""What the tests of late commits share: a table whose marks are taken inside the transaction, and a query."""

from __future__ import annotations

from typing import Any

from syncd.emulator.server import EmulatorServer
from tests.servers import Database

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


def delivered(emulator: EmulatorServer) -> dict[str, int]:
    """Client → how often its conversion was received."""
    return {conversion.id: conversion.times for conversion in emulator.conversions()}
