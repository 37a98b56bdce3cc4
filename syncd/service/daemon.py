"""The loop: whose turn it is, a thread for each run, so that a query that hangs or fails delays no other.

The loop itself does no work that can hang on a source or on Metrica; it waits for the next thing to happen:
a run that ended, a signal, a query that is due.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from queue import Empty, SimpleQueue
from random import Random
from threading import Event as Flag
from threading import Lock
from typing import Protocol

from syncd.model import RunReport
from syncd.model.clock import Clock
from syncd.model.errors import LeaseLost, SyncdError
from syncd.model.events import Event, Observer
from syncd.model.settings import QuerySettings
from syncd.service import schedule
from syncd.service.workers import Workers

JUMP = timedelta(seconds=1)
"""What the clock may be off at a look around before somebody has set it."""
TICK = timedelta(seconds=5)
"""At least this often the loop looks around."""
LEASE_LOOK = timedelta(seconds=1)
"""How often it looks whether a query that is due, but another daemon's, came free."""
WAKE_GAP = timedelta(milliseconds=300)
"""The least time from one run to the next that a notification asks for: a busy shop notifies all the time."""
STOP_DEADLINE = timedelta(seconds=6)
"""How long a stop waits for runs; recovery settles what is cut off. A busy disk may take four more."""


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How one run ended."""

    report: RunReport
    started: datetime
    finished: datetime
    error: SyncdError | None


Run = Callable[[RunReport], None]


@dataclass(slots=True)
class Turn:
    """Where one query stands in the schedule."""

    query: QuerySettings
    run: Run
    due: datetime
    started: datetime | None = None
    """When the run now going on began."""
    failures: int = 0
    halted: bool = False
    is_paused: bool = False
    """By a person."""
    done: bool = False
    """With `--once`: it has nothing more to do."""
    is_triggered: bool = False
    """A person wants another run after the one that goes on."""
    is_woken: bool = False
    """Its database has notified it of news, perhaps too late for the run that goes on."""
    after: tuple[QuerySettings, Run] | None = None
    """What a reload puts in its place when the run going on has ended."""
    removed: bool = False
    """By a reload, while a run was going on."""
    last: RunOutcome | None = None
    totals: RunReport = field(default_factory=lambda: RunReport(""))
    """All runs of this process together."""

    @property
    def waits(self) -> bool:
        """It runs when it is due."""
        return self.started is None and not (self.halted or self.done or self.is_paused)


class Surroundings(Protocol):
    """The surroundings of the runs: leases, the record of runs, the watchdog."""

    def mine(self, turn: Turn) -> bool:
        """Whether this daemon may run the query now; if so it is its own until `finished`."""
        ...

    def elsewhere(self, turn: Turn) -> SyncdError | None:
        """What to say of a query that another daemon will not let go of; None: it may come free yet."""
        ...

    def started(self, turn: Turn, now: datetime) -> None:
        """A run begins."""
        ...

    def finished(self, turn: Turn, outcome: RunOutcome) -> None:
        """A run ended."""
        ...

    def turned(self, status: Callable[[], str]) -> None:
        """The loop goes on; `status` says how it stands, in a few words."""
        ...

    def added(self, turn: Turn) -> None:
        """A reload brought the query."""
        ...

    def removed(self, turn: Turn) -> None:
        """A reload took the query away, and no run of it goes on."""
        ...


class Daemon:
    """Runs the queries on their schedule, or each until it has nothing new (`once`)."""

    def __init__(
        self,
        runs: Mapping[str, tuple[QuerySettings, Run]],
        keeper: Surroundings,
        clock: Clock,
        observer: Observer,
        stop: Flag,
        *,
        once: bool = False,
    ) -> None:
        now = clock.now()
        self.turns = [
            Turn(query, run, now if once else schedule.first_run(query, index, now))
            for index, (query, run) in enumerate(runs.values())
        ]
        self._keeper = keeper
        self._clock = clock
        self._seen = now, clock.seconds()
        self._looked_at = clock.seconds()
        self._observer = observer
        self._stop = stop
        self._once = once
        self._random = Random()  # noqa: S311 — jitter, not a secret
        self._workers = Workers()
        self._paused: frozenset[str] = frozenset()
        """The queries that rest."""
        self._lock = Lock()
        self._woken: frozenset[str] = frozenset()
        """The queries that were notified since the loop last asked."""
        self._inbox: SimpleQueue[Callable[[], None]] = SimpleQueue()
        """What the loop has to do between its looks around."""

    def wake(self) -> None:
        """Have the loop look around now; safe in a signal handler (SimpleQueue.put is reentrant)."""
        self._inbox.put(lambda: None)

    def change(self, runs: Mapping[str, tuple[QuerySettings, Run]]) -> None:
        """Have other queries from now on; one whose run is the same object goes on as it is.

        A run that is going on is not cut off: what takes its place begins after its end.
        """
        self._inbox.put(partial(self._change, runs))

    def pause_only(self, names: AbstractSet[str]) -> None:
        """Let these queries rest, and all others run."""
        if names != self._paused:
            self._paused = frozenset(names)
            self._inbox.put(self._apply_pauses)

    def trigger(self, name: str) -> None:
        """Have the query run now, or again after the run that goes on; one that was halted tries again."""
        self._inbox.put(partial(self._trigger, name))

    def wake_queries(self, names: AbstractSet[str]) -> None:
        """Have these queries run as their databases have notified them of news; a burst is one run."""
        with self._lock:
            is_known = names <= self._woken  # the loop has not come to it yet
            self._woken |= names
        if not is_known:
            self._inbox.put(self._wake_queries)

    def run(self) -> None:
        """Until a stop is asked for or, with `once`, until every query is done."""
        self._apply_pauses()
        while not self._stop.is_set() and not (self._once and all(turn.done for turn in self.turns)):
            patience = self._start_due(self._now())
            self._workers.add_thread()  # for runs that found none when they began
            self._keeper.turned(self._status)
            self._take(patience)

    def _start_due(self, now: datetime) -> float:
        """Start what is due, in one pass over all; seconds until the next query is, at most a tick."""
        latest = next_due = now + TICK
        for turn in self.turns:
            if turn.due >= next_due or not turn.waits:
                continue
            if turn.due > now:
                next_due = turn.due
            elif self._keeper.mine(turn):
                self._start(turn)
            else:  # it is another daemon's: there is nothing to hurry for
                latest = now + LEASE_LOOK
                if self._once:
                    self._leave_to_others(turn, now)
        return max((min(next_due, latest) - now).total_seconds(), 0.01)

    def _now(self) -> datetime:
        """The moment; when the clock was set since the last look, what is due moves with it.

        Whatever is made due is made so by this moment, so that none is moved that knew of the jump.
        """
        (was, since), now, seconds = self._seen, self._clock.now(), self._clock.seconds()
        self._seen = now, seconds
        jump = now - was - timedelta(seconds=seconds - since)
        if abs(jump) >= JUMP:
            for turn in self.turns:
                turn.due = schedule.after_jump(turn.query, turn.due, jump, now)
        return now

    def still_for(self) -> float:
        """Seconds since the loop last looked around; it does so every TICK while all is well."""
        return self._clock.seconds() - self._looked_at

    def running(self) -> list[str]:
        """The queries with a run going on."""
        return [turn.query.name for turn in self.turns if turn.started is not None]

    def _status(self) -> str:
        """All queries in a line, for `systemctl status`."""
        counts = {
            "queries": len(self.turns),
            "running": len(self.running()),
            "failing": sum(turn.failures > 0 for turn in self.turns),
            "stopped": sum(turn.halted for turn in self.turns),
        }
        delivered = sum(turn.totals.uploaded for turn in self.turns)
        shown = [f"{name}: {count}" for name, count in counts.items() if count]
        return ", ".join([*shown, f"rows delivered since the start: {delivered:,}"])

    def _start(self, turn: Turn) -> None:
        turn.started = self._clock.now()
        self._keeper.started(turn, turn.started)
        self._workers.start(partial(self._run, turn, turn.started))

    def _leave_to_others(self, turn: Turn, now: datetime) -> None:
        """`--once` does not wait for ever for a query that another daemon runs."""
        error = self._keeper.elsewhere(turn)
        if error is not None:
            self._finish(turn, RunOutcome(RunReport(turn.query.name), now, now, error))

    def _run(self, turn: Turn, started: datetime) -> None:
        """One run, in its own thread; whatever it raises becomes an outcome."""
        report, error = RunReport(turn.query.name), None
        self._observer.emit(Event.QUERY_STARTED, query=turn.query.name)
        try:
            turn.run(report)
        except SyncdError as failure:
            error = failure
        except Exception as failure:  # noqa: BLE001 — a fault in one query must not end the daemon
            self._observer.emit(Event.INTERNAL_ERROR, query=turn.query.name, error=failure)
            error = SyncdError(f"internal error: {type(failure).__name__}")
        outcome = RunOutcome(report, started, self._clock.now(), error)
        self._inbox.put(partial(self._finish, turn, outcome))

    def _take(self, seconds: float) -> None:
        """Wait for the next thing to happen and take everything that has."""
        self._looked_at = self._clock.seconds()
        try:
            step = self._inbox.get(timeout=seconds)
            while True:
                step()
                step = self._inbox.get_nowait()
        except Empty:
            return

    def _finish(self, turn: Turn, outcome: RunOutcome) -> None:
        turn.started, turn.last = None, outcome
        turn.totals.add(outcome.report)
        if outcome.error is None:
            self._succeeded(turn, outcome)
        elif isinstance(outcome.error, LeaseLost):
            self._observer.emit(Event.LEASE_LOST, query=turn.query.name, read=outcome.report.read)
            turn.due = self._now() + schedule.FIRST_PAUSE
        else:
            self._failed(turn, outcome.error, outcome.report.read)
        if turn.is_triggered:
            turn.is_triggered, turn.due = False, self._now()
        if turn.is_woken:
            self._wake_query(turn)
        self._keeper.finished(turn, outcome)
        if turn.removed:
            self._remove(turn)
        elif turn.after is not None:
            self._replace(turn, *turn.after)

    def _apply_pauses(self) -> None:
        for turn in self.turns:
            turn.is_paused = turn.query.name in self._paused
            if turn.is_paused and self._once and turn.started is None:
                turn.done = True

    def _trigger(self, name: str) -> None:
        for turn in self.turns:
            if turn.query.name == name:
                turn.halted, turn.is_triggered = False, turn.started is not None
                turn.due = self._now()

    def _wake_queries(self) -> None:
        with self._lock:
            names, self._woken = self._woken, frozenset()
        for turn in self.turns:
            if turn.query.name in names:
                self._wake_query(turn)

    def _wake_query(self, turn: Turn) -> None:
        """Run it soon, or after the run that goes on; what failed keeps its pause."""
        turn.is_woken = turn.started is not None
        if turn.started is None and not turn.failures:
            now = self._now()
            rested = turn.last.started + WAKE_GAP if turn.last else now
            turn.due = min(turn.due, max(now, rested))

    def _change(self, runs: Mapping[str, tuple[QuerySettings, Run]]) -> None:
        for turn in list(self.turns):
            after = runs.get(turn.query.name)
            turn.removed = after is None
            if turn.started is not None:
                turn.after = None if after is None or after[1] is turn.run else after
            elif after is None:
                self._remove(turn)
            elif after[1] is not turn.run or turn.failures:  # whatever was wrong may be mended
                self._replace(turn, *after)
        self._apply_pauses()
        there = {turn.query.name for turn in self.turns}
        now = self._now()
        for index, name in enumerate(name for name in runs if name not in there):
            query, run = runs[name]
            self.turns.append(Turn(query, run, schedule.first_run(query, index, now)))
            self._keeper.added(self.turns[-1])

    def _replace(self, turn: Turn, query: QuerySettings, run: Run) -> None:
        """Run it with these settings, a query that failed or was halted at once."""
        now = self._now()
        turn.query, turn.run, turn.after, turn.halted = query, run, None, False
        turn.due = now if turn.failures else schedule.first_run(query, 0, now)

    def _remove(self, turn: Turn) -> None:
        self.turns.remove(turn)
        self._keeper.removed(turn)

    def _succeeded(self, turn: Turn, outcome: RunOutcome) -> None:
        report = outcome.report
        self._observer.emit(
            Event.QUERY_FINISHED,
            query=report.query,
            read=report.read,
            known=report.known,
            uploaded=report.uploaded,
            uploads=report.uploads,
            rejected=report.rejected,
            waiting=report.waiting,
            seconds=round((outcome.finished - outcome.started).total_seconds(), 3),
        )
        if turn.failures:
            self._observer.emit(Event.QUERY_RECOVERED, query=report.query, failures=turn.failures)
        turn.failures = 0
        turn.done = self._once
        now = self._now()
        turn.due = schedule.next_run(turn.query, turn.due, now)

    def _failed(self, turn: Turn, error: SyncdError, read: int) -> None:
        turn.failures += 1
        about = {
            "query": turn.query.name,
            "code": error.code,
            "error": str(error),
            "action": error.action,
            "read": read,
        }
        if error.needs_person:
            turn.halted, turn.done = True, self._once
            self._observer.emit(Event.QUERY_HALTED, **about)
            return
        now = self._now()
        if self._once and schedule.is_final_once(error, turn.failures, now):
            turn.done = True
            self._observer.emit(Event.QUERY_FAILED, **about, attempt=turn.failures, retry_in=None)
            return
        turn.due = schedule.retry_at(error, turn.failures, now, self._random)
        retry_in = round((turn.due - now).total_seconds(), 1)
        self._observer.emit(Event.QUERY_FAILED, **about, attempt=turn.failures, retry_in=retry_in)

    def wind_down(self) -> None:
        """Let the runs going on end by themselves: they stop after their chunk, or are left to recovery."""
        deadline = self._clock.seconds() + STOP_DEADLINE.total_seconds()
        while self.running() and (left := deadline - self._clock.seconds()) > 0:
            self._take(min(left, TICK.total_seconds()))
