"""Follows what people ask of queries: pauses, their ends, and runs before their time.

A thread of its own looks into the state store every two seconds, so that a store that hangs holds nothing up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from threading import Event as Flag
from threading import Thread

from syncd.ledger.control import Control, PauseRow, TriggerRow
from syncd.model.clock import Clock
from syncd.model.errors import LeaseLost, StateError
from syncd.model.events import Event, Observer
from syncd.model.showing import json_moment
from syncd.service.daemon import Daemon

LOOK_SECONDS = 2.0
"""Between two looks: a wish is followed well within five seconds."""


class ControlWatch:
    """Tells the daemon which queries rest, and which are to run now.

    Args:
        control: What people ask for.
        daemon: Who follows it.
        rest: Has the runs of these queries stop after their chunk, and those of all others go on.
        held: The queries that this daemon may run; others are other daemons' to run.
        clock: The time.
        observer: Is told what was asked for, and by whom.
    """

    def __init__(
        self,
        control: Control,
        daemon: Daemon,
        rest: Callable[[Collection[str]], None],
        held: Callable[[], Collection[str]],
        clock: Clock,
        observer: Observer,
    ) -> None:
        self._control = control
        self._daemon = daemon
        self._rest = rest
        self._held = held
        self._clock = clock
        self._observer = observer
        self._pauses: dict[str, PauseRow] = {}
        """Those in force at the last look."""
        self._wanted: dict[str, tuple[TriggerRow, datetime]] = {}
        """The triggers that the daemon was told of, and when; each stays stored until a run has ended."""
        self._closing = Flag()
        self._thread = Thread(target=self._work, name="control", daemon=True)

    def start(self) -> None:
        """Look once, so that no paused query begins, and go on looking. Raises StateError."""
        self._look()
        self._thread.start()

    def close(self) -> None:
        """Look no more; what the last runs have answered is taken out of the store."""
        self._closing.set()
        with suppress(StateError):
            self._take_answered()

    def _work(self) -> None:
        while not self._closing.wait(LOOK_SECONDS):
            try:
                self._look()
            except StateError:
                continue  # whoever keeps the record of runs tells it
            except Exception as error:  # noqa: BLE001 — the next look must find this thread alive
                self._observer.emit(Event.INTERNAL_ERROR, error=error)

    def _look(self) -> None:
        known = {turn.query.name for turn in list(self._daemon.turns)}
        latest, now = self._control.pauses(), self._clock.now()
        in_force = {name: row for name, row in latest.items() if name in known and row.is_in_force(now)}
        self._daemon.pause_only(in_force.keys())
        self._rest(in_force.keys())
        self._tell(in_force, latest, now)
        self._pauses = in_force
        self._take_answered()
        held = self._held()
        for name, trigger in self._control.triggers().items():
            is_told = name in self._wanted and self._wanted[name][0] == trigger
            if name in known and name in held and name not in in_force and not is_told:
                self._wanted[name] = trigger, now
                self._daemon.trigger(name)
                self._observer.emit(Event.QUERY_TRIGGERED, query=name, by=trigger.asked_by)

    def _take_answered(self) -> None:
        """Take the triggers out of the store that a run has answered from its begin to its end.

        A daemon that is killed in between leaves them to the next one; a second run delivers nothing twice.
        """
        ended = {turn.query.name: turn.last for turn in list(self._daemon.turns)}
        for name, (trigger, told_at) in list(self._wanted.items()):
            last = ended.get(name)
            if last is None or last.started < told_at:
                continue
            if not isinstance(last.error, LeaseLost):  # else the daemon that has it now is to run it
                self._control.take_trigger(trigger)
            self._wanted.pop(name, None)

    def _tell(self, in_force: dict[str, PauseRow], latest: dict[str, PauseRow], now: datetime) -> None:
        for name, row in in_force.items():
            if row != self._pauses.get(name):
                until = json_moment(row.until) if row.until else None
                self._observer.emit(Event.QUERY_PAUSED, query=name, by=row.asked_by, until=until)
        for name, before in self._pauses.items():
            if name not in in_force:
                row = latest.get(name, before)
                is_by_hand = row != before and row.since == before.since and not row.is_in_force(now)
                self._observer.emit(Event.QUERY_RESUMED, query=name, by=row.asked_by if is_by_hand else None)
