"""Orders that are rejected, and what is seen of them."""

from __future__ import annotations

from typing import Any

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.support.fix_cli import Cli
from tests.support.servers import Database


def query(**options: Any) -> dict[str, object]:
    """One query that reads nothing again by itself, so that what is seen is the command's doing."""
    return shop.query(overlap="0s", **options)


def break_rows(database: Database, *numbers: int) -> None:
    """Give these orders a client that is no ClientId; their mark stays as it is."""
    listed = ", ".join(map(str, numbers))
    database.run(f"UPDATE orders SET client = 'GA1.2.' WHERE order_id IN ({listed})")


def mend_rows(database: Database, *numbers: int) -> None:
    """Give these orders a good client; their mark stays as it is, so that no run reads them by itself."""
    for number in numbers:
        database.run(f"UPDATE orders SET client = '{10**17 + number}' WHERE order_id = {number}")


def rejected(cli: Cli, name: str = "paid_orders", *options: str) -> dict[str, tuple[str, str]]:
    """First value of the key → reason and detail."""
    rows = cli.json("rejects", "list", name, "--limit", "0", *options)["rejects"]
    return {row["key"][0]: (row["reason"], row["detail"]) for row in rows}


def delivered(emulator: EmulatorServer) -> dict[str, int]:
    """The last two digits of each id delivered → how many times."""
    return {conversion.id[-2:]: conversion.times for conversion in emulator.conversions()}
