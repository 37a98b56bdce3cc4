"""Watches the status in a thread of its own and tells people, so that no receiver ever delays a run.

Of several daemons on one store whichever first remembers a message tells it. The message counts as owed until
a receiver has taken it: should this process be killed in between, another look tells it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Event as Flag
from threading import Thread

from syncd.ledger.alerts import AlertMemory
from syncd.ledger.database import StoreDatabase
from syncd.model.alerts import Key, Remembered
from syncd.model.clock import Clock
from syncd.model.errors import StateError
from syncd.model.events import Event, Observer
from syncd.model.settings import AlertSettings
from syncd.monitoring.alerts.decisions import AlertTerms, decide
from syncd.monitoring.alerts.messages import Message, compose
from syncd.monitoring.alerts.receivers import Receiver, open_receivers
from syncd.monitoring.alerts.troubles import AlertKind, Trouble, find_troubles
from syncd.monitoring.status import Finding, FindingCode, StatusReport

LONGEST_LOOK = timedelta(seconds=15)
SHORTEST_LOOK = timedelta(seconds=0.2)
TRY_AGAIN = timedelta(seconds=30)
"""How long after a failure a receiver is tried again."""
STORE: Key = (AlertKind.FAILING, "")
"""The trouble that the state store does not answer."""
GIVE_UP = timedelta(hours=1)
"""A message that a receiver has not taken for so long is old news, and is dropped for it."""


@dataclass(slots=True)
class Letter:
    """A message on its way to one receiver."""

    message: Message
    taken: Callable[[], None]
    since: float


@dataclass(slots=True)
class Postbox:
    """One receiver with the messages it has not taken yet, in a thread of its own."""

    receiver: Receiver
    clock: Clock
    observer: Observer
    stop: Flag
    letters: SimpleQueue[Letter] = field(default_factory=SimpleQueue)
    busy_since: float | None = None
    """By `clock.seconds`: since when it has been at one message."""
    failure: str = ""
    """Why the last try failed; empty: it took everything."""

    def start(self) -> None:
        """Begin to hand over; a daemon thread, so that a receiver that hangs keeps no process alive."""
        Thread(target=self._work, name=f"alerts to {self.receiver.name}", daemon=True).start()

    def trouble(self) -> str:
        """Why messages do not get through; empty while they do."""
        since = self.busy_since
        hanging = since is not None and self.clock.seconds() - since > TRY_AGAIN.total_seconds()
        return self.failure or ("it does not answer" if hanging else "")

    def _work(self) -> None:
        while not self.stop.is_set():
            try:
                letter = self.letters.get(timeout=1)
            except Empty:
                continue
            self._deliver(letter)

    def _deliver(self, letter: Letter) -> None:
        while not self.stop.is_set():
            self.busy_since = self.clock.seconds()
            self.failure = self._send(letter.message)
            now, self.busy_since = self.clock.seconds(), None
            if not self.failure:
                letter.taken()
                self.observer.emit(Event.ALERT_SENT, receiver=self.receiver.name, title=letter.message.title)
                return
            self.observer.emit(Event.ALERT_FAILED, receiver=self.receiver.name, error=self.failure)
            if now - letter.since > GIVE_UP.total_seconds():
                return
            self.stop.wait(TRY_AGAIN.total_seconds())

    def _send(self, message: Message) -> str:
        """Hand over; gives why it failed. What a library did not foresee is a failure like others."""
        try:
            return self.receiver.send(message)
        except Exception as error:  # noqa: BLE001 — without this thread nobody would be told any more
            self.observer.emit(Event.INTERNAL_ERROR, error=error)
            return f"it failed with {type(error).__name__}"


class AlertWatch:
    """Looks at the status from time to time and tells what has changed."""

    def __init__(
        self,
        status: Callable[[], StatusReport],
        memory: AlertMemory,
        receivers: Sequence[Receiver],
        terms: AlertTerms,
        clock: Clock,
        observer: Observer,
    ) -> None:
        self._status = status
        self._memory = memory
        self._terms = terms
        self._store_trouble: Remembered | None = None
        self._clock = clock
        self._stop = Flag()
        self._postboxes = [Postbox(receiver, clock, observer, self._stop) for receiver in receivers]
        self._thread = Thread(target=self._watch, name="alerts", daemon=True)

    def start(self) -> None:
        """Begin to look; where nobody is to be told, there is nothing to look for."""
        if not self._postboxes:
            return
        for postbox in self._postboxes:
            postbox.start()
        self._thread.start()

    def close(self) -> None:
        """End; what nobody has taken yet is told after the next start."""
        self._stop.set()

    def notices(self) -> tuple[Finding, ...]:
        """What the status says of receivers that do not take messages."""
        troubles = ((postbox.receiver.name, postbox.trouble()) for postbox in self._postboxes)
        return tuple(
            Finding(FindingCode.ALERT_FAILED, {"receiver": name, "error": why})
            for name, why in troubles
            if why
        )

    def look(self) -> None:
        """Tell everything there is to tell now, in one message. Raises StateError."""
        now, report = self._clock.now(), self._status()
        troubles = find_troubles(report)
        self._tell_of_store(troubles.pop(STORE, None), now)
        if not report.state_ok:
            return
        told: list[tuple[Key, Remembered]] = []
        items = []
        for step in decide(troubles, self._memory.load(), self._terms, now):
            is_ours = self._memory.swap(step.key, step.before, step.after)
            if is_ours and step.item is not None and step.after is not None:
                items.append(step.item)
                told.append((step.key, step.after))
        if items:
            self._post(compose(items, now), told)

    def _tell_of_store(self, trouble: Trouble | None, now: datetime) -> None:
        """Tell that the store does not answer, which the store itself cannot remember: each daemon does."""
        known = self._store_trouble
        steps = decide({STORE: trouble} if trouble else {}, {STORE: known} if known else {}, self._terms, now)
        for step in steps:
            after = step.after
            # This process hands the message over itself, so it owes it to nobody else.
            self._store_trouble = None if after is None or after.is_over else replace(after, is_owed=False)
            if step.item is not None:
                self._post(compose([step.item], now), [])

    def _post(self, message: Message, told: Sequence[tuple[Key, Remembered]]) -> None:
        is_taken = Flag()

        def settle() -> None:
            if is_taken.is_set():
                return
            is_taken.set()
            for key, known in told:
                self._memory.swap(key, known, None if known.is_over else replace(known, is_owed=False))

        for postbox in self._postboxes:
            postbox.letters.put(Letter(message, settle, self._clock.seconds()))

    def _watch(self) -> None:
        pause = min(max(self._terms.after / 4, SHORTEST_LOOK), LONGEST_LOOK)
        while not self._stop.wait(pause.total_seconds()):
            try:
                self.look()
            except StateError:
                continue  # the status says so, and the next look tells what is owed


def alert_watch(
    status: Callable[[], StatusReport],
    settings: AlertSettings,
    database: StoreDatabase,
    clock: Clock,
    observer: Observer,
) -> AlertWatch:
    """Make the watch that the configuration asks for. Raises AlertsUnusable."""
    terms = AlertTerms(settings.on, settings.after, settings.remind)
    return AlertWatch(status, AlertMemory(database), open_receivers(settings), terms, clock, observer)
