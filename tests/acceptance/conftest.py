"""Fixtures of the acceptance tests alone."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.acceptance.disk import Disk, mount
from tests.acceptance.situation import Situation
from tests.acceptance.template import ForkedCli, Template
from tests.acceptance.wall_clock import WallClock
from tests.support.fix_cli import Cli
from tests.support.servers import Database


@pytest.fixture(scope="session")
def template() -> Iterator[Template]:
    """One process to fork `syncd` from, for all tests of this worker."""
    with Template() as process:
        yield process


@pytest.fixture(params=["tmpfs", "limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """A disk of 2 MB where mounting is allowed; else, and always once, the process's own limit."""
    folder = tmp_path / "state"
    folder.mkdir()
    mounted = request.param == "tmpfs" and mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder))
    yield Disk(folder, mounted=mounted)
    if mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def situation(
    request: pytest.FixtureRequest, cli: Cli, template: Template, emulator: EmulatorServer
) -> Situation:
    """An open shop on each database; the state is in PostgreSQL where the shop is, else in SQLite."""
    name = {"sqlite": "sqlite_db", "postgresql": "postgres"}.get(request.param, request.param)
    database: Database = request.getfixturevalue(name)
    shop.open_shop(database)
    return Situation(cli, template, database, emulator, database if request.param == "postgresql" else None)


@pytest.fixture
def ready(cli: Cli, sqlite_db: Database, emulator: EmulatorServer) -> Cli:
    """A shop of five orders and a configuration for it; nothing has run yet."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 5)
    cli.configure(shop.configuration(sqlite_db, emulator.url, shop.query(), log={"level": "info"}))
    return cli


@pytest.fixture
def one_situation(cli: Cli, template: Template, sqlite_db: Database, emulator: EmulatorServer) -> Situation:
    """An open shop in SQLite, where the database makes no difference."""
    shop.open_shop(sqlite_db)
    return Situation(cli, template, sqlite_db, emulator)


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Cli]:
    """The command line in a fresh folder, as users start it; what still runs at the end is killed."""
    tool = Cli(tmp_path)
    yield tool
    tool.close()


@pytest.fixture
def cli(tmp_path: Path, template: Template) -> Iterator[Cli]:
    """The same without its imports each time: every process is a fork of one started syncd."""
    tool = ForkedCli(tmp_path, template)
    yield tool
    tool.close()


@pytest.fixture
def one_shop(sqlite_db: Database) -> Database:
    """An open shop in SQLite, where the database makes no difference."""
    shop.open_shop(sqlite_db)
    return sqlite_db


@pytest.fixture
def wall_clock(tmp_path: Path) -> WallClock:
    """Right, until the test sets it."""
    return WallClock(tmp_path)
