"""Somebody sets the machine's clock while the daemon runs: libfaketime, under the real command."""

from __future__ import annotations

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.acceptance.wall_clock import WallClock
from tests.support.fix_cli import Cli, Running
from tests.support.servers import Database


@pytest.fixture
def daemon(cli: Cli, wall_clock: WallClock, sqlite_db: Database, emulator: EmulatorServer) -> Running:
    """A daemon that has delivered two orders."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 2)
    cli.configure(shop.configuration(sqlite_db, emulator.url, shop.query()))
    running = cli.start("run", **wall_clock.environ())
    delivered(running, 2)
    return running


def delivered(daemon: Running, rows: int) -> None:
    """Wait until a run has uploaded so many."""
    daemon.wait_for("query_finished", lambda entry: entry["uploaded"] == rows)


@pytest.mark.parametrize("offsets", [["-1h"], ["+1d"], ["-1h", "+1d", "-30d"]], ids=" ".join)
def test_it_goes_on(
    daemon: Running,
    wall_clock: WallClock,
    sqlite_db: Database,
    emulator: EmulatorServer,
    offsets: list[str],
) -> None:
    """The next rows come within the interval, and every row once."""
    for number, offset in enumerate(offsets):
        wall_clock.set(offset)
        shop.sell(sqlite_db, 3 + number * 2, 2)
        delivered(daemon, 2)
    assert daemon.stop() == 0

    received = {conversion.id: conversion.times for conversion in emulator.conversions()}
    assert received == {str(10**17 + order): 1 for order in range(1, 3 + len(offsets) * 2)}


@pytest.mark.parametrize("offset", ["-1h", "+1d"])
def test_an_answer_that_was_lost_then(
    daemon: Running, wall_clock: WallClock, sqlite_db: Database, emulator: EmulatorServer, offset: str
) -> None:
    """Waits for Metrica's list as long as it would have: neither an hour more nor not at all."""
    emulator.fault("drop_after", on="upload", times=1)
    shop.sell(sqlite_db, 3, 2)
    daemon.wait_for("upload_unclear")
    wall_clock.set(offset)
    daemon.wait_for("upload_found")
    assert daemon.stop() == 0

    received = {conversion.id: conversion.times for conversion in emulator.conversions()}
    assert received == {str(10**17 + order): 1 for order in range(1, 5)}


def test_pages_and_open_transactions_then(
    cli: Cli, wall_clock: WallClock, mariadb: Database, emulator: EmulatorServer
) -> None:
    """A run waits by seconds that nobody sets: for MariaDB's transactions, for the next page."""
    shop.open_shop(mariadb)
    shop.sell(mariadb, 1, 5)
    cli.configure(shop.configuration(mariadb, emulator.url, shop.query(chunk_rows=2)))
    wall_clock.set("-30d")
    done = cli.run("run", "--once", "--json", **wall_clock.environ())
    assert done.returncode == 0, done.stderr
    assert sum(conversion.times for conversion in emulator.conversions()) == 5


def test_rows_that_come_late_then(daemon: Running, wall_clock: WallClock, sqlite_db: Database) -> None:
    """A mark that has just moved has not rested for a day: rows just behind it are read."""
    shop.sell(sqlite_db, 5, 2)
    delivered(daemon, 2)
    wall_clock.set("+1d")
    shop.sell(sqlite_db, 3, 2)
    delivered(daemon, 2)
    assert daemon.stop() == 0
