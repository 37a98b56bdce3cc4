"""SIGKILL at every named place, times everything that can go wrong at Metrica: every key exactly once.

Each cell is a shop, a counter and a state store of its own, and real processes: one that is killed at the
point (syncd/faultpoints.py), one that goes on until it ends by itself, one that must find nothing to do.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.faultpoints import Point
from tests.acceptance import shop
from tests.acceptance.accounts import Accounts, misplaced
from tests.acceptance.template import Template
from tests.fix_cli import Cli
from tests.servers import Database

KILLED = -signal.SIGKILL
FAULT = dict[str, object]
REFUSED_ROW = 2

FAULTS: dict[str, list[FAULT]] = {
    "none": [],
    "drop_before": [{"kind": "drop_before"}],
    "drop_while_sending": [{"kind": "drop_before", "read_body": False}],
    "error_before": [{"kind": "error_before"}],
    "hang_not_taken": [{"kind": "hang", "accept": False}],
    "drop_after": [{"kind": "drop_after"}],
    "error_after_500": [{"kind": "error_after", "status": 500}],
    "error_after_504": [{"kind": "error_after", "status": 504, "text": "<html>"}],
    "hang_taken": [{"kind": "hang"}],
    "bad_json": [{"kind": "bad_json"}],
    "half_an_answer": [{"kind": "partial_json", "cut": True}],
    "lost_and_listed_soon": [{"kind": "drop_after"}, {"kind": "list_delay", "seconds": 0.5}],
    "lost_and_listed_late": [{"kind": "drop_after"}, {"kind": "list_delay", "seconds": 3600}],
    "listed_soon": [{"kind": "list_delay", "calls": 1}],
    "listed_late": [{"kind": "list_delay", "seconds": 3600}],
    "minimal_reply": [{"kind": "minimal_reply"}],
    "busy": [{"kind": "exhaust_quota", "quota": "quota_parallel_requests"}],
    "poison": [{"kind": "reject_ids", "ids": [str(10**17 + REFUSED_ROW)], "times": None}],
    "poison_and_lost": [
        {"kind": "reject_ids", "ids": [str(10**17 + REFUSED_ROW)], "times": None},
        {"kind": "drop_after", "skip": 1},
    ],
}
"""What the first upload meets (or the second, where that says so)."""

NOT_TAKEN = {"drop_before", "drop_while_sending", "error_before", "hang_not_taken"}
TAKEN = {
    "drop_after",
    "error_after_500",
    "error_after_504",
    "hang_taken",
    "bad_json",
    "half_an_answer",
    "lost_and_listed_soon",
    "poison_and_lost",
}
POISON = {"poison", "poison_and_lost"}
LATE = {"listed_late", "lost_and_listed_late"}

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

AFTER_THE_POST = {Point.ANSWER, Point.ACCEPT_WRITTEN}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the matrix, prepared."""

    template: Template
    folder: Path
    accounts: Accounts
    fault: str

    def run(self, crash_at: str = "") -> tuple[int, str]:
        """`syncd run --once`."""
        return self.template.run(self.folder, "run", "--once", SYNCD_CRASH_AT=crash_at)

    def prove(self, *crashes: str) -> None:
        """Killed at each of the points in turn, then left alone: every key is accounted for, exactly once."""
        for crash in crashes:
            code, log = self.run(crash)
            assert code == KILLED, f"{self.fault}: {crash} was not reached ({code})\n{log}"
        code, log = self.run()
        assert code in (0, 3), f"{self.fault}: {log}"
        assert "Traceback" not in log
        self.settle(crashes)
        uploads = self.accounts.uploads()
        code, log = self.run()
        assert code == 0, f"{self.fault}: {log}"
        assert self.accounts.uploads() == uploads, f"{self.fault}: the next run sent something"
        self.settle(crashes)

    def settle(self, crashes: Sequence[str]) -> None:
        """Orders 1 to 3 are delivered, 4 has no mark; the one that Metrica refuses is a reject."""
        refused = {4, REFUSED_ROW} if self.fault in POISON else {4}
        lost = self.fault == "lost_and_listed_late" or set(crashes) & AFTER_THE_POST
        repeated = {1, 2} if self.fault in LATE and lost else set()
        self.accounts.settle({1, 2, 3} - refused, last=3, refused=refused, repeated=repeated)


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    """One process to fork from, for all cells of this worker."""
    with Template() as process:
        yield process


def prepare(template: Template, folder: Path, emulator: EmulatorServer, fault: str, counter: int) -> Cell:
    """A shop with three orders and one without a mark, whose counter meets the fault."""
    folder.mkdir()
    database = Database(url=f"sqlite:///{folder}/shop.db", reader_url="")
    state = Database(url=f"sqlite:///{folder}/syncd-state.db", reader_url="")
    shop.open_shop(database)
    shop.sell(database, 1, 3)
    misplaced(database, 4)
    for options in FAULTS[fault]:
        chosen: dict[str, object] = {"times": 1, "counter": counter, **options}
        emulator.fault(str(chosen.pop("kind")), **chosen)
    query = shop.query(chunk_rows=2, counter=counter)
    text = shop.configuration(database, emulator.url, query, metrica={"timeout": "2s"})
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return Cell(template, folder, Accounts(database, state, emulator, counter), fault)


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
    cell.accounts.state.run("UPDATE syncd_waiting SET due = 0")

    cell.prove("answer")

    assert cell.accounts.state.rows("SELECT * FROM syncd_waiting") == []


def test_an_unknown_point_is_refused(cli: Cli, sqlite_db: Database) -> None:
    """A misspelt point would prove nothing, so it is told in one line instead of never being reached."""
    cli.configure(shop.configuration(sqlite_db, "http://127.0.0.1:9", shop.query()))

    done = cli.run("run", "--once", SYNCD_CRASH_AT="anser")

    assert done.returncode == 2
    assert "SYNCD_CRASH_AT=anser" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("point", ["intent", "answer", "accept_written", "accepted"])
def test_the_command_itself_killed(
    point: str, cli: Cli, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """The same with `syncd` as users start it, from its command line."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 3)
    state = Database(url=f"sqlite:///{cli.folder}/syncd-state.db", reader_url="")
    cli.configure(shop.configuration(sqlite_db, emulator.url, shop.query(chunk_rows=2)))

    assert cli.run("run", "--once", SYNCD_CRASH_AT=point).returncode == KILLED
    assert cli.run("run", "--once").returncode == 0

    Accounts(sqlite_db, state, emulator, 101).settle({1, 2, 3}, last=3)
