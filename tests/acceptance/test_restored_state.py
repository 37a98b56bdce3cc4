"""The state store is restored from a backup, or lost: Metrica's list says what was delivered since."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.model.faultpoints import Point
from tests.acceptance import shop
from tests.acceptance.test_state_trouble import backup
from tests.support.fix_cli import Cli
from tests.support.servers import Database


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Where the state store is."""
    return tmp_path / "state.db"


def configure(
    cli: Cli,
    database: Database,
    emulator: EmulatorServer,
    state: Path,
    queries: dict[str, object] | None = None,
) -> None:
    """Configure these queries, or the one over the orders."""
    chosen = queries or shop.query()
    top = {"url": f"sqlite:///{state}"}
    cli.configure(shop.configuration(database, emulator.url, chosen, state=top))


def run(cli: Cli, *codes: int) -> str:
    """`run --once` with one of these exit codes (0 if left out); its log."""
    done = cli.run("run", "--once")
    assert done.returncode in (codes or (0,)), done.stderr
    return done.stderr


def restore(copy: Path, state: Path) -> None:
    """Put the backup in the store's place, as docs/operations.md says."""
    forget(state)
    shutil.copy(copy, state)


def forget(state: Path) -> None:
    """Lose the store."""
    for name in (state.name, f"{state.name}-wal", f"{state.name}-shm"):
        (state.parent / name).unlink(missing_ok=True)


def times(emulator: EmulatorServer) -> set[int]:
    """How often conversions were received."""
    return {conversion.times for conversion in emulator.conversions()}


def test_what_was_sent_after_the_backup_is_recognised(
    cli: Cli, one_shop: Database, emulator: EmulatorServer, state: Path, tmp_path: Path
) -> None:
    """Three uploads of odd sizes after the backup, bad rows between: found, not sent; new rows are sent."""
    configure(cli, one_shop, emulator, state)
    shop.sell(one_shop, 1, 30)
    run(cli)
    backup(state, tmp_path / "backup.db")
    for first, count in ((31, 7), (38, 13), (51, 25)):
        shop.sell(one_shop, first, count)
        one_shop.run(f"UPDATE orders SET client = 'x' WHERE order_id = {first + 3}")
        run(cli, 3)
    assert len(emulator.uploads()) == 4
    restore(tmp_path / "backup.db", state)
    shop.sell(one_shop, 76, 5)

    log = run(cli, 3)

    assert log.count('"state_behind"') == 1
    assert '"uploads": 3' in log
    assert log.count('"upload_found"') == 3
    assert times(emulator) == {1}
    assert len(emulator.conversions()) == 80 - 3
    assert len(emulator.uploads()) == 5, "only the five new rows were sent"
    assert "state_behind" not in run(cli)
    assert len(emulator.uploads()) == 5
    (query,) = cli.json("status")["queries"]
    assert query["rows"]["delivered"] == 77
    assert sum(query["rows"]["rejected"].values()) == 3


def test_a_lost_store(cli: Cli, one_shop: Database, emulator: EmulatorServer, state: Path) -> None:
    """Without any store, in chunks of another size and with two queries on one counter: all is recognised."""
    queries = {
        **shop.query("even", sql=f"{shop.SQL} AND order_id % 2 = 0", chunk_rows=20),
        **shop.query("odd", sql=f"{shop.SQL} AND order_id % 2 = 1", chunk_rows=33),
    }
    configure(cli, one_shop, emulator, state, queries)
    for first in (1, 101, 160):
        shop.sell(one_shop, first, 59)
        run(cli)
    sent = len(emulator.uploads())
    forget(state)
    for options in queries.values():
        options["chunk_rows"] = 50  # type: ignore[index]  # a document of documents
    configure(cli, one_shop, emulator, state, queries)

    run(cli)

    assert len(emulator.uploads()) == sent
    assert times(emulator) == {1}
    assert len(emulator.conversions()) == 177
    assert sum(query["rows"]["delivered"] for query in cli.json("status")["queries"]) == 177


def test_rows_that_changed_since_are_sent_again_and_overwritten(
    cli: Cli, one_shop: Database, emulator: EmulatorServer, state: Path, tmp_path: Path
) -> None:
    """An upload of which a row has changed cannot be met: its rows go again, as the same conversions."""
    configure(cli, one_shop, emulator, state)
    shop.sell(one_shop, 1, 10)
    run(cli)
    backup(state, tmp_path / "backup.db")
    for first in (11, 21):
        shop.sell(one_shop, first, 10)
        run(cli)
    restore(tmp_path / "backup.db", state)
    one_shop.run("UPDATE orders SET total = 7 WHERE order_id = 15")

    log = run(cli)

    assert log.count('"upload_found"') == 1
    again = {conversion.id[-2:] for conversion in emulator.conversions() if conversion.times > 1}
    assert again == {str(number) for number in range(11, 21)}
    assert len(emulator.conversions()) == 30


def test_halves_that_were_planned_at_the_backup(
    cli: Cli, one_shop: Database, emulator: EmulatorServer, state: Path, tmp_path: Path
) -> None:
    """The backup knows halves as never sent, which then were: they are found as well."""
    configure(cli, one_shop, emulator, state)
    shop.sell(one_shop, 1, 64)
    emulator.fault("reject_ids", ids=[str(10**17 + 50)])
    killed = cli.run("run", "--once", SYNCD_CRASH_AT=Point.SPLIT)
    assert killed.returncode == -9
    backup(state, tmp_path / "backup.db")
    run(cli, 3)
    restore(tmp_path / "backup.db", state)

    run(cli, 3)

    assert times(emulator) == {1}
    assert len(emulator.conversions()) == 63


def test_another_syncd_on_the_counter_is_told_and_harmless(
    cli: Cli, one_shop: Database, emulator: EmulatorServer, state: Path, tmp_path: Path
) -> None:
    """Uploads of a stranger are told of, and none of our rows is taken for delivered by them."""
    shop.sell(one_shop, 1, 10)
    configure(cli, one_shop, emulator, tmp_path / "other.db", shop.query("stranger", columns=other_goal()))
    run(cli)
    configure(cli, one_shop, emulator, state)

    log = run(cli)

    assert '"state_behind"' in log
    assert '"event": "upload_found"' not in log
    assert times(emulator) == {1}
    assert len(emulator.conversions()) == 20


def other_goal() -> dict[str, object]:
    """The columns of a query that sends the same orders to another goal."""
    return {"ClientId": "client", "Target": {"value": "other"}, "DateTime": "paid_at"}
