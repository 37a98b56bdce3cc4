"""Reads what is new of one query: forward from the mark, and again what may have been committed late."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from syncd.model import UNSEEN, Chunk, Mark, Page, Position
from syncd.model.events import Event
from syncd.model.keys import value_text
from syncd.model.marks import is_beyond, tells_time
from syncd.pipeline.chunking.intake import Intake
from syncd.pipeline.reading.beginning import begin_at_start
from syncd.pipeline.reading.bounds import Horizon
from syncd.pipeline.reading.late_commits import LateCommits
from syncd.pipeline.reading.overlap import SLACK, UNWATCHED, Looks
from syncd.pipeline.reading.ranges import Ranges, Reader

ASK_AGAIN = timedelta(hours=1)
"""After this it is asked anew whether the database tells: a standby may have become a primary."""
ASK_SOON = timedelta(minutes=1)
"""The same where it has told in the last hour: others may just have kept the list as it was (`sessions`)."""
AT_THE_MARK = 100
"""Rows of one mark that a poll looks at to find that there is nothing new; of more it makes a whole run."""
CHANGED = (
    "The mark stays: rows behind it that only the new sql returns are not read. Nothing to do if the change "
    "concerns rows to come; else see docs/operations.md, The sql was changed."
)
HIDDEN = (
    "Let the user see open transactions (MariaDB, MySQL: GRANT PROCESS ON *.*), or set `overlap`. Until then "
    "rows committed late are looked for two minutes back and no further."
)


@dataclass(slots=True)
class Walk:
    """Where a run has come to."""

    mark: Mark | None
    before: Mark | None
    """What was safe as it began. Nothing is known of what a first run reads but its order, what is late is
    among the last; so there it is the mark before the last chunk."""
    is_first: bool = field(init=False)

    def __post_init__(self) -> None:
        """At the beginning."""
        self.is_first = self.mark is None

    def go(self, chunk: Chunk) -> None:
        """This chunk was recorded."""
        if chunk.mark is not None:
            self.before, self.mark = self.mark if self.is_first else self.before, chunk.mark


class Reading:
    """Turns a query's pages into chunks. The caller records each chunk before it asks for the next."""

    def __init__(self, reader: Reader, intake: Intake) -> None:
        self._reader = reader
        self._intake = intake
        self._ranges = Ranges(reader, intake)
        self._horizon = Horizon(reader.query, reader.source, reader.clock)
        self._late: LateCommits | None = None
        self._looks = Looks()
        self._safe: Mark | None = None
        self._waits_for: str | None = None
        """As recorded; None: by an earlier process."""
        self._ahead: Mark | None = None
        """The newest mark of the future that was told."""
        # By `clock.seconds`, which nobody sets.
        self._told_at, self._ask_at = -math.inf, -math.inf
        self._began = reader.clock.now(), reader.clock.seconds()
        self._nothing_new: tuple[Mark | None, Page] | None = None
        """The mark, and what the last poll found there, all of it known."""

    def chunks(self, position: Position | None) -> Iterator[Chunk]:
        """What is new at this moment, oldest first; what is committed meanwhile is the next run's."""
        mark, overlap = self._begin(position), self._reader.query.overlap
        self._horizon.begin(mark)
        walk = Walk(mark, self._safe)
        if overlap != "auto":
            if overlap or not self._rests(mark):
                yield from self._unwatched(walk, overlap)
        elif self._is_unwatched():
            if not self._rests(mark):
                yield from self.ahead()
                yield from self._looking(walk, self._unwatched(walk, UNWATCHED))
        elif self._late is None or not self._late.quiet or not self._rests(mark):
            yield from self._looking(walk, self._watched(walk))

    # --- where the query stands ---

    def _begin(self, position: Position | None) -> Mark | None:
        """The mark to read from; a query that never ran begins where `start` says."""
        reader = self._reader
        if position is None:
            position = begin_at_start(reader, self._intake, self._horizon)
        elif position.fingerprint != reader.fingerprint:
            reader.ledger.begin_query(position.mark, safe=position.safe, floor=position.floor)
            reader.observer.emit(Event.QUERY_CHANGED, query=reader.query.name, action=CHANGED)
        elif position.mark is None and (floor := reader.source.start()) != position.floor:
            # Only the first row shows what type of mark it is.
            reader.ledger.begin_query(None, safe=position.safe, floor=floor)
            position = replace(position, floor=floor)
        self._safe, self._ranges.floor = position.safe, position.floor
        return position.mark

    def _settle(self, safe: Mark | None, waits_for: str = "") -> None:
        if (safe, waits_for) != (self._safe, self._waits_for):
            self._reader.ledger.set_safe(safe, waits_for)
            self._safe, self._waits_for = safe, waits_for

    def _stood(self, then: datetime, walk: Walk) -> Mark | None:
        """The mark of that moment, as far as it is known; not behind one that a person has moved it to."""
        stood, before = self._reader.ledger.stood(then), walk.before
        return before if stood is None or (before and is_beyond(before, stood)) else stood

    def _ago(self, span: timedelta) -> datetime:
        """That moment at the most: a clock set ahead must not make what was just recorded look old."""
        clock, (began, since) = self._reader.clock, self._began
        return min(clock.now(), began + timedelta(seconds=clock.seconds() - since)) - span

    # --- whether there is anything to do ---

    def _rests(self, mark: Mark | None) -> bool:
        """Nothing is to be read again, and nothing is new."""
        looks = self._looks.due(self._reader.clock.seconds())
        return self._safe == mark and not looks and self._is_idle(mark)

    def _is_idle(self, mark: Mark | None) -> bool:
        """One query that finds out, when nobody is waited for, that there is nothing new."""
        reader = self._reader
        chunk, page = Chunk(), next(reader.source.scan(mark, page_rows=AT_THE_MARK))
        if (mark, page) == self._nothing_new:
            return True
        self._intake.add(chunk, page, reader.clock.now())
        idle = page.exhausted and not (chunk.ready or chunk.waiting or chunk.rejects)
        self._nothing_new = (mark, page) if idle else None
        return idle

    def _looking(self, walk: Walk, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """These chunks, of a run that also looks behind the mark."""
        clock = self._reader.clock
        began = clock.seconds()
        self._looks.begin()
        yield from chunks
        self._looks.end(walk.mark, began, clock.seconds())

    # --- forward, where the database tells who may commit late ---

    def _watched(self, walk: Walk) -> Iterator[Chunk]:
        """Forward to the newest row there is now, with an eye on who may commit behind it (`late`)."""
        reader, then = self._reader, self._ago(SLACK)
        newest, future = self._horizon.newest()
        listed = reader.source.open_transactions()
        if listed is None:
            self._not_told()
            if reader.source.hides_transactions:
                reader.observer.emit(Event.TRANSACTIONS_HIDDEN, query=reader.query.name, action=HIDDEN)
            yield from self._unwatched(walk, UNWATCHED)
            return
        late = self._late = self._late or LateCommits(self._safe, walk.mark)
        is_gap, was_told = self._has_gaps(walk.mark or newest), self._told()
        if (is_gap or not was_told) and not walk.is_first:
            late.unlisted(self._safe, walk.mark)
        late.begin(listed, reader.clock.now(), newest)
        yield from self._ahead_of(future)
        yield from self._again(late, walk.mark)
        # Without a bound, rows of transactions would be passed that began since and were never seen open.
        if newest is not None:
            yield from self._up_to(newest, walk, late)
        self._name_long_open(late)
        safe = late.safe(walk.mark)
        if is_gap and safe is not None:
            stood = self._stood(then, walk)
            safe = stood if stood is None or is_beyond(safe, stood) else safe
        self._settle(safe, late.waits_for(reader.clock.now()))

    def _up_to(self, newest: Mark, walk: Walk, late: LateCommits) -> Iterator[Chunk]:
        """In a load of many chunks, what has ended meanwhile is read again while that is still little."""
        is_read = False
        while not is_read:
            is_read = True
            for chunk in self._ranges.forward(walk.mark, SLACK, newest):
                yield chunk
                walk.go(chunk)
                listed = self._reader.source.open_transactions()
                if listed is not None:
                    late.observe(listed, self._reader.clock.now())
                is_read = late.again is None
                if not is_read:
                    break
            # Pages that were read ahead were read too early: its rows may belong into them as well.
            if not is_read:
                yield from self._again(late, walk.mark)

    def _again(self, late: LateCommits, mark: Mark | None) -> Iterator[Chunk]:
        """Read again what a transaction that has ended may have committed behind the mark."""
        place = late.again
        if place is not None and mark is not None:
            back = place.mark and self._ranges.back(place.mark, SLACK)
            yield from self._ranges.again(back or place.mark, mark)
        late.was_read_again()

    def _has_gaps(self, mark: Mark | None) -> bool:
        """Whether somebody who is not listed may have taken a mark such as this, which tells no time."""
        return mark is not None and self._reader.source.lists_late and not tells_time(mark)

    def _name_long_open(self, late: LateCommits) -> None:
        reader = self._reader
        for who, since in late.long_open(reader.clock.now()):
            reader.observer.emit(
                Event.TRANSACTION_OPEN, query=reader.query.name, who=who, since=since.isoformat()
            )

    # --- forward, where nobody tells ---

    def _is_unwatched(self) -> bool:
        """Whether the database was found not to tell who has a transaction open."""
        return self._reader.clock.seconds() < self._ask_at

    def _told(self) -> bool:
        """The database tells; gives whether it did the last time, too."""
        was_told, self._ask_at = self._told_at >= self._ask_at, -math.inf
        self._told_at = self._reader.clock.seconds()
        return was_told

    def _not_told(self) -> None:
        """Who was seen open is believed to be for an hour."""
        now = self._reader.clock.seconds()
        was_told = now - self._told_at < ASK_AGAIN.total_seconds()
        self._ask_at = now + (ASK_SOON if was_told else ASK_AGAIN).total_seconds()
        if not was_told:
            self._late = None

    def _unwatched(self, walk: Walk, back: timedelta) -> Iterator[Chunk]:
        """Forward to the end, and again what transactions of up to `back` may have committed behind the mark.

        A row's mark is taken inside its transaction, so none comes behind where the query stood before that
        began. Times tell how far back that is; of numbers it is known when the query stood where.
        """
        reader, mark, then = self._reader, walk.mark, self._ago(back)
        if mark is not None and back and not tells_time(mark) and self._safe != mark:
            yield from self._ranges.again(self._safe, mark)
        newest, future = self._horizon.newest() if mark is None else (self._horizon.of(mark), None)
        for chunk in self._ranges.forward(mark, back, newest) if newest or not future else ():
            yield chunk
            walk.go(chunk)
        is_hidden = reader.query.overlap == "auto" and reader.source.hides_transactions
        safe = self._stood(then, walk) if back else walk.mark
        self._settle(self._not_beyond_open(safe), UNSEEN if is_hidden else "")

    def _not_beyond_open(self, safe: Mark | None) -> Mark | None:
        """Where the database has just ceased to tell: not beyond where those began who were open."""
        if self._late is None or self._late.quiet or safe is None:
            return safe
        place = self._late.safe(safe)
        return safe if place is not None and is_beyond(place, safe) else place

    # --- marks of the future ---

    def ahead(self) -> Iterator[Chunk]:
        """Rows with a mark of the future, which are not come by on the way to a mark of their own."""
        if self._reader.query.overlap != "auto" or self._is_unwatched():
            _, future = self._horizon.newest()
            yield from self._ahead_of(future)

    def _ahead_of(self, newest: Mark | None) -> Iterator[Chunk]:
        """Rows with a mark of the future; it is told once for each newest of them (None: there are none)."""
        if newest is not None and newest != self._ahead:
            self._ahead = newest
            values = [value_text(value) for value in newest.values]
            self._reader.observer.emit(Event.MARK_AHEAD, query=self._reader.query.name, mark=values)
        yield from self._ranges.ahead(self._horizon.of(newest), newest)
