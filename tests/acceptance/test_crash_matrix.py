"""SIGKILL at every named place, times everything that can go wrong at Metrica: every key exactly once.

Each cell is a shop, a counter and a state store of its own, and real processes: one that is killed at the
point (syncd/faultpoints.py), one that goes on until it ends by itself, one that must find nothing to do.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.model.faultpoints import Point
from tests.acceptance import shop
from tests.acceptance.accounts import Accounts
from tests.acceptance.cells import FAULTS, KILLED, NOT_TAKEN, POISON, TAKEN, prepare
from tests.acceptance.template import Template
from tests.support.fix_cli import Cli
from tests.support.servers import Database

ONLY_UNDER: dict[Point, set[str]] = {
    Point.NOT_RECEIVED: {"busy"},
    Point.UNCLEAR: NOT_TAKEN | TAKEN | {"lost_and_listed_late"},
    Point.LOOK_UP: NOT_TAKEN | TAKEN | {"lost_and_listed_late"},
    Point.FOUND: TAKEN,
    Point.GIVEN_UP: NOT_TAKEN | {"lost_and_listed_late"},
    Point.SENDING_WRITTEN: NOT_TAKEN | POISON | {"busy", "lost_and_listed_late"},
    Point.REFUSAL: POISON,
    Point.SPLIT_WRITTEN: POISON,
    Point.SPLIT: POISON,
    Point.REFUSE_WRITTEN: POISON,
    Point.REFUSED: POISON,
}
"""The points that a run meets only if something went wrong; all others are met in every run."""


@pytest.mark.parametrize("point", [point for point in Point if point is not Point.FOLLOW_WRITTEN])
def test_killed_at_a_point_under_every_fault(
    point: Point, template: Template, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """Wherever the process is killed, and whatever Metrica does, every key is accounted for exactly once."""
    emulator.configure(parallel_by_uid=None, requests_per_day_by_uid=None)
    faults = [fault for fault in FAULTS if fault in ONLY_UNDER.get(point, FAULTS)]
    cells = [
        prepare(template, tmp_path / fault, emulator, fault, 101 + index)
        for index, fault in enumerate(faults)
    ]
    with ThreadPoolExecutor(len(cells)) as pool:
        proofs = [pool.submit(cell.prove, point) for cell in cells]
    for proof in proofs:
        proof.result()


CHAINS = {
    "found only after four deaths": ("drop_after", ["unclear", "look_up", "found", "accept_written"]),
    "not found after four deaths": ("drop_before", ["unclear", "look_up", "given_up", "sending_written"]),
    "sent again, and its answer lost too": ("error_before", ["given_up", "answer", "look_up", "found"]),
    "in the second chunk": ("none", ["answer:2", "look_up", "accept_written"]),
    "after the second chunk": ("none", ["accepted:2"]),
    "in the middle of halving": ("poison", ["split", "sending_written", "answer", "refusal", "refused"]),
    "halving begun anew": ("poison", ["refusal", "look_up", "split_written", "refuse_written"]),
    "before the first intent, again and again": ("none", ["begun_written", "read", "intent_written"]),
}


@pytest.mark.parametrize("chain", CHAINS)
def test_killed_again_while_recovering(
    chain: str, template: Template, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """A recovery that is killed itself, again and again, loses and doubles nothing."""
    fault, points = CHAINS[chain]
    prepare(template, tmp_path / "cell", emulator, fault, 101).prove(*points)


def test_killed_with_the_state_in_postgresql(
    template: Template, emulator: EmulatorServer, postgres: Database, tmp_path: Path
) -> None:
    """The same holds with the state in PostgreSQL, where the lease of the dead must run out first."""
    emulator.configure(parallel_by_uid=None)
    chosen = [
        ("none", "intent_written"),
        ("none", "answer"),
        ("drop_after", "accept_written"),
        ("drop_before", "given_up"),
        ("hang_taken", "accepted"),
        ("poison", "split_written"),
        ("poison_and_lost", "refuse_written"),
    ]
    cells = [
        prepare(template, tmp_path / point, emulator, fault, 101 + index, state=postgres)
        for index, (fault, point) in enumerate(chosen)
    ]
    with ThreadPoolExecutor(len(cells)) as pool:
        proofs = [pool.submit(cell.prove, point) for cell, (_, point) in zip(cells, chosen, strict=True)]
    for proof in proofs:
        proof.result()


def test_killed_while_following(template: Template, emulator: EmulatorServer, tmp_path: Path) -> None:
    """Killed while it records what Metrica made of an upload: the next run asks again and records it."""
    cell = prepare(template, tmp_path / "cell", emulator, "none", 101)
    assert cell.run()[0] == 3
    # As if the uploads had been accepted half an hour ago.
    cell.accounts.state.run(
        "UPDATE syncd_uploads SET settled_at = datetime(settled_at, '-30 minutes') || 'Z'"
    )

    assert cell.run("follow_written")[0] == KILLED
    assert cell.run()[0] == 0

    states = cell.accounts.state.rows("SELECT state, linked FROM syncd_uploads ORDER BY id")
    assert states == [("processed", 2), ("processed", 1)]
    cell.settle([])


def test_killed_while_sending_rows_that_waited(
    template: Template, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """A row whose DateTime has come is sent once, and waits no more, also when its answer dies with us."""
    emulator.configure(future_tolerance=10**9)
    cell = prepare(template, tmp_path / "cell", emulator, "none", 101)
    cell.accounts.shop.run("UPDATE orders SET paid_at = '2040-01-01T00:00:00+00:00' WHERE order_id = 2")
    assert cell.run("recorded")[0] == KILLED  # orders 1 and 3 are delivered, 2 waits
    # As if fourteen years had passed: the row is due here, and its DateTime in the source has come.
    cell.accounts.state.run("UPDATE syncd_waiting SET due = 0")
    cell.accounts.shop.run("UPDATE orders SET paid_at = '2026-01-01T00:00:02+00:00' WHERE order_id = 2")

    cell.prove("answer")

    assert cell.accounts.state.rows("SELECT * FROM syncd_waiting") == []


def test_an_unknown_point_is_refused(command: Cli, sqlite_db: Database) -> None:
    """A misspelt point would prove nothing, so it is told in one line instead of never being reached."""
    command.configure(shop.configuration(sqlite_db, "http://127.0.0.1:9", shop.query()))

    done = command.run("run", "--once", SYNCD_CRASH_AT="no_such_point")

    assert done.returncode == 2
    assert "SYNCD_CRASH_AT=no_such_point" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("point", ["intent", "answer", "accept_written", "accepted"])
def test_the_command_itself_killed(
    point: str, command: Cli, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """The same with `syncd` as users start it, from its command line."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 3)
    state = Database(url=f"sqlite:///{command.folder}/syncd-state.db", reader_url="")
    command.configure(shop.configuration(sqlite_db, emulator.url, shop.query(chunk_rows=2)))

    assert command.run("run", "--once", SYNCD_CRASH_AT=point).returncode == KILLED
    assert command.run("run", "--once").returncode == 0

    Accounts(sqlite_db, state, emulator, 101).settle({1, 2, 3}, last=3)
