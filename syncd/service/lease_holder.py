"""Which queries this daemon may run: the leases it holds on a shared store, and its even share of them.

Each beat renews the leases, looks who else is there, and gives away or takes queries until all daemons have
an even share (`ledger.fleet.sharing`). A query with a run going on is never given away. Should the beats
fail, the leases run out here no later than they do in the store.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Collection
from datetime import timedelta
from threading import Lock
from uuid import uuid4

from syncd.ledger import Lease, Leases
from syncd.ledger.fleet.sharing import Shares, plan
from syncd.model.clock import SystemClock
from syncd.model.errors import HeldElsewhere, LeaseLost
from syncd.model.events import Event, Observer
from syncd.service.run_records import RunRecords

LEASE = timedelta(seconds=12)
BEAT = timedelta(seconds=2)
"""A query whose daemon died is taken over after LEASE, a BEAT and, where the one whose turn it was has died
as well, sharing.ORPHANED: well within 30 s."""
DEAD = timedelta(days=1)
"""Daemons that died so long ago are forgotten."""

_seconds = SystemClock().seconds


class LeaseHolder:
    """Holds the leases of one daemon. Its methods for runs may be called from any thread, `beat` from one."""

    def __init__(
        self,
        leases: Leases,
        records: RunRecords,
        observer: Observer,
        queries: Collection[str],
        *,
        stays: bool,
    ) -> None:
        """Get ready; nothing is asked of the store yet.

        Args:
            leases: The store's.
            records: The records of runs, which go with a query from daemon to daemon.
            observer: Is told of leases.
            queries: The names that this daemon could run.
            stays: It takes its share of the queries from the others. One that does not (`run --once`) only
                takes what is free.
        """
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._leases = leases
        self._records = records
        self._observer = observer
        self._stays = stays
        self._wanted = set(queries)
        self._held: dict[str, Lease] = {}
        self._held_until = 0.0
        self._busy: set[str] = set()
        """Queries with a run going on or, after a halt, with a state that this process alone knows."""
        self._elsewhere: dict[str, str] = {}
        self._missed: dict[str, float] = {}
        """Since when a query that should run does not, because another daemon holds it."""
        self._lock = Lock()

    # --- for the runs ---

    def lease(self, query: str) -> Lease:
        """Give the right to write for this query. Raises LeaseLost."""
        with self._lock:
            if not self._holds(query):
                raise LeaseLost(f"the lease of {query} has run out")
            return self._held[query]

    def begin_run(self, query: str) -> bool:
        """Tell whether this daemon may run the query now; if so it is not given away until `end_run`."""
        with self._lock:
            if not self._holds(query):
                return False
            self._busy.add(query)
            self._missed.pop(query, None)
            return True

    def end_run(self, query: str) -> None:
        """Let the query be given away again."""
        with self._lock:
            self._busy.discard(query)

    def why_not(self, query: str) -> HeldElsewhere | None:
        """Say who has a query that is due and not ours, once that has lasted longer than a dead lease."""
        with self._lock:
            since = self._missed.setdefault(query, _seconds())
            holder = self._elsewhere.get(query)
        if _seconds() - since < (LEASE + 3 * BEAT).total_seconds():
            return None
        who = f"another syncd ({holder})" if holder else "another syncd"
        return HeldElsewhere(f"{who} runs the query {query} on the same state store; skipped")

    def held(self) -> frozenset[str]:
        """Name the queries that this daemon holds, also by a lease that may have run out."""
        with self._lock:
            return frozenset(self._held)

    def want(self, query: str) -> None:
        """Have this query from now on."""
        with self._lock:
            self._wanted.add(query)

    def unwant(self, query: str) -> None:
        """Let others have this query, which no longer runs here."""
        with self._lock:
            self._wanted.discard(query)
            self._missed.pop(query, None)

    # --- for the thread that beats ---

    def start(self) -> None:
        """Forget the dead, and take what there is to be taken. Raises StateError."""
        self._leases.forget_dead(DEAD)
        self.beat()

    def beat(self) -> None:
        """Renew what is held, see who else is there, give and take. Raises StateError."""
        if self._stays:
            # Before the renewal: whoever dies is gone from the plans no later than its queries come free.
            self._leases.announce(self.owner, self._wanted, LEASE)
        self._renew()
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
        self._give({*shares.give, *unwanted})
        self._take(wanted)

    def leave(self) -> None:
        """Free the idle queries at once. Raises StateError.

        One whose run is cut off stays ours until its lease runs out.
        """
        self._give(self.held())
        self._leases.withdraw(self.owner)

    def _renew(self) -> None:
        started = _seconds()
        with self._lock:
            epochs = {name: lease.epoch for name, lease in self._held.items()}
        lost = self._leases.renew(self.owner, epochs, LEASE)
        with self._lock:
            for name in lost:
                self._held.pop(name, None)
            self._held_until = started + LEASE.total_seconds()
        self._records.drop(lost)
        for name in sorted(lost):
            self._observer.emit(Event.LEASE_LOST, query=name)

    def _give(self, names: Collection[str]) -> None:
        """Let others have these queries, with all that is known of their runs."""
        with self._lock:
            given = [name for name in names if name in self._held and name not in self._busy]
            for name in given:
                del self._held[name]
        self._records.hand_over(given)
        if given:
            # Should this fail, nobody renews them, and they run out.
            self._leases.release(self.owner, given)
        for name in given:
            self._observer.emit(Event.LEASE_GIVEN, query=name)

    def _take(self, names: Collection[str]) -> None:
        """Take what is still free of these queries, with what others have recorded of their runs."""
        taken = self._leases.acquire(names, self.owner, LEASE)
        if not taken:
            return
        self._records.load(taken)
        with self._lock:
            self._held |= {name: Lease(name, self.owner, epoch) for name, epoch in taken.items()}
        for name, epoch in taken.items():
            self._observer.emit(Event.LEASE_TAKEN, query=name, epoch=epoch)

    def _holds(self, query: str) -> bool:
        return query in self._held and _seconds() < self._held_until
