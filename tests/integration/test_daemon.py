"""The loop: queries independent of each other, schedules, `--once`, and a stop that ends in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event as Flag

from syncd.model import RunReport
from syncd.model.errors import (
    AccessRefused,
    HeldElsewhere,
    LeaseLost,
    NotReceived,
    SourceUnavailable,
    StillUnclear,
    SyncdError,
    TooManyRejects,
)
from syncd.model.events import Event
from syncd.model.settings import QuerySettings
from syncd.service import daemon as daemon_module
from syncd.service.daemon import Daemon, RunOutcome, Turn
from tests.support.centre import DEADLINE, TOKEN, Clock, Listener, query_of

Run = Callable[[RunReport], None]
SOON = timedelta(milliseconds=50)


class Notebook:
    """Implements daemon.Keeper: how runs went is written down."""

    def __init__(self) -> None:
        self.outcomes: list[RunOutcome] = []
        self.others: dict[str, SyncdError | None] = {}
        """Queries that another daemon runs, with what is said of them."""
        self.there: list[str] = []
        self.gone: list[str] = []

    def mine(self, turn: Turn) -> bool:
        """Unless the test says otherwise."""
        return turn.query.name not in self.others

    def elsewhere(self, turn: Turn) -> SyncdError | None:
        """What the test says."""
        return self.others.get(turn.query.name)

    def started(self, turn: Turn, now: datetime) -> None:
        """Nothing to do."""

    def finished(self, turn: Turn, outcome: RunOutcome) -> None:
        """Write it down."""
        assert turn.started is None
        self.outcomes.append(outcome)

    def turned(self, status: Callable[[], str]) -> None:
        """Nothing to do."""

    def added(self, turn: Turn) -> None:
        """Write it down."""
        self.there.append(turn.query.name)

    def removed(self, turn: Turn) -> None:
        """Write it down; no run goes on."""
        assert turn.started is None
        self.gone.append(turn.query.name)


class Loop:
    """A daemon over runs of a test's own making, in a thread."""

    def __init__(self, runs: dict[str, Run], *, once: bool = False, every: timedelta = SOON) -> None:
        self.listener, self.notebook, self.stop = Listener(), Notebook(), Flag()
        queries: dict[str, tuple[QuerySettings, Run]] = {
            name: (query_of("sqlite://", name=name, every=every), run) for name, run in runs.items()
        }
        self.daemon = Daemon(queries, self.notebook, Clock(), self.listener, self.stop, once=once)
        self.thread = threading.Thread(target=self.daemon.run, daemon=True)

    def turn(self, name: str) -> Turn:
        """The turn of a query."""
        return next(turn for turn in self.daemon.turns if turn.query.name == name)

    def join(self) -> None:
        """The loop ends by itself. Fails after DEADLINE."""
        self.thread.join(DEADLINE)
        assert not self.thread.is_alive()


@contextmanager
def going(loop: Loop) -> Iterator[Loop]:
    """The loop, stopped after the block."""
    loop.thread.start()
    try:
        yield loop
    finally:
        loop.stop.set()
        loop.daemon.wake()
        loop.join()


def nothing(_report: RunReport) -> None:
    """A run that finds nothing new."""


def raising(error: Exception) -> Run:
    """A run that fails."""

    def run(_report: RunReport) -> None:
        raise error

    return run


def test_a_query_that_hangs_delays_no_other() -> None:
    """The others go on at their pace, and the one that hangs is not started a second time."""
    release, starts = Flag(), []

    def hang(_report: RunReport) -> None:
        starts.append(1)
        release.wait(DEADLINE)

    with going(Loop({"stuck": hang, "good": nothing})) as loop:
        loop.listener.wait_for(Event.QUERY_FINISHED, 10, query="good")
        assert loop.daemon.running() in (["stuck"], ["stuck", "good"])
        assert len(starts) == 1
        release.set()
        loop.listener.wait_for(Event.QUERY_FINISHED, 1, query="stuck")


def test_a_fault_in_one_query_ends_no_other() -> None:
    """An exception nobody expected is told, without its text, and the rest goes on; so does the query."""
    bad = raising(KeyError(f"something with {TOKEN}"))
    with going(Loop({"bad": bad, "good": nothing})) as loop:
        loop.listener.wait_for(Event.QUERY_FINISHED, 10, query="good")
        loop.listener.wait_for(Event.INTERNAL_ERROR, 1, query="bad")
        failed, *_ = loop.listener.wait_for(Event.QUERY_FAILED, 2, query="bad")
    assert failed["code"] == "internal"
    assert failed["error"] == "internal error: KeyError"
    assert failed["retry_in"] > 0


def test_failures_are_told_with_what_to_do_and_recovery_is_too() -> None:
    """Each failed run has code, text, action, the attempt and the pause; the first good one ends the row."""
    errors = iter([SourceUnavailable("down"), SourceUnavailable("down")])

    def run(_report: RunReport) -> None:
        error = next(errors, None)
        if error is not None:
            raise error

    with going(Loop({"orders": run})) as loop:
        (recovered,) = loop.listener.wait_for(Event.QUERY_RECOVERED)[:1]
        first, second = loop.listener.of(Event.QUERY_FAILED)
    assert recovered["failures"] == 2
    assert (first["attempt"], second["attempt"]) == (1, 2)
    assert first["code"] == "source.unavailable"
    assert first["action"] == SourceUnavailable.action
    assert 0.4 <= first["retry_in"] <= 1.0 <= second["retry_in"] <= 2.0


def test_a_halted_query_is_left_alone() -> None:
    """Too many rejects: told once, not run again, and the daemon and the others go on."""
    with going(Loop({"bad": raising(TooManyRejects("1000 rows")), "good": nothing})) as loop:
        loop.listener.wait_for(Event.QUERY_HALTED)
        loop.listener.wait_for(Event.QUERY_FINISHED, 10, query="good")
        assert len(loop.listener.of(Event.QUERY_HALTED)) == 1
        assert loop.turn("bad").halted
        assert loop.thread.is_alive()


def test_when_all_are_halted_the_daemon_stays() -> None:
    """It still serves its page and its metrics, and ends when it is asked to."""
    with going(Loop({"bad": raising(TooManyRejects("1000 rows"))})) as loop:
        loop.listener.wait_for(Event.QUERY_HALTED)
        assert loop.thread.is_alive()


def test_a_lost_lease_is_no_failure() -> None:
    """Another daemon has the query: told as that, and neither counted nor shown as an error."""
    with going(Loop({"orders": raising(LeaseLost("gone"))})) as loop:
        loop.listener.wait_for(Event.LEASE_LOST)
        assert loop.listener.of(Event.QUERY_FAILED) == []
        assert loop.turn("orders").failures == 0


def test_many_queries() -> None:
    """Two hundred queries all run, again and again, none twice at the same time."""
    lock, now_running, overlaps = threading.Lock(), set[str](), []

    def run(report: RunReport) -> None:
        with lock:
            overlaps.extend([report.query] if report.query in now_running else [])
            now_running.add(report.query)
        with lock:
            now_running.remove(report.query)

    names = [f"q{number}" for number in range(200)]
    with going(Loop(dict.fromkeys(names, run), every=timedelta(seconds=1))) as loop:
        for name in names:
            loop.listener.wait_for(Event.QUERY_FINISHED, 2, query=name)
    assert overlaps == []


def test_a_stop_waits_for_a_run_that_ends() -> None:
    """A run that is at it finishes its chunk; nothing new is begun."""
    release = Flag()

    def run(_report: RunReport) -> None:
        release.wait(DEADLINE)

    loop = Loop({"orders": run})
    with going(loop):
        loop.listener.wait_for(Event.QUERY_STARTED)
    assert loop.daemon.running() == ["orders"]
    threading.Timer(0.2, release.set).start()
    loop.daemon.wind_down()
    assert loop.daemon.running() == []
    assert len(loop.listener.of(Event.QUERY_STARTED)) == 1


def test_a_stop_does_not_wait_for_ever() -> None:
    """A run that hangs is left behind at the deadline; recovery settles it at the next start."""
    release = Flag()

    def hang(_report: RunReport) -> None:
        release.wait(DEADLINE)

    loop = Loop({"orders": hang})
    with going(loop):
        loop.listener.wait_for(Event.QUERY_STARTED)
    began = time.monotonic()
    loop.daemon.wind_down()
    took = time.monotonic() - began
    assert loop.daemon.running() == ["orders"]
    assert took < 10
    assert took >= daemon_module.STOP_DEADLINE.total_seconds() - 1
    release.set()


def test_a_query_of_another_daemon_is_left_to_it() -> None:
    """It is not run and costs no time; once it comes free it runs here."""
    loop = Loop({"theirs": nothing, "ours": nothing})
    loop.notebook.others = {"theirs": None}
    began = time.process_time()
    with going(loop):
        loop.listener.wait_for(Event.QUERY_FINISHED, 20, query="ours")
        assert all(event["query"] == "ours" for event in loop.listener.of(Event.QUERY_STARTED))
        assert time.process_time() - began < 5
        loop.notebook.others = {}
        loop.listener.wait_for(Event.QUERY_FINISHED, 1, query="theirs")


# --- once ---


def test_once_does_not_wait_for_another_daemon() -> None:
    """What another daemon runs is named and left; the rest is done."""
    loop = Loop({"theirs": nothing, "ours": nothing}, once=True)
    loop.notebook.others = {"theirs": HeldElsewhere("another daemon runs it")}
    loop.thread.start()
    loop.join()
    codes = {outcome.report.query: outcome.error and outcome.error.code for outcome in loop.notebook.outcomes}
    assert codes == {"theirs": "state.held_elsewhere", "ours": None}


def test_once_runs_each_query_to_its_end() -> None:
    """Each runs once, and the loop ends by itself."""
    loop = Loop(dict.fromkeys("abc", nothing), once=True)
    loop.thread.start()
    loop.join()
    assert sorted(outcome.report.query for outcome in loop.notebook.outcomes) == ["a", "b", "c"]


def test_once_gives_up_what_needs_a_person() -> None:
    """A refused token, a database that is down, too many rejects: one try each, and the others are done."""
    runs: dict[str, Run] = {
        "token": raising(AccessRefused("HTTP 403")),
        "down": raising(SourceUnavailable("down")),
        "rejects": raising(TooManyRejects("1000 rows")),
        "fault": raising(ZeroDivisionError()),
        "good": nothing,
    }
    loop = Loop(runs, once=True)
    loop.thread.start()
    loop.join()
    assert len(loop.notebook.outcomes) == 5
    codes = {
        turn.query.name: turn.last.error and turn.last.error.code for turn in loop.daemon.turns if turn.last
    }
    assert codes == {
        "token": "metrica.access",
        "down": "source.unavailable",
        "rejects": "rejects.limit",
        "fault": "internal",
        "good": None,
    }
    assert all(event["retry_in"] is None for event in loop.listener.of(Event.QUERY_FAILED))


def test_once_follows_an_open_upload_to_its_end() -> None:
    """What is a matter of seconds is tried again: a busy API, a lost answer that may yet be found."""
    clock = Clock()
    errors: Iterator[SyncdError] = iter(
        [NotReceived("busy"), StillUnclear("not yet", retry_at=clock.now() + timedelta(seconds=1))]
    )

    def run(_report: RunReport) -> None:
        error = next(errors, None)
        if error is not None:
            raise error

    loop = Loop({"orders": run}, once=True)
    loop.thread.start()
    loop.join()
    assert [outcome.error and outcome.error.code for outcome in loop.notebook.outcomes] == [
        "metrica.busy",
        "metrica.unclear",
        None,
    ]


def test_totals_are_of_all_runs() -> None:
    """A run that failed halfway counts too."""
    first = iter([True])

    def run(report: RunReport) -> None:
        report.uploaded = 5
        if next(first, None):
            raise NotReceived("busy")

    loop = Loop({"orders": run}, once=True)
    loop.thread.start()
    loop.join()
    assert loop.turn("orders").totals.uploaded == 10
