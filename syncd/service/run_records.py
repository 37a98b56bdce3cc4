"""The records of runs: how each went, and when that is written to the state store.

A poll that found nothing new costs no write of its own: such runs are recorded together, after half a minute
or the interval of a query that runs more often, so that whoever reads the records finds them alive.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from threading import Lock

from syncd.ledger import Store
from syncd.ledger.rows import RunRow
from syncd.model.clock import SystemClock
from syncd.model.errors import StateError
from syncd.service.daemon import RunOutcome, Turn

RECORD_QUIET_RUNS = timedelta(seconds=30)
LONG_RUN = timedelta(seconds=5)
"""A run that goes on for less is recorded when it has ended: else a poll of 60 ms would be found running."""
RECORD_PATIENCE = timedelta(seconds=5)
"""How long the store may take to record runs before it counts as not answering."""

_seconds = SystemClock().seconds


class RunRecords:
    """The records of a daemon's runs, ahead of those in the store. May be used from any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: dict[str, RunRow] = {}
        self._urgent: set[str] = set()
        self._shown_running: set[str] = set()
        """Queries whose record in the store says that a run goes on."""
        self._quiet: set[str] = set()
        self._quiet_due = inf
        """When the quiet runs are recorded."""
        self._asked_at: float | None = None
        """Since when the store has been asked to record runs and has not answered."""
        self._is_refused = False
        self._lock = Lock()

    def load(self, queries: Collection[str]) -> None:
        """Read what the store knows of the runs of these queries, in place of what is known here."""
        known = self._store.runs() if queries else {}
        with self._lock:
            self._rows |= {name: known.get(name, RunRow(name)) for name in queries}

    def load_unknown(self, queries: Collection[str]) -> None:
        """Read what the store knows of those of these queries of which nothing is known here."""
        with self._lock:
            unknown = set(queries) - self._rows.keys()
        self.load(unknown)

    def rows(self, queries: Collection[str] | None = None) -> dict[str, RunRow]:
        """Give the records as this process knows them: of these queries, or of all."""
        with self._lock:
            return {name: row for name, row in self._rows.items() if queries is None or name in queries}

    @property
    def is_troubled(self) -> bool:
        """The store takes no record of runs: it refused, as a full one does, or it does not answer."""
        since = self._asked_at
        hangs = since is not None and _seconds() - since > RECORD_PATIENCE.total_seconds()
        return self._is_refused or hangs

    def note_start(self, turn: Turn, now: datetime) -> None:
        """Note that a run began; recorded with the others, so that a long run shows as running."""
        name = turn.query.name
        with self._lock:
            self._rows[name] = replace(self._rows[name], started_at=now)
            self._keep_quiet(turn)

    def note_end(self, turn: Turn, outcome: RunOutcome) -> bool:
        """Note how a run went; tells whether it is recorded at once, since something moved or changed."""
        name = turn.query.name
        with self._lock:
            before = self._rows[name]
            after = self._rows[name] = run_row(before, turn, outcome)
            is_urgent = is_news(before, after) or name in self._shown_running
            if is_urgent:
                self._urgent.add(name)
            else:
                self._keep_quiet(turn)
        return is_urgent

    def write(self, *, everything: bool = False) -> None:
        """Write what is due to the store, or all that it does not have. Raises StateError."""
        with self._lock:
            if everything or _seconds() >= self._quiet_due:
                self._urgent |= self._quiet
                self._quiet.clear()
                self._quiet_due = inf
            names, self._urgent = self._urgent, set()
            running = {name for name in names if is_running(self._rows[name])}
            short = {name for name in running if _age(self._rows[name].started_at) < LONG_RUN}
            self._keep(short)
            names -= short
            rows = [self._rows[name] for name in names]
        if not rows:
            return
        self._asked_at = _seconds()
        try:
            self._store.save_runs(rows)
        except StateError:
            self._is_refused = True
            with self._lock:
                self._urgent |= names
            raise
        finally:
            self._asked_at = None
        self._is_refused = False
        self._shown_running = (self._shown_running - names) | (running & names)

    def hand_over(self, queries: Collection[str]) -> None:
        """Write what the store does not have of these queries, which are others' now. Raises StateError."""
        with self._lock:
            rows = [self._rows[name] for name in queries if name in self._urgent | self._quiet]
        self.drop(queries)
        if rows:
            self._store.save_runs(rows)

    def drop(self, queries: Collection[str]) -> None:
        """Write nothing more of these queries: their records are others' to keep."""
        with self._lock:
            self._urgent.difference_update(queries)
            self._quiet.difference_update(queries)

    def seconds_left(self) -> float:
        """Seconds until the quiet runs are due."""
        with self._lock:
            return self._quiet_due - _seconds()

    def _keep_quiet(self, turn: Turn) -> None:
        """Record this run with the others."""
        interval = turn.query.longest_pause or turn.query.every
        self._keep({turn.query.name}, min(interval, RECORD_QUIET_RUNS))

    def _keep(self, names: Collection[str], for_at_most: timedelta = LONG_RUN) -> None:
        """Record these queries within so long."""
        if names:
            self._quiet.update(names)
            self._quiet_due = min(self._quiet_due, _seconds() + for_at_most.total_seconds())


def _age(moment: datetime | None) -> timedelta:
    return datetime.now(UTC) - moment if moment else timedelta.max


def run_row(before: RunRow, turn: Turn, outcome: RunOutcome) -> RunRow:
    """The record after a run."""
    report, error = outcome.report, outcome.error
    newest = datetime.fromtimestamp(report.newest, UTC) if report.newest else None
    return RunRow(
        query=before.query,
        started_at=outcome.started,
        finished_at=outcome.finished,
        ok_at=before.ok_at if error else outcome.finished,
        failures=turn.failures,
        error_code=error.code if error else "",
        error=str(error) if error else "",
        action=error.action if error else "",
        halted=turn.halted,
        read=report.read,
        known=report.known,
        uploaded=report.uploaded,
        uploads=report.uploads,
        rejected=report.rejected,
        waiting=report.waiting,
        newest_at=max(filter(None, (before.newest_at, newest)), default=None),
    )


def is_running(row: RunRow) -> bool:
    """Whether the record says that a run goes on."""
    started, finished = row.started_at, row.finished_at
    return started is not None and (finished is None or finished < started)


def is_news(before: RunRow, after: RunRow) -> bool:
    """Whether a run is recorded at once: something moved, or went from good to bad or back."""
    moved = after.uploads or after.rejected or after.waiting
    changed = (before.failures, before.error, before.halted) != (after.failures, after.error, after.halted)
    return bool(moved) or changed or before.finished_at is None
