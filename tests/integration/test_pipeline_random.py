"""Random histories of rows, faults, restarts and time: in the end every row is in exactly one place."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.model.errors import SyncdError
from tests.support.centre import SETTLE, Bench, client_id, open_shop, sell
from tests.support.servers import Database

FAULTS: list[dict[str, object]] = [
    {"kind": "drop_before"},
    {"kind": "drop_before", "read_body": False},
    {"kind": "drop_after"},
    {"kind": "error_before"},
    {"kind": "error_after"},
    {"kind": "bad_json"},
    {"kind": "partial_json", "cut": True},
    {"kind": "minimal_reply"},
    {"kind": "refuse", "status": 403},
    {"kind": "refuse", "status": 429, "error_type": "quota_requests_by_ip"},
    {"kind": "refuse", "status": 400},
    {"kind": "exhaust_quota", "quota": "quota_parallel_requests"},
    {"kind": "redirect"},
    {"kind": "drop_before", "on": "list"},
    {"kind": "error_before", "on": "list"},
    {"kind": "bad_json", "on": "list"},
]


class History:
    """What happened in the shop, and what should come of it."""

    def __init__(self, bench: Bench, emulator: EmulatorServer, random: Random) -> None:
        self.bench, self.emulator, self.random = bench, emulator, random
        self.good: set[int] = set()
        self.bad: set[int] = set()
        self._next = 1

    def step(self) -> None:
        """Anything."""
        self.random.choice(
            [
                self._sell,
                self._sell,
                self._sell_bad,
                self._fault,
                self._run,
                self._run,
                self._wait,
                self._restart,
            ]
        )()

    def end(self) -> None:
        """All troubles are over, and the query runs until it has nothing left."""
        self.emulator.clear_faults()
        for _ in range(8):
            with suppress(SyncdError):
                self.bench.run()
            self.bench.clock.forward(2 * SETTLE)

    def _sell(self) -> None:
        count = self.random.randint(1, 12)
        sell(self.bench.database, self._next, count)
        self.good |= set(range(self._next, self._next + count))
        self._next += count

    def _sell_bad(self) -> None:
        sell(self.bench.database, self._next, 1, total="-1")
        self.bad.add(self._next)
        self._next += 1

    def _fault(self) -> None:
        options = {**self.random.choice(FAULTS), "times": 1, "skip": self.random.randint(0, 2)}
        self.emulator.fault(**options)  # type: ignore[arg-type]  # the kind is among the options

    def _run(self) -> None:
        with suppress(SyncdError):
            self.bench.run()

    def _wait(self) -> None:
        self.bench.clock.forward(self.random.choice([timedelta(seconds=1), SETTLE / 2, 2 * SETTLE]))

    def _restart(self) -> None:
        self.bench.restart()


@pytest.mark.parametrize("seed", range(12))
def test_every_row_ends_in_exactly_one_place(
    sqlite_db: Database, emulator: EmulatorServer, tmp_path: Path, seed: int
) -> None:
    """Each good row is received once, or is a reject that Metrica refused; each bad one is a reject."""
    random = Random(seed)  # noqa: S311 — a history that can be repeated
    open_shop(sqlite_db)
    bench = Bench(sqlite_db, emulator.url, tmp_path, chunk_rows=random.choice([1, 7, 1000]))
    history = History(bench, emulator, random)
    for _ in range(60):
        history.step()
    history.end()
    bench.close()

    received = {conversion.id: conversion.times for conversion in emulator.conversions()}
    rejected = {int(key[2:-2]): reason for key, reason in bench.rejects()}
    refused = {number for number, reason in rejected.items() if reason == "refused_by_metrica"}
    assert received == {client_id(number): 1 for number in history.good - refused}
    assert set(rejected) == history.bad | refused
    assert refused <= history.good
    assert set(bench.states()) <= {"accepted", "processed", "split", "refused"}
