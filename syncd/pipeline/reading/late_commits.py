"""Rows that are committed late: from where to read again, and whom that waits for. Pure.

A row's mark is taken inside its transaction (`now()`, a sequence) and seen only after the commit. So at any
moment a row can still appear at or below a mark that was read, from every transaction that was open then.

The order in which things are asked is what makes this safe. First the newest mark N there is, then the list
of open transactions, then the rows up to N and no further. A transaction that is not on that list either
ended before, so its rows were seen, or begins after, so its marks will be greater than N. Of those on the
list, rows may still come: once one has ended, it is read again from where it can have begun, which is the
newest mark at the listing before it first appeared. Nobody waits meanwhile; what was delivered is known.
What was read ahead of a listing at which somebody had ended is thrown away: it may lack rows of theirs.

MariaDB lists a transaction only some time after it may have taken a number (`unlisted`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd.model import Mark

PREPARED = "prepared "
"""How the identity of a prepared transaction begins: one that was listed as open before, under another."""
NAMED_AFTER = timedelta(minutes=5)
"""A transaction that has been open for longer is named to people."""


@dataclass(frozen=True, slots=True)
class Place:
    """A mark, and when it was taken: marks are compared by databases only, times by us."""

    turn: int
    mark: Mark | None
    """None: the beginning."""


@dataclass(slots=True)
class _Open:
    place: Place
    """Its rows stand behind this."""
    who: str
    since: datetime
    named: bool = False


class LateCommits:
    """Follows the transactions that may still commit rows behind the mark of one query."""

    def __init__(self, safe: Mark | None, mark: Mark | None) -> None:
        """`safe` and `mark` as they were recorded; what happened in between was not watched."""
        self._open: dict[str, _Open] = {}
        self._newest = Place(0, safe)
        self._unlisted: Place | None = None
        self._again: Place | None = None if safe == mark else self._newest

    @property
    def quiet(self) -> bool:
        """True when no row can be late: nothing is open that was open at the last reading."""
        return not self._open and self._again is None

    @property
    def again(self) -> Place | None:
        """From where to read again, up to the mark; None: there is no need."""
        return self._again

    def unlisted(self, safe: Mark | None, mark: Mark | None) -> None:
        """Before `begin`, where the list has gaps: who was not on it as the last run began is behind `safe`.

        Whether they were listed within that run or are only now.
        """
        self._unlisted = Place(self._newest.turn, safe)
        for one in self._open.values():
            if one.place.turn == self._newest.turn:
                one.place = self._unlisted
        if safe != mark:
            self._read_again(self._unlisted)

    def begin(self, listed: Mapping[str, str], now: datetime, newest: Mark | None) -> None:
        """Take in who is open as a run begins, which reads up to `newest`: what there was just before."""
        self.observe(listed, now)
        self._unlisted = None
        self._newest = Place(self._newest.turn + 1, newest)

    def observe(self, listed: Mapping[str, str], now: datetime) -> None:
        """Take in who is open: the transactions, identity → who it is, in words for a person."""
        before = self._oldest()
        for identity in [identity for identity in self._open if identity not in listed]:
            place = self._open.pop(identity).place
            # Else it began after the newest mark was asked for: all of its rows are still to be read.
            if place.turn < self._newest.turn:
                self._read_again(place)
        for identity, who in listed.items():
            if identity not in self._open:
                place = before if identity.startswith(PREPARED) and before else self._unlisted or self._newest
                self._open[identity] = _Open(place, who, now)

    def was_read_again(self) -> None:
        """All from `again` up to the mark has been read since the last `observe`, and recorded."""
        self._again = None

    def safe(self, mark: Mark | None) -> Mark | None:
        """Behind this no row can appear any more; all up to `mark` has been read and recorded."""
        oldest = self._oldest()
        return oldest.mark if oldest is not None else mark

    def long_open(self, now: datetime) -> list[tuple[str, datetime]]:
        """Who has been open for long, and since when as far as we saw; each is given once."""
        found = [one for one in self._open.values() if now - one.since >= NAMED_AFTER and not one.named]
        for one in found:
            one.named = True
        return [(one.who, one.since) for one in found]

    def waits_for(self, now: datetime) -> str:
        """The transaction that has been open for longest, in words; empty while none has for long."""
        oldest = min(self._open.values(), key=lambda one: one.since, default=None)
        if oldest is None or now - oldest.since < NAMED_AFTER:
            return ""
        return f"{oldest.who}; seen since {oldest.since:%Y-%m-%d %H:%M:%S} UTC"

    def _read_again(self, place: Place) -> None:
        if self._again is None or place.turn < self._again.turn:
            self._again = place

    def _oldest(self) -> Place | None:
        places = [one.place for one in self._open.values()]
        if self._again is not None:
            places.append(self._again)
        return min(places, key=lambda place: place.turn, default=None)
