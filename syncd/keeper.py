"""What surrounds the runs: who may run which query, and the record of how the runs went.

All of it is done in a thread of its own, so that a state store that hangs never holds up the loop. A poll
that found nothing new costs no write: such runs are recorded together, every half minute.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event as Flag
from threading import Lock, Thread
from uuid import uuid4

from syncd.daemon import Outcome, Turn
from syncd.errors import LeaseLost, StateError
from syncd.events import Event
from syncd.ledger import Lease, Leases, Store
from syncd.ledger.rows import RunRow
from syncd.ports import Observer

LEASE = timedelta(seconds=20)
"""A query whose daemon died is taken over after this and a BEAT: well within 30 s (product.md 7)."""
BEAT = timedelta(seconds=4)
RECORD_QUIET_RUNS = timedelta(seconds=30)


class Bookkeeper:
    """Implements daemon.Keeper over the state store."""

    def __init__(self, store: Store, observer: Observer, queries: Sequence[str], *, shared: bool) -> None:
        """`shared`: other daemons may work on the same store, so queries need leases."""
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._store = store
        self._observer = observer
        self._queries = list(queries)
        self._leases = Leases(store) if shared else None
        self._held: dict[str, Lease] = {}
        self._held_until = 0.0
        self._rows: dict[str, RunRow] = {}
        self._urgent: set[str] = set()
        self._quiet: set[str] = set()
        self._quiet_since = time.monotonic()
        self._lock = Lock()
        self._wake = Flag()
        self._closing = False
        self._thread = Thread(target=self._work, name="bookkeeper", daemon=True)

    def start(self) -> None:
        """Read the record of earlier runs, take leases, and begin. Raises StateError."""
        known = self._store.runs()
        self._rows = {name: known.get(name, RunRow(name)) for name in self._queries}
        self._beat()
        self._thread.start()

    def close(self) -> None:
        """Record what is left and release the leases, if the store lets us within a few seconds."""
        self._closing = True
        self._wake.set()
        self._thread.join(timeout=3)

    def lease(self, query: str) -> Lease | None:
        """The right to write for this query; None where nobody else can."""
        return self._held.get(query)

    def check(self, query: str) -> None:
        """Raise LeaseLost when the lease may have run out, as after the process was paused."""
        if self._leases is not None and (query not in self._held or time.monotonic() > self._held_until):
            raise LeaseLost(f"the lease of {query} has run out")

    # --- daemon.Keeper ---

    def mine(self, turn: Turn) -> bool:
        """Whether this daemon may run the query now."""
        if self._leases is None:
            return True
        return turn.query.name in self._held and time.monotonic() < self._held_until

    def finished(self, turn: Turn, outcome: Outcome) -> None:
        """Note how a run went; recorded at once when something moved or changed, else with the others."""
        name = turn.query.name
        with self._lock:
            before = self._rows[name]
            after = self._rows[name] = _run_row(before, turn, outcome)
            if _is_news(before, after):
                self._urgent.add(name)
                self._wake.set()
            else:
                self._quiet.add(name)

    def started(self, turn: Turn, now: datetime) -> None:
        """Note that a run began; recorded with the others, so that a long run shows as running."""
        with self._lock:
            self._rows[turn.query.name] = replace(self._rows[turn.query.name], started_at=now)
            self._quiet.add(turn.query.name)

    def rows(self) -> Mapping[str, RunRow]:
        """The record as this process knows it."""
        with self._lock:
            return dict(self._rows)

    # --- the thread ---

    def _work(self) -> None:
        while not self._closing:
            self._wake.wait(BEAT.total_seconds())
            self._wake.clear()
            self._try(self._beat)
            self._try(self._record)
        with self._lock:
            self._urgent |= self._quiet
        self._try(self._record)
        if self._leases is not None:
            self._try(lambda: self._leases.release(self.owner) if self._leases else None)

    def _try(self, step: Callable[[], None]) -> None:
        """A state store that fails is told once by the runs that need it; here it is tried again."""
        try:
            step()
        except StateError as error:
            self._observer.emit(Event.STATE_TROUBLE, error=str(error))

    def _beat(self) -> None:
        """Renew the leases held, take those that are free."""
        if self._leases is None:
            return
        started = time.monotonic()
        lost = self._leases.renew(
            self.owner, {name: lease.epoch for name, lease in self._held.items()}, LEASE
        )
        for name in lost:
            del self._held[name]
            self._observer.emit(Event.LEASE_LOST, query=name)
        self._held_until = started + LEASE.total_seconds()
        for name, epoch in self._leases.acquire(self._missing(), self.owner, LEASE).items():
            self._held[name] = Lease(name, self.owner, epoch)
            self._observer.emit(Event.LEASE_TAKEN, query=name, epoch=epoch)

    def _missing(self) -> list[str]:
        return [name for name in self._queries if name not in self._held]

    def _record(self) -> None:
        with self._lock:
            if time.monotonic() - self._quiet_since > RECORD_QUIET_RUNS.total_seconds():
                self._urgent |= self._quiet
                self._quiet.clear()
                self._quiet_since = time.monotonic()
            names, self._urgent = self._urgent, set()
            rows = [self._rows[name] for name in names]
        if not rows:
            return
        try:
            self._store.save_runs(rows)
        except StateError:
            with self._lock:
                self._urgent |= names
            raise


def _run_row(before: RunRow, turn: Turn, outcome: Outcome) -> RunRow:
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


def _is_news(before: RunRow, after: RunRow) -> bool:
    """Whether a run is recorded at once: something moved, or went from good to bad or back."""
    moved = after.uploads or after.rejected or after.waiting
    changed = (before.failures, before.error, before.halted) != (after.failures, after.error, after.halted)
    return bool(moved) or changed or before.finished_at is None
