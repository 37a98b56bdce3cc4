"""The requests a login may still make today: counted before each one, across restarts and daemons.

They are set aside in the state store a few at a time, so that a request costs no write of its own and a poll
that sends nothing none at all; a process that is killed loses those few.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Protocol

from syncd.language import _
from syncd.metrica.classify import UNTIL_MIDNIGHT
from syncd.model import quota
from syncd.model.clock import Clock
from syncd.model.errors import NotReceived, StateError
from syncd.model.events import Event, Observer


class RequestCounter(Protocol):
    """Where the requests of a day are counted, for all who share them. Every method raises StateError."""

    def set_aside(self, login: str, day: date, requests: int, limit: int) -> tuple[int, int]:
        """Set aside up to so many of the day's `limit`: how many there were, and what is now spent in all."""
        ...

    def give_back(self, login: str, day: date, requests: int) -> None:
        """Give back what was set aside and not spent."""
        ...

    def refused(self, login: str, day: date, counter: int | None) -> None:
        """Metrica said that the day is spent: of a counter, or (None) of the whole login."""
        ...

    def refusals(self, day: date) -> frozenset[tuple[str, int | None]]:
        """What `refused` told of that day and nobody has taken back, as login and counter."""
        ...

    def take_back(self, login: str, counter: int | None) -> None:
        """Metrica is asked again in spite of what it said."""
        ...


_MOMENT = timedelta(microseconds=1)
SET_ASIDE = 25
"""Requests at a time; fewer where there are few."""


class OwnRequestCounter:
    """For a process that shares with nobody and leaves nothing behind, such as `syncd check`."""

    def __init__(self) -> None:
        self._spent: dict[tuple[str, date], int] = {}

    def set_aside(self, login: str, day: date, requests: int, limit: int) -> tuple[int, int]:
        """Set aside up to so many of the day's `limit`: how many there were, and what is now spent in all."""
        spent = self._spent.get((login, day), 0)
        got = max(0, min(requests, limit - spent))
        self._spent[login, day] = spent + got
        return got, spent + got

    def give_back(self, login: str, day: date, requests: int) -> None:
        """Give back what was not spent, so that another budget of this process may spend it."""
        self._spent[login, day] = self._spent.get((login, day), 0) - requests

    def refused(self, login: str, day: date, counter: int | None) -> None:
        """Nobody else looks here, and the budget itself remembers."""

    def refusals(self, day: date) -> frozenset[tuple[str, int | None]]:  # noqa: ARG002 — the protocol's
        """None: nothing is left behind."""
        return frozenset()

    def take_back(self, login: str, counter: int | None) -> None:
        """There is nothing to take back."""


@dataclass(frozen=True, slots=True)
class BudgetTerms:
    """The login whose requests a budget spends, and how many there are."""

    login: str
    limit: int
    """`metrica.daily_requests`."""
    queries: int
    """How many queries share them."""


class Budget:
    """Implements ports.Allowance for one login. Thread-safe."""

    def __init__(
        self, terms: BudgetTerms, requests: RequestCounter, clock: Clock, observer: Observer
    ) -> None:
        self._terms = terms
        self._requests = requests
        self._clock = clock
        self._observer = observer
        self._lock = Lock()
        self._day: date | None = None
        self._own = 0
        """Set aside and not spent yet."""
        self._asked = 0
        """Requests of this process that asked what became of uploads."""
        self._spent = 0
        """Requests spent or set aside today by every process, as last read from the store."""
        self._closed: dict[int | None, tuple[datetime, str]] = {}
        """Until when Metrica takes nothing, by counter; None: nothing of the login at all."""
        self._told: tuple[date, Event] | None = None
        self._inherited: frozenset[tuple[str, int | None]] = frozenset()
        """What Metrica said to processes before this one, which asks once more."""

    def change_terms(self, terms: BudgetTerms) -> None:
        """Spend by other terms from now on, as after a reload."""
        self._terms = terms

    def take(self, counter: int) -> int:
        """Count the request about to be made; returns how many are left after it.

        Raises:
            NotReceived: there is none; not before the quota begins anew.
            StateError: the store does not tell.
        """
        now = self._clock.now()
        with self._lock:
            self._begin_day(now.date())
            for place in (None, counter):
                until, why = self._closed.get(place, (now, ""))
                if until > now:
                    raise NotReceived(why, retry_at=until, error_type="quota_requests_by_uid")
            for said in self._inherited & {(self._terms.login, None), (self._terms.login, counter)}:
                self._requests.take_back(*said)
                self._inherited -= {said}
            if self._own == 0:
                self._set_aside()
            if self._own == 0:
                raise self._all_spent(now)
            self._own -= 1
            left = self._left()
        if quota.is_short(left, self._terms.limit, now):
            self._tell(Event.QUOTA_SHORT, now, left=left, limit=self._terms.limit)
        return left

    def refused(self, counter: int, error: NotReceived) -> None:
        """Metrica said that a daily quota is spent, which other programs of the login may have done."""
        if error.error_type not in UNTIL_MIDNIGHT or error.retry_at is None:
            return
        place = counter if error.error_type == "quota_requests_by_counter_id" else None
        now = self._clock.now()
        with self._lock, suppress(StateError):  # what was refused is told all the same
            self._closed[place] = (error.retry_at, str(error))
            # By the moment it is over, so that a day that begins meanwhile is not taken for spent.
            self._requests.refused(self._terms.login, (error.retry_at - _MOMENT).date(), place)
        self._tell(Event.QUOTA_SPENT, now, until=error.retry_at.isoformat(), error=str(error))

    def left(self) -> int:
        """How many requests are left today, as far as known. Raises StateError."""
        now = self._clock.now()
        with self._lock:
            self._begin_day(now.date())
            until, _ = self._closed.get(None, (now, ""))
            return 0 if until > now else self._left()

    def shown(self) -> int:
        """How many are left as far as this process knows; asks nobody."""
        now = self._clock.now()
        with self._lock:
            until, _ = self._closed.get(None, (now, ""))
            if until > now:
                return 0
            return self._left() if self._day == now.date() else self._terms.limit

    def may_ask(self) -> bool:
        """For asking what became of uploads. Raises StateError."""
        now, limit = self._clock.now(), self._terms.limit
        return quota.may_ask(self.left(), limit, now) and self._asked < quota.asking_share(limit, now)

    def note_asked(self) -> None:
        """Count a request that asks what became of uploads."""
        with self._lock:
            self._asked += 1

    def may_repeat(self) -> bool:
        """For sending rows again. Raises StateError."""
        return quota.may_repeat(self.left(), self._terms.limit, self._clock.now())

    def spacing(self) -> timedelta:
        """How far apart a query's uploads should be; zero while there is plenty. Raises StateError."""
        return quota.spacing(self.left(), self._terms.limit, self._clock.now(), self._terms.queries)

    def close(self) -> None:
        """Give back what was set aside and not spent."""
        with self._lock, suppress(StateError):
            if self._day is not None and self._own:
                self._requests.give_back(self._terms.login, self._day, self._own)
            self._own = 0

    def _begin_day(self, today: date) -> None:
        if self._day is None or today != self._day:
            self._inherited = self._requests.refusals(today) if self._day is None else frozenset()
            self._day, self._own, self._asked = today, 0, 0
            self._set_aside()

    def _set_aside(self) -> None:
        limit = self._terms.limit
        size = max(1, min(SET_ASIDE, limit // 100))
        day = self._day or self._clock.now().date()
        got, self._spent = self._requests.set_aside(self._terms.login, day, size, limit)
        self._own += got

    def _left(self) -> int:
        return max(0, self._terms.limit - self._spent) + self._own

    def _all_spent(self, now: datetime) -> NotReceived:
        until = quota.next_midnight(now)
        why = _(
            "the {limit} requests a day that metrica.daily_requests allows are spent; the next "
            "day begins at 00:00 GMT"
        ).format(limit=self._terms.limit)
        self._tell(Event.QUOTA_SPENT, now, until=until.isoformat(), error=why)
        return NotReceived(why, retry_at=until, error_type="quota_requests_by_uid")

    def _tell(self, event: Event, now: datetime, **fields: object) -> None:
        """Once a day each; what is spent is not short any more."""
        if self._told not in ((now.date(), event), (now.date(), Event.QUOTA_SPENT)):
            self._told = (now.date(), event)
            self._observer.emit(event, login=self._terms.login, **fields)
