"""A cell of the crash matrix: a shop, a state store and a counter of its own, and what Metrica does to it."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from syncd.emulator.server import EmulatorServer
from syncd.model.faultpoints import Point
from tests.acceptance import shop
from tests.acceptance.accounts import Accounts, misplaced
from tests.acceptance.template import Template
from tests.support.servers import Database

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
        assert "internal_error" not in log, log
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


def prepare(
    template: Template,
    folder: Path,
    emulator: EmulatorServer,
    fault: str,
    counter: int,
    *,
    state: Database | None = None,
    **top: object,
) -> Cell:
    """A shop with three orders and one without a mark, whose counter meets the fault.

    `top` are sections of the configuration; `state` is a PostgreSQL for the state, in a schema per counter.
    """
    folder.mkdir()
    database = Database(url=f"sqlite:///{folder}/shop.db", reader_url="")
    schema = f"syncd_{counter}"
    if state is not None:
        top["state"] = {"url": state.url, "schema": schema}
    books = state or Database(url=f"sqlite:///{folder}/syncd-state.db", reader_url="")
    tables = f"{schema}." if state is not None else "syncd_"
    shop.open_shop(database)
    shop.sell(database, 1, 3)
    misplaced(database, 4)
    for options in FAULTS[fault]:
        chosen: dict[str, object] = {"times": 1, "counter": counter, **options}
        emulator.fault(str(chosen.pop("kind")), **chosen)
    query = shop.query(chunk_rows=2, counter=counter)
    text = shop.configuration(database, emulator.url, query, **{"metrica": {"timeout": "2s"}, **top})
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return Cell(template, folder, Accounts(database, books, emulator, counter, tables), fault)
