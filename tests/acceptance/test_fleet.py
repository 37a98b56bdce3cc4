"""Several daemons on one PostgreSQL store, as real processes: killed, stopped, continued, added, ended."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.support.fix_cli import Cli, Running, as_json
from tests.support.servers import Database
from tests.support.waiting import eventually

QUERIES = 30
DEADLINE = 45.0
"""Seconds after which what should have happened has not. Longer than any promise, which tests compare."""
PROMISED = 30.0
"""Seconds in which the queries of a dead daemon are taken over."""

HANDED_OVER = 10.0
"""Seconds in which a daemon that ends in peace is replaced: two beats, and a loaded machine."""


class Fleet:
    """Daemons with the same configuration on one store."""

    def __init__(self, cli: Cli, database: Database, emulator: EmulatorServer) -> None:
        """The shop's database is also the store; each query has its own counter."""
        self.cli = cli
        self.database = database
        self.emulator = emulator
        self.daemons: list[Running] = []
        self.rows = 0
        self.patience = DEADLINE

    def configure(self, count: int, **options: object) -> None:
        """So many queries, each over all orders."""
        queries: dict[str, object] = {}
        for number in range(count):
            queries |= shop.query(f"q{number:02}", counter=100 + number, **options)
        state = {"url": self.database.url}
        self.cli.configure(shop.configuration(self.database, self.emulator.url, queries, state=state))
        assert self.cli.run("migrate").returncode == 0

    def start(self, **environ: str) -> Running:
        """One more."""
        daemon = self.cli.start("run", **environ)
        self.daemons.append(daemon)
        return daemon

    def sell(self, count: int = 3) -> None:
        """Orders that every query has to deliver."""
        shop.sell(self.database, self.rows + 1, count)
        self.rows += count

    def shares(self) -> dict[int, int]:
        """How many queries each process holds, by what the store says."""
        owners = self.database.rows("SELECT owner FROM syncd.leases WHERE expires_at > now()")
        return Counter(int(str(owner).split(":")[1]) for (owner,) in owners if owner)

    def wait_for_shares(self, *expected: int) -> float:
        """Wait until the shares of the daemons, in the order of their start, are these; seconds it took."""
        wanted = {d.process.pid: share for d, share in zip(self.daemons, expected, strict=True) if share}
        return self.wait_until(lambda: self.shares() == wanted, lambda: f"{self.shares()} is not {wanted}")

    def wait_for_rows(self, counters: int = QUERIES) -> None:
        """Wait until everything sold is delivered to every counter."""
        self.wait_until(
            lambda: all(len(self.emulator.conversions(100 + n)) == self.rows for n in range(counters)),
            lambda: str({n: len(self.emulator.conversions(100 + n)) for n in range(counters)}),
        )

    def wait_until(self, holds: Callable[[], bool], state: Callable[[], str]) -> float:
        """Wait for something, with the patience that so many queries take; the seconds it took."""
        return eventually(holds, state, self.patience)

    def runs(self) -> int:
        """How many runs have ended well, on any daemon."""
        return sum('"query_finished"' in line for daemon in self.daemons for line in list(daemon.lines))

    def unsettled(self) -> list[tuple[object, ...]]:
        """The uploads whose fate is open."""
        return self.database.rows("SELECT id, query FROM syncd.uploads WHERE state IN ('planned', 'sending')")

    def written(self) -> object:
        """What the store holds of uploads and rows."""
        return [
            self.database.rows("SELECT query, key, upload_id FROM syncd.deliveries ORDER BY 1, 2"),
            self.database.rows("SELECT id, state, attempts, settled_at FROM syncd.uploads ORDER BY 1"),
            self.database.rows("SELECT query, mark FROM syncd.marks ORDER BY 1"),
        ]

    def stop(self) -> None:
        """End those that live; none counts as live then."""
        for daemon in self.daemons:
            if daemon.process.poll() is None:
                assert daemon.stop() == 0
        live = self.database.rows("SELECT owner FROM syncd.daemons WHERE expires_at > now()")
        assert live == []

    def assert_once(self, counters: int = QUERIES) -> None:
        """Every order came to every counter exactly once."""
        conversions = [
            conversion for n in range(counters) for conversion in self.emulator.conversions(100 + n)
        ]
        assert len(conversions) == counters * self.rows
        assert [conversion for conversion in conversions if conversion.times != 1] == []


def wait_until(holds: Callable[[], bool], state: Callable[[], str]) -> float:
    """Wait for something to become true; the seconds it took."""
    return eventually(holds, state, DEADLINE)


def tell(text: str) -> None:
    """Show a figure (pytest -s)."""
    sys.stdout.write(f"{text}\n")


def entries(daemon: Running, *events: str) -> list[dict[str, Any]]:
    """The log entries of these events so far."""
    found = [as_json(line) for line in list(daemon.lines)]
    return [entry for entry in found if entry["event"] in events]


def moment(entry: dict[str, Any]) -> float:
    """When a log entry was written."""
    return datetime.fromisoformat(entry["timestamp"]).timestamp()


def runs(daemon: Running) -> Iterator[tuple[str, float, float]]:
    """The runs that ended well: query, begin, end."""
    begun: dict[str, float] = {}
    for entry in entries(daemon, "query_started", "query_finished"):
        if entry["event"] == "query_started":
            begun[entry["query"]] = moment(entry)
        else:
            yield entry["query"], begun[entry["query"]], moment(entry)


@pytest.fixture
def fleet(cli: Cli, postgres: Database, emulator: EmulatorServer) -> Iterator[Fleet]:
    """A shop in a PostgreSQL database that is the state store as well."""
    shop.open_shop(postgres)
    emulator.configure(requests_per_day_by_uid=None, requests_per_day_by_counter=None)
    fleet = Fleet(cli, postgres, emulator)
    yield fleet
    for daemon in fleet.daemons:
        if daemon.process.poll() is None:
            daemon.process.send_signal(signal.SIGCONT)


def test_a_fleet_loses_and_gains_daemons(fleet: Fleet) -> None:
    """Three daemons share 30 queries; one is killed, one stopped and continued, one added, one ended.

    All the while orders are sold. Each is delivered to each counter once, no query runs twice at once, and no
    query waits for 30 s.
    """
    # More often is thousands of runs more of the same; `assert_one_at_a_time` says how many there must be.
    fleet.configure(QUERIES, every="3s")
    fleet.sell()
    first, second, third = (fleet.start() for _ in range(3))
    fleet.wait_for_shares(10, 10, 10)
    fleet.wait_for_rows()

    killed_at = time.time()
    third.kill()
    fleet.sell()
    fleet.wait_for_shares(15, 15, 0)
    assert takeover("SIGKILL", killed_at, first, second) < PROMISED
    fleet.wait_for_rows()
    # What Metrica has is recorded too: one that is stopped in between would tell of it when it is continued.
    fleet.wait_until(lambda: not fleet.unsettled(), lambda: str(fleet.unsettled()))

    stopped_at = time.time()
    second.process.send_signal(signal.SIGSTOP)
    fleet.sell()
    fleet.wait_for_shares(30, 0, 0)
    assert takeover("SIGSTOP", stopped_at, first) < PROMISED
    fleet.wait_for_rows()
    continued_at = time.time()
    second.process.send_signal(signal.SIGCONT)
    tell(f"after SIGCONT: even in {fleet.wait_for_shares(15, 15, 0):.1f} s")
    assert_waited(second, continued_at)

    fleet.sell()
    fleet.start()
    tell(f"one more: even in {fleet.wait_for_shares(10, 10, 0, 10):.1f} s from its start")
    fleet.wait_for_rows()

    fleet.sell()
    assert first.stop() == 0
    took = fleet.wait_for_shares(0, 15, 0, 15)
    tell(f"after SIGTERM: even in {took:.1f} s from its end")
    assert took < HANDED_OVER
    fleet.wait_for_rows()
    # How many runs all that takes is a matter of the machine; a few of them were cut off.
    fleet.wait_until(lambda: fleet.runs() > QUERIES * 11, lambda: str(fleet.runs()))
    fleet.stop()
    fleet.assert_once()
    assert_one_at_a_time(fleet, stopped_at)


def takeover(what: str, since: float, *heirs: Running) -> float:
    """Seconds until the last query was taken over."""

    def told() -> list[float]:
        moments = [moment(entry) for heir in heirs for entry in entries(heir, "lease_taken")]
        return [when for when in moments if when > since]

    wait_until(lambda: bool(told()), lambda: "no lease_taken")  # the log comes a moment after the store
    taken = told()
    took = max(taken) - since
    tell(f"after {what}: {len(taken)} queries taken over within {took:.1f} s")
    return took


def assert_waited(daemon: Running, continued_at: float) -> None:
    """One that was stopped sent nothing before it had a query anew."""
    assert len(entries(daemon, "lease_lost")) >= QUERIES // 2
    anew = min(when for when in map(moment, entries(daemon, "lease_taken")) if when > continued_at)
    # That one was accepted may be told late: it was recorded just before the stop.
    sent = [moment(entry) for entry in entries(daemon, "upload_started")]
    assert [when for when in sent if continued_at < when < anew] == []


def assert_one_at_a_time(fleet: Fleet, stopped_at: float) -> None:
    """No two runs of a query overlapped; a run that was stopped is left out, since it could do nothing."""
    done = sorted(run for daemon in fleet.daemons for run in runs(daemon) if not run[1] < stopped_at < run[2])
    assert len(done) > QUERIES * 10
    assert [(one, two) for one, two in pairwise(done) if one[0] == two[0] and two[1] < one[2]] == []


def test_stopped_daemons_send_and_write_nothing_when_they_wake(fleet: Fleet) -> None:
    """Each stops itself at another point between intent and commit, with a query of its own.

    Another daemon takes the queries over within the promised time, and finds at Metrica what had arrived. The
    stopped ones wake and drop their work: nothing is written, and nothing is sent a second time.
    """
    points = {"intent": "not_found", "post": "not_found", "answer": "found", "accept_written": "found"}
    fleet.configure(len(points))
    fleet.sell()
    for number, point in enumerate(points):
        stopped = fleet.cli.start("run", "--query", f"q{number:02}", SYNCD_PAUSE_AT=point)
        fleet.daemons.append(stopped)
        wait_until(lambda: is_stopped(fleet.daemons[-1].process.pid), lambda: str(fleet.daemons[-1].lines))
    stopped_at = time.time()

    other = fleet.cli.start("run")
    fleet.wait_for_rows(len(points))
    wait_until(lambda: not fleet.unsettled(), lambda: str(fleet.unsettled()))
    assert takeover("SIGSTOP at fault points", stopped_at, other) < PROMISED
    for number, (point, found) in enumerate(points.items()):
        (how,) = {
            entry["event"]
            for entry in entries(other, "upload_found", "upload_not_found")
            if entry["query"] == f"q{number:02}"
        }
        assert how == f"upload_{found}", point
    written = fleet.written()

    for stopped in fleet.daemons:
        stopped.process.send_signal(signal.SIGCONT)

    for stopped in fleet.daemons:
        wait_until(lambda: run_ended(stopped), lambda: "".join(stopped.lines))  # noqa: B023 — used at once
    assert fleet.written() == written
    fleet.assert_once(len(points))
    assert len(fleet.emulator.uploads()) == len(points)
    fleet.sell()
    fleet.wait_for_rows(len(points))
    fleet.assert_once(len(points))


def run_ended(daemon: Running) -> bool:
    """Whether a stopped daemon has learnt that it lost its query, and its run has come to an end."""
    lost = entries(daemon, "lease_lost")  # once by the beat, once by the run, unless that failed otherwise
    return len(lost) >= 2 or bool(lost and entries(daemon, "query_failed"))


def is_stopped(pid: int) -> bool:
    """Whether the kernel holds the process (SIGSTOP)."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    return stat.rpartition(")")[2].split()[0] == "T"


def test_once_leaves_a_held_query_alone(fleet: Fleet) -> None:
    """`run --once` beside a daemon says in one line that it skips the daemon's query, and exits with 1."""
    fleet.configure(1)
    fleet.sell()
    daemon = fleet.start()
    daemon.wait_for("upload_accepted")

    done = fleet.cli.run("run", "--once", "--json")

    assert done.returncode == 1, done.stderr
    (query,) = json.loads(done.stdout)["queries"]
    assert query["code"] == "state.held_elsewhere"
    failed = [entry for entry in map(as_json, done.stderr.splitlines()) if entry["event"] == "query_failed"]
    assert len(failed) == 1
    assert f":{daemon.process.pid}:" in failed[0]["error"]
    assert daemon.stop() == 0
    assert fleet.cli.run("run", "--once").returncode == 0
    fleet.assert_once(1)


def test_once_waits_for_a_dead_daemons_query(fleet: Fleet) -> None:
    """What a killed daemon held comes free within the lease time, so `--once` runs it and succeeds."""
    fleet.configure(2)
    fleet.sell()
    daemon = fleet.start()
    daemon.wait_for("upload_accepted")
    os.kill(daemon.process.pid, signal.SIGKILL)
    daemon.wait()
    fleet.sell()

    done = fleet.cli.run("run", "--once")

    assert done.returncode == 0, done.stderr
    fleet.wait_for_rows(2)
    fleet.assert_once(2)
