"""What surrounds the runs: who may run which query, and the record of how the runs went.

All of it is done in a thread of its own, so that a state store that hangs never holds up the loop. A poll
that found nothing new costs no write of its own: such runs are recorded together, after half a minute or the
interval of a query that runs more often, so that whoever reads the record finds it alive.

On a shared store each beat of that thread renews the leases, looks who else is there, and gives away or takes
queries until all daemons have an even share (`ledger.sharing`). A query with a run going on is never given
away. Should the beats fail, the leases run out here no later than they do in the store.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from threading import Event as Flag
from threading import Lock, Thread
from uuid import uuid4

from syncd.ledger import Lease, Leases, Store
from syncd.ledger.fleet.sharing import Shares, plan
from syncd.ledger.prune import KEPT, Pruner
from syncd.ledger.rows import RunRow
from syncd.model.clock import SystemClock
from syncd.model.errors import HeldElsewhere, LeaseLost, StateError
from syncd.model.events import Event, Observer
from syncd.service.daemon import RunOutcome, Turn
from syncd.service.run_records import is_news, is_running, run_row
from syncd.service.systemd import SystemdWatchdog

LEASE = timedelta(seconds=12)
BEAT = timedelta(seconds=2)
"""A query whose daemon died is taken over after LEASE, a BEAT and, where the one whose turn it was has died
as well, sharing.ORPHANED: well within 30 s."""
DEAD = timedelta(days=1)
"""Daemons that died so long ago are forgotten."""
RECORD_QUIET_RUNS = timedelta(seconds=30)
TIDY = timedelta(minutes=10)
"""How often it is looked whether something in the store is old."""
LONG_RUN = timedelta(seconds=5)
"""A run that goes on for less is recorded when it has ended: else a poll of 60 ms would be found running."""
RECORD_PATIENCE = timedelta(seconds=5)
"""How long the store may take to record runs before it counts as not answering."""
TELL_AGAIN = timedelta(seconds=30)
"""How often trouble with the store is told while it lasts."""

_seconds = SystemClock().seconds


def _age(moment: datetime | None) -> timedelta:
    return datetime.now(UTC) - moment if moment else timedelta.max


class Bookkeeper:
    """Implements daemon.Surroundings over the state store."""

    def __init__(
        self,
        store: Store,
        observer: Observer,
        queries: Sequence[str],
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
            stays: It takes its share of the queries from the others. One that does not (`run --once`) only
                takes what is free.
            keep_reject_values: How long the values of rejected rows stay in the store.
        """
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._store = store
        self._observer = observer
        self._wanted = set(queries)
        self._leases = Leases(store) if shared else None
        self._stays = stays
        self._held: dict[str, Lease] = {}
        self._held_until = 0.0
        self._busy: set[str] = set()
        """Queries with a run going on or, after a halt, with a state that this process alone knows."""
        self._elsewhere: dict[str, str] = {}
        self._missed: dict[str, float] = {}
        """Since when a query that should run does not, because another daemon holds it."""
        self._rows: dict[str, RunRow] = {}
        self._urgent: set[str] = set()
        self._shown_running: set[str] = set()
        """Queries whose record says that a run goes on."""
        self._quiet: set[str] = set()
        self._quiet_due = inf
        """When the quiet runs are recorded."""
        self._recording: float | None = None
        """Since when the store has been asked to record runs and has not answered."""
        self._unrecorded = False
        self._told: float | None = None
        self._went_on = time.monotonic()
        self._watchdog = SystemdWatchdog(lambda: self._went_on)
        self._pruner = Pruner(store, keep_reject_values)
        self._tidy_due = 0.0
        self._lock = Lock()
        self._wake = Flag()
        self._closing = False
        self._thread = Thread(target=self._work, name="bookkeeper", daemon=True)

    def start(self) -> None:
        """Read the record of earlier runs, take leases, and begin. Raises StateError."""
        known = self._store.runs()
        self._rows = {name: known.get(name, RunRow(name)) for name in sorted(self._wanted)}
        if self._leases is not None:
            self._leases.forget_dead(DEAD)
        self._beat()
        self._thread.start()

    def close(self) -> None:
        """Record what is left and release the leases, if the store lets us within a few seconds."""
        self._closing = True
        self._wake.set()
        self._thread.join(timeout=3)

    def lease(self, query: str) -> Lease | None:
        """The right to write for this query; None where nobody else can. Raises LeaseLost."""
        if self._leases is None:
            return None
        with self._lock:
            if not self._holds(query):
                raise LeaseLost(f"the lease of {query} has run out")
            return self._held[query]

    def check(self, query: str, lease: Lease | None) -> None:
        """Raise LeaseLost when the lease may have run out, as after the process was paused."""
        # A run begun under an earlier lease is over, also where this very process has the query again.
        if self.lease(query) != lease:
            raise LeaseLost(f"the lease of {query} had run out meanwhile")

    # --- daemon.Surroundings ---

    def mine(self, turn: Turn) -> bool:
        """Whether this daemon may run the query now; if so it is not given away until `finished`."""
        if self._leases is None:
            return True
        name = turn.query.name
        with self._lock:
            if not self._holds(name):
                return False
            self._busy.add(name)
            self._missed.pop(name, None)
            return True

    def elsewhere(self, turn: Turn) -> HeldElsewhere | None:
        """What to say of a query that is due and not ours, once that has lasted longer than a dead lease."""
        name = turn.query.name
        with self._lock:
            since = self._missed.setdefault(name, _seconds())
            holder = self._elsewhere.get(name)
        if _seconds() - since < (LEASE + 3 * BEAT).total_seconds():
            return None
        who = f"another syncd ({holder})" if holder else "another syncd"
        return HeldElsewhere(f"{who} runs the query {name} on the same state store; skipped")

    def started(self, turn: Turn, now: datetime) -> None:
        """Note that a run began; recorded with the others, so that a long run shows as running."""
        with self._lock:
            self._rows[turn.query.name] = replace(self._rows[turn.query.name], started_at=now)
            self._keep_quiet(turn)

    def finished(self, turn: Turn, outcome: RunOutcome) -> None:
        """Note how a run went; recorded at once when something moved or changed, else with the others."""
        name = turn.query.name
        with self._lock:
            if not turn.halted:
                self._busy.discard(name)
            if turn.done:
                self._wanted.discard(name)
                self._wake.set()
            if self._leases is not None and name not in self._held:
                return  # its record is now another daemon's to keep
            before = self._rows[name]
            after = self._rows[name] = run_row(before, turn, outcome)
            if is_news(before, after) or name in self._shown_running:
                self._urgent.add(name)
                self._wake.set()
            else:
                self._keep_quiet(turn)

    def turned(self, status: Callable[[], str]) -> None:
        """The loop goes on; so the service manager is told as long as the thread here does too."""
        self._watchdog.turned(status)

    def know(self, queries: AbstractSet[str]) -> None:
        """Get ready for queries that a reload brings: read the record of their earlier runs.

        Raises StateError.
        """
        with self._lock:
            unknown = queries - self._rows.keys()
        if not unknown:
            return
        known = self._store.runs()
        with self._lock:
            for name in unknown:
                self._rows[name] = known.get(name, RunRow(name))

    def added(self, turn: Turn) -> None:
        """Have this query from now on; `know` came before."""
        with self._lock:
            self._wanted.add(turn.query.name)
        self._wake.set()

    def removed(self, turn: Turn) -> None:
        """Let others have this query, which no longer runs here."""
        with self._lock:
            self._wanted.discard(turn.query.name)
            self._busy.discard(turn.query.name)
            self._missed.pop(turn.query.name, None)
        self._wake.set()

    def rows(self) -> Mapping[str, RunRow]:
        """The record as this process knows it; of queries that others run, the store knows better."""
        with self._lock:
            return {
                name: row for name, row in self._rows.items() if self._leases is None or name in self._held
            }

    @property
    def troubled(self) -> bool:
        """The store takes no record of runs: it refused, as a full one does, or it does not answer."""
        since = self._recording
        hangs = since is not None and _seconds() - since > RECORD_PATIENCE.total_seconds()
        return self._unrecorded or hangs

    # --- the thread ---

    def _work(self) -> None:
        beaten = _seconds()
        while not self._closing:
            self._wake.wait(self._pause())
            self._wake.clear()
            if _seconds() - beaten >= BEAT.total_seconds() / 2:
                beaten = _seconds()
                self._try(self._beat)
            self._try(self._record)
            self._try(self._tidy)
        self._try(self._leave)

    def _try(self, step: Callable[[], None]) -> None:
        """A state store that fails is told now and then; the runs that need it tell it as well."""
        try:
            step()
        except StateError as error:
            if self._told is None or _seconds() - self._told > TELL_AGAIN.total_seconds():
                self._told = _seconds()
                self._observer.emit(Event.STATE_TROUBLE, error=str(error))
        except Exception as error:  # noqa: BLE001 — without this thread the daemon would stand still for good
            self._observer.emit(Event.INTERNAL_ERROR, error=error)
        self._went_on = time.monotonic()

    def _beat(self) -> None:
        """Renew what is held, see who else is there, give and take."""
        if self._leases is None:
            return
        if self._stays:
            # Before the renewal: whoever dies is gone from the plans no later than its queries come free.
            self._leases.announce(self.owner, self._wanted, LEASE)
        self._renew(self._leases)
        fleet = self._leases.fleet()
        with self._lock:
            self._elsewhere = dict(fleet.held)
            idle = self._held.keys() - self._busy
            unwanted = sorted(idle - self._wanted)
            if self._stays and self.owner in fleet.daemons:
                shares = plan(self.owner, fleet, self._held, idle & self._wanted)
            else:
                shares = Shares(take=sorted(self._wanted - fleet.held.keys()))
            # A run that lost its lease ends by itself; until then the query does not come back here.
            wanted = [name for name in shares.take if name not in self._busy]
        self._give(self._leases, {*shares.give, *unwanted})
        self._take(self._leases, wanted)
        self._told = None

    def _renew(self, leases: Leases) -> None:
        started = _seconds()
        with self._lock:
            epochs = {name: lease.epoch for name, lease in self._held.items()}
        lost = leases.renew(self.owner, epochs, LEASE)
        with self._lock:
            self._forget(lost)
            self._held_until = started + LEASE.total_seconds()
        for name in sorted(lost):
            self._observer.emit(Event.LEASE_LOST, query=name)

    def _give(self, leases: Leases, names: Collection[str]) -> None:
        """Let others have these queries, with all that is known of their runs."""
        with self._lock:
            given = [name for name in names if name in self._held and name not in self._busy]
            rows = [self._rows[name] for name in given if name in self._urgent | self._quiet]
            self._forget(given)
        if rows:
            self._store.save_runs(rows)
        if given:
            # Should this fail, nobody renews them, and they run out.
            leases.release(self.owner, given)
        for name in given:
            self._observer.emit(Event.LEASE_GIVEN, query=name)

    def _take(self, leases: Leases, names: Collection[str]) -> None:
        """Take what is still free of these queries, with what others have recorded of their runs."""
        taken = leases.acquire(names, self.owner, LEASE)
        if not taken:
            return
        known = self._store.runs()
        with self._lock:
            for name, epoch in taken.items():
                self._held[name] = Lease(name, self.owner, epoch)
                self._rows[name] = known.get(name, RunRow(name))
        for name, epoch in taken.items():
            self._observer.emit(Event.LEASE_TAKEN, query=name, epoch=epoch)

    def _leave(self) -> None:
        """Record what is left, and free the idle queries at once.

        One whose run is cut off stays ours until its lease runs out.
        """
        with self._lock:
            self._urgent |= self._quiet
        self._try(self._record)
        if self._leases is not None:
            self._give(self._leases, list(self._held))
            self._leases.withdraw(self.owner)

    def _record(self) -> None:
        with self._lock:
            if _seconds() >= self._quiet_due:
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
        self._recording = _seconds()
        try:
            self._store.save_runs(rows)
        except StateError:
            self._unrecorded = True
            with self._lock:
                self._urgent |= names
            raise
        finally:
            self._recording = None
        self._unrecorded = False
        self._shown_running = (self._shown_running - names) | (running & names)

    def _tidy(self) -> None:
        """Forget what is old: a step a beat while there is some, else a look now and then."""
        if _seconds() >= self._tidy_due:
            more = self._pruner.step(datetime.now(UTC))
            self._tidy_due = _seconds() + (0 if more else TIDY.total_seconds())

    def _pause(self) -> float:
        """Seconds until there is something to do, at most a beat."""
        with self._lock:
            return max(min(BEAT.total_seconds(), self._quiet_due - _seconds()), 0.05)

    def _keep_quiet(self, turn: Turn) -> None:
        """Record this run with the others."""
        interval = turn.query.longest_pause or turn.query.every
        self._keep({turn.query.name}, min(interval, RECORD_QUIET_RUNS))

    def _keep(self, names: Collection[str], for_at_most: timedelta = LONG_RUN) -> None:
        """Record these queries within so long."""
        if names:
            self._quiet.update(names)
            self._quiet_due = min(self._quiet_due, _seconds() + for_at_most.total_seconds())

    def _holds(self, query: str) -> bool:
        return query in self._held and _seconds() < self._held_until

    def _forget(self, names: Collection[str]) -> None:
        """These queries are others' now, and so is the record of their runs."""
        for name in names:
            self._held.pop(name, None)
        self._urgent.difference_update(names)
        self._quiet.difference_update(names)
