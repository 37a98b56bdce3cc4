"""Stores as older versions wrote them, upgraded by today's syncd: nothing sent twice, nothing lost.

How they were made, and what had become of each order: tests/stores/.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from syncd.emulator.server import EmulatorServer
from syncd.ledger.schema.version import HEAD
from tests.stores import scene
from tests.support.fix_cli import Cli
from tests.support.servers import Database

STORES = Path(scene.__file__).parent
OLD = ("0001", "0002", "0007")


def old_store(kind: str, version: str) -> str:
    """The store as SQL, written yesterday: in a year it would be old enough to be forgotten."""
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    return (STORES / f"{kind}-{version}.sql").read_text(encoding="utf-8").replace("YESTERDAY", yesterday)


@pytest.fixture(
    params=[(kind, version) for kind in ("sqlite", "postgresql") for version in OLD], ids=":".join
)
def state(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """An old store in place; the `state` section of a configuration for it."""
    kind, version = request.param
    if kind == "sqlite":
        path = tmp_path / "state.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(old_store(kind, version))
        return {"url": f"sqlite:///{path}"}
    database: Database = request.getfixturevalue("postgres")
    parts = make_url(database.url)
    with psycopg.connect(
        host=str(parts.query["host"]), user=parts.username, dbname=parts.database
    ) as connection:
        connection.execute(old_store(kind, version).encode())
    return {"url": database.url}


@pytest.fixture
def source(cli: Cli, state: dict[str, str], emulator: EmulatorServer) -> Path:
    """The shop as it was, with today's syncd configured as the older one was."""
    path = cli.folder / "source.db"
    scene.fill(path)
    scene.add(path, *scene.OPEN)
    cli.configure(json.dumps(scene.configuration(path, emulator.url, state)))
    return path


def clients(orders: Iterable[int]) -> list[str]:
    """Their ClientIds."""
    return [scene.client_of(order) for order in orders]


def test_nothing_twice_nothing_lost(cli: Cli, source: Path, emulator: EmulatorServer) -> None:
    """What was delivered stays so, also where it is seen again; what was open is sent; what is new too."""
    scene.add(source, 11)
    for number, order in enumerate(scene.DELIVERED):
        scene.touch(source, order, 12 + number)

    done = cli.run("run", "--once")

    assert done.returncode == 0, done.stderr
    assert '"event": "state_migrated"' in done.stderr
    sent = [conversion.id for conversion in emulator.conversions()]
    assert sorted(sent) == clients([*scene.OPEN, 11])

    [query] = cli.json("status")["queries"]
    assert query["mark"] == ["17"]
    assert query["rows"]["delivered"] == len(scene.DELIVERED) + len(scene.OPEN) + 1
    assert query["rows"]["rejected"] == {"id_not_digits": 1}
    assert query["rows"]["waiting"]["count"] == 1
    [reject] = cli.json("rejects", "list", "paid_orders")["rejects"]
    assert reject["key"] == [str(scene.REJECTED)]

    assert cli.run("run", "--once").returncode == 0
    assert {conversion.times for conversion in emulator.conversions()} == {1}


def test_a_reject_from_before_is_retried(cli: Cli, source: Path, emulator: EmulatorServer) -> None:
    """The row that the older version rejected can be corrected and sent by this one."""
    with closing(sqlite3.connect(source)) as connection, connection:
        client = (scene.client_of(scene.REJECTED), scene.REJECTED)
        connection.execute("UPDATE orders SET client = ? WHERE order_id = ?", client)

    assert cli.run("migrate").returncode == 0
    assert cli.run("rejects", "retry", "paid_orders").returncode == 0
    assert cli.run("run", "--once").returncode == 0

    sent = sorted(conversion.id for conversion in emulator.conversions())
    assert sent == clients([scene.REJECTED, *scene.OPEN])


def test_before_the_upgrade_nothing_is_touched(cli: Cli, source: Path) -> None:
    """A command that only reads says what to do, and leaves the store to the older version."""
    done = cli.run("rejects", "list", "paid_orders")

    assert source.exists()
    assert done.returncode == 1
    assert f"this syncd needs {HEAD}: run `syncd migrate`" in done.stderr


def test_a_newer_store_is_refused(cli: Cli, emulator: EmulatorServer) -> None:
    """Going back without the backup: a clear error that says what to do, and nothing is sent or changed."""
    state, source = cli.folder / "state.db", cli.folder / "source.db"
    scene.fill(source)
    cli.configure(json.dumps(scene.configuration(source, emulator.url, {"url": f"sqlite:///{state}"})))
    assert cli.run("migrate").returncode == 0
    newer = f"{int(HEAD) + 1:04}"
    with closing(sqlite3.connect(state)) as connection, connection:
        connection.execute("UPDATE syncd_alembic_version SET version_num = ?", (newer,))

    for command in (("run", "--once"), ("migrate",), ("rejects", "list", "paid_orders")):
        done = cli.run(*command)
        assert done.returncode == 1
        assert f"the state store has version {newer}, this syncd knows up to {HEAD}" in done.stderr
        assert "restore the store from before the upgrade" in done.stderr
    assert emulator.uploads() == []
