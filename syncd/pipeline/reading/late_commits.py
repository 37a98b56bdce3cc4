"""Rows that are committed late: from where to read again, when, and whom that waits for. Pure.

A row's mark is taken inside its transaction (`now()`, a sequence) and seen only after the commit. So at any
moment a row can still appear at or below a mark that was read, from every transaction that was open then.

The order in which things are asked is what makes this safe. First the newest mark N there is, then the list
of open transactions, then the rows up to N and no further. A transaction that is not on that list either
ended before, so its rows were seen, or begins after, so its marks will be greater than N. Of those on the
list, rows may still come: once one has ended, it is read again from where it can have begun, which is the
newest mark at the listing before it first appeared. Nobody waits meanwhile; what was delivered is known.
What was read ahead of a listing at which somebody had ended is thrown away: it may lack rows of theirs.

MariaDB lists a transaction only some time after it may have taken a number (`unlisted`). PostgreSQL takes
`now()` from the message that a client sends; with several transactions in one message, the later ones begin
long after the time that their rows bear (`MESSAGE_LASTS`).

An example, with rows 10 to 12 and a mark of numbers:

    the newest mark is 10                      open: nobody        rows up to 10 are read
    A takes 11, B takes 12 and commits         open: A             rows up to 12 are read, A is seen behind 10
    A commits                                  open: nobody        from 10 to 12 is read again, 11 is found
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd.model import Mark
from syncd.model.marks import grain

UNKNOWN_LOOKBACK = timedelta(minutes=2)
"""`overlap: auto` where nobody tells which transactions are open (docs/guarantees.md)."""
SLACK = timedelta(seconds=10)
"""`overlap: auto` elsewhere. An application that sets the mark does so before its transaction begins, by a
clock of its own, and often in whole seconds, so that rows of one second come in any order."""
REREAD_EVERY = timedelta(minutes=1)
PREPARED = "prepared "
"""How the identity of a prepared transaction begins: one that was listed as open before, under another."""
MESSAGE_LASTS = timedelta(minutes=10)
"""For so long a session that is always seen in a transaction, and never in the same one, is taken to be at
work on one message: its later transactions may take the message's time, so their rows stand behind it."""
NAMED_AFTER = timedelta(minutes=5)
"""A transaction that has been open for longer is named to people."""


@dataclass(frozen=True, slots=True)
class TimedMark:
    """A mark, and when it was taken: marks are compared by databases only, times by us."""

    turn: int
    mark: Mark | None
    """None: the beginning."""


@dataclass(slots=True)
class _OpenTransaction:
    place: TimedMark
    """Its rows stand behind this."""
    who: str
    since: datetime
    message_since: datetime
    """Since when its session has been seen in one transaction after the other."""
    named: bool = False


class LateCommits:
    """Follows the transactions that may still commit rows behind the mark of one query."""

    def __init__(self, safe: Mark | None, mark: Mark | None) -> None:
        """`safe` and `mark` as they were recorded; what happened in between was not watched."""
        self._open: dict[str, _OpenTransaction] = {}
        self._newest = TimedMark(0, safe)
        self._unlisted: TimedMark | None = None
        self._again: TimedMark | None = None if safe == mark else self._newest

    @property
    def quiet(self) -> bool:
        """True when no row can be late: nothing is open that was open at the last reading."""
        return not self._open and self._again is None

    @property
    def awaits_somebody(self) -> bool:
        """Whether somebody is open whose rows may come behind what this run reads.

        Who begins during the run takes marks behind all of it.
        """
        began_before = any(one.place.turn < self._newest.turn for one in self._open.values())
        return began_before or self._again is not None

    @property
    def reread_from(self) -> TimedMark | None:
        """From where to read again, up to the mark; None: there is no need."""
        return self._again

    def unlisted(self, safe: Mark | None, mark: Mark | None) -> None:
        """Before `begin`, where the list has gaps: who was not on it as the last run began is behind `safe`.

        Whether they were listed within that run or are only now.
        """
        self._unlisted = TimedMark(self._newest.turn, safe)
        for one in self._open.values():
            if one.place.turn == self._newest.turn:
                one.place = self._unlisted
        if safe != mark:
            self._read_again(self._unlisted)

    def begin(self, listed: Mapping[str, str], now: datetime, newest: Mark | None) -> None:
        """Take in who is open as a run begins, which reads up to `newest`: what there was just before."""
        self.observe(listed, now)
        self._unlisted = None
        self._newest = TimedMark(self._newest.turn + 1, newest)

    def observe(self, listed: Mapping[str, str], now: datetime) -> None:
        """Take in who is open: the transactions, identity → who it is, in words for a person."""
        before, ended = self._oldest(), dict[str, _OpenTransaction]()
        for identity in [identity for identity in self._open if identity not in listed]:
            one = self._open.pop(identity)
            ended[_session(identity)] = one
            # Else it began after the newest mark was asked for: all of its rows are still to be read.
            if one.place.turn < self._newest.turn:
                self._read_again(one.place)
        for identity, who in listed.items():
            if identity not in self._open:
                place = before if identity.startswith(PREPARED) and before else self._unlisted or self._newest
                self._open[identity] = _begun(place, who, now, ended.get(_session(identity)))

    def was_read_again(self) -> None:
        """All from `reread_from` up to the mark has been read since the last `observe`, and recorded."""
        self._again = None

    def safe(self, mark: Mark | None) -> Mark | None:
        """Behind this no row can appear any more; all up to `mark` has been read and recorded."""
        oldest = self._oldest()
        return oldest.mark if oldest is not None else mark

    def long_open(self, now: datetime) -> list[tuple[str, datetime]]:
        """List transactions that were seen open for long, and since when; each is given once."""
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

    def _read_again(self, place: TimedMark) -> None:
        if self._again is None or place.turn < self._again.turn:
            self._again = place

    def _oldest(self) -> TimedMark | None:
        places = [one.place for one in self._open.values()]
        if self._again is not None:
            places.append(self._again)
        return min(places, key=lambda place: place.turn, default=None)


def _session(identity: str) -> str:
    """The session of a transaction (PostgreSQL's identities are `session/number`); else the identity."""
    return identity.partition("/")[0] if "/" in identity else identity


def _begun(place: TimedMark, who: str, now: datetime, before: _OpenTransaction | None) -> _OpenTransaction:
    """A transaction seen for the first time; in `before` its session was seen last, and that has ended."""
    if before is None or now - before.message_since > MESSAGE_LASTS:
        return _OpenTransaction(place, who, now, now)
    earlier = min(place, before.place, key=lambda one: one.turn)
    return _OpenTransaction(earlier, who, now, before.message_since)


class RereadTimer:
    """When to read behind the mark again though there is nothing new. Times are of `Clock.seconds`.

    Once, when nobody can be late any more; again and again while a whole day, or an hour that comes twice,
    lasts.
    """

    def __init__(self, slack: timedelta = SLACK) -> None:
        self._slack = slack
        self._mark: Mark | None = None
        self._until = 0.0
        self._next: float | None = None

    def is_due(self, now: float) -> bool:
        """Whether it is time to read again."""
        return self._next is not None and now >= self._next

    def begin(self) -> None:
        """Note that somebody reads again; if that fails it is to be done once more."""
        self._next = 0.0

    def end(self, mark: Mark | None, began: float, now: float, unsettled: timedelta = timedelta()) -> None:
        """Note that all up to `mark` was read, in a run that began at that time.

        `unsettled`: for so long rows may come behind the mark at least.
        """
        if mark != self._mark:
            self._mark = mark
            lasts = (
                max(self._slack, unsettled, grain(mark) if self._slack else timedelta())
                if mark
                else timedelta()
            )
            self._until = now + lasts.total_seconds()
        is_over = mark is None or began >= self._until
        self._next = None if is_over else min(self._until, now + REREAD_EVERY.total_seconds())
