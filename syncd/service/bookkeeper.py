"""What surrounds the runs: this daemon's leases and the records of its runs, in a thread of their own.

So a state store that hangs never holds up the loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from threading import Event as Flag
from threading import Thread

from syncd.ledger import Lease, Leases, Store
from syncd.ledger.prune import KEPT, Pruner
from syncd.ledger.rows import RunRow
from syncd.model.clock import SystemClock
from syncd.model.errors import HeldElsewhere, LeaseLost, StateError
from syncd.model.events import Event, Observer
from syncd.service import lease_holder
from syncd.service.daemon import RunOutcome, Turn
from syncd.service.lease_holder import LeaseHolder
from syncd.service.run_records import RunRecords
from syncd.service.systemd import SystemdWatchdog

TIDY = timedelta(minutes=10)
"""How often it is looked whether something in the store is old."""
TELL_AGAIN = timedelta(seconds=30)
"""How often trouble with the store is told while it lasts."""

_seconds = SystemClock().seconds


class Bookkeeper:
    """Implements daemon.Surroundings over the state store."""

    def __init__(
        self,
        store: Store,
        observer: Observer,
        queries: Collection[str],
        *,
        shared: bool,
        stays: bool = True,
        keep_reject_values: timedelta = KEPT,
    ) -> None:
        """Get ready; nothing is asked of the store yet.

        Args:
            store: The state store; on a shared one not the runs' own, whose connections may all be in use.
            observer: Is told of leases and trouble.
            queries: The names.
            shared: Other daemons may work on the same store, so queries need leases.
            stays: See `LeaseHolder`.
            keep_reject_values: How long the values of rejected rows stay in the store.
        """
        self._observer = observer
        self._queries = sorted(queries)
        self._records = RunRecords(store)
        self._leases = (
            LeaseHolder(Leases(store), self._records, observer, queries, stays=stays) if shared else None
        )
        self._told_at: float | None = None
        self._went_on = time.monotonic()
        self._watchdog = SystemdWatchdog(lambda: self._went_on)
        self._pruner = Pruner(store, keep_reject_values)
        self._tidy_due = 0.0
        self._wake = Flag()
        self._closing = False
        self._thread = Thread(target=self._work, name="bookkeeper", daemon=True)

    def start(self) -> None:
        """Read the record of earlier runs, take leases, and begin. Raises StateError."""
        self._records.load(self._queries)
        if self._leases is not None:
            self._leases.start()
        self._thread.start()

    def close(self) -> None:
        """Record what is left and release the leases, if the store lets us within a few seconds."""
        self._closing = True
        self._wake.set()
        self._thread.join(timeout=3)

    def lease(self, query: str) -> Lease | None:
        """Give the right to write for this query; None where nobody else can. Raises LeaseLost."""
        return None if self._leases is None else self._leases.lease(query)

    def check(self, query: str, lease: Lease | None) -> None:
        """Raise LeaseLost when the lease may have run out, as after the process was paused."""
        # A run begun under an earlier lease is over, also where this very process has the query again.
        if self.lease(query) != lease:
            raise LeaseLost(f"the lease of {query} had run out meanwhile")

    def rows(self) -> Mapping[str, RunRow]:
        """The record as this process knows it; of queries that others run, the store knows better."""
        return self._records.rows(None if self._leases is None else self._leases.held())

    @property
    def troubled(self) -> bool:
        """The store takes no record of runs."""
        return self._records.is_troubled

    def know(self, queries: AbstractSet[str]) -> None:
        """Get ready for queries that a reload brings: read the record of their earlier runs.

        Raises StateError.
        """
        self._records.load_unknown(queries)

    # --- daemon.Surroundings ---

    def mine(self, turn: Turn) -> bool:
        """Whether this daemon may run the query now; if so it is not given away until `finished`."""
        return self._leases is None or self._leases.begin_run(turn.query.name)

    def elsewhere(self, turn: Turn) -> HeldElsewhere | None:
        """What to say of a query that is due and not ours, once that has lasted longer than a dead lease."""
        return None if self._leases is None else self._leases.why_not(turn.query.name)

    def started(self, turn: Turn, now: datetime) -> None:
        """Note that a run began."""
        self._records.note_start(turn, now)

    def finished(self, turn: Turn, outcome: RunOutcome) -> None:
        """Note how a run went."""
        name = turn.query.name
        # Where the lease was lost meanwhile, the record is another daemon's to keep.
        is_ours = self._leases is None or name in self._leases.held()
        if is_ours and self._records.note_end(turn, outcome):
            self._wake.set()
        if self._leases is not None and not turn.halted:
            self._leases.end_run(name)
        if self._leases is not None and turn.done:
            self._leases.unwant(name)
            self._wake.set()

    def turned(self, status: Callable[[], str]) -> None:
        """The loop goes on; so the service manager is told as long as the thread here does too."""
        self._watchdog.turned(status)

    def added(self, turn: Turn) -> None:
        """Have this query from now on; `know` came before."""
        if self._leases is not None:
            self._leases.want(turn.query.name)
        self._wake.set()

    def removed(self, turn: Turn) -> None:
        """Let others have this query, which no longer runs here."""
        if self._leases is not None:
            self._leases.unwant(turn.query.name)
            self._leases.end_run(turn.query.name)
        self._wake.set()

    # --- the thread ---

    def _work(self) -> None:
        beaten_at = _seconds()
        while not self._closing:
            self._wake.wait(self._pause())
            self._wake.clear()
            if _seconds() - beaten_at >= lease_holder.BEAT.total_seconds() / 2:
                beaten_at = _seconds()
                self._try(self._beat)
            self._try(self._records.write)
            self._try(self._tidy)
        self._try(lambda: self._records.write(everything=True))
        if self._leases is not None:
            self._try(self._leases.leave)

    def _try(self, step: Callable[[], None]) -> None:
        """A state store that fails is told now and then; the runs that need it tell it as well."""
        try:
            step()
        except StateError as error:
            if self._told_at is None or _seconds() - self._told_at > TELL_AGAIN.total_seconds():
                self._told_at = _seconds()
                self._observer.emit(Event.STATE_TROUBLE, error=str(error))
        except Exception as error:  # noqa: BLE001 — without this thread the daemon would stand still for good
            self._observer.emit(Event.INTERNAL_ERROR, error=error)
        self._went_on = time.monotonic()

    def _beat(self) -> None:
        if self._leases is not None:
            self._leases.beat()
            self._told_at = None

    def _tidy(self) -> None:
        """Forget what is old: a step a beat while there is some, else a look now and then."""
        if _seconds() >= self._tidy_due:
            more = self._pruner.step(datetime.now(UTC))
            self._tidy_due = _seconds() + (0 if more else TIDY.total_seconds())

    def _pause(self) -> float:
        """Seconds until there is something to do, at most a beat."""
        return max(min(lease_holder.BEAT.total_seconds(), self._records.seconds_left()), 0.05)
