"""How the rows from a mark on are read, so that none that is committed late is missed: three ways.

KnownTransactions: the database tells who has a transaction open. UnknownTransactions: it does not, so what
lies two minutes back is read again. FixedOverlap: the configuration says how far. `Reading` chooses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from syncd.model import Chunk, Mark
from syncd.model.marks import is_beyond, tells_time
from syncd.pipeline.reading.bounds import Extent
from syncd.pipeline.reading.context import ReadContext
from syncd.pipeline.reading.late_commits import SLACK, LateCommits
from syncd.pipeline.reading.ranges import Ranges
from syncd.pipeline.reading.transactions import TransactionList

PASSES_WITHOUT_PROGRESS = 3
"""So often a load begins anew where it stands for those who ended meanwhile; then that is the next run's."""


@dataclass(slots=True)
class Progress:
    """Where a run has come to."""

    mark: Mark | None
    before: Mark | None
    """What was safe as it began. Nothing is known of what a first run reads but its order, what is late is
    among the last; so there it is the mark before the last chunk."""
    began: datetime
    is_first: bool = field(init=False)

    def __post_init__(self) -> None:
        """Begin."""
        self.is_first = self.mark is None

    def advance(self, chunk: Chunk) -> None:
        """Take in that this chunk was recorded."""
        if chunk.mark is not None:
            self.before, self.mark = self.mark if self.is_first else self.before, chunk.mark


class SafeMark:
    """The recorded mark behind which no row can appear any more."""

    def __init__(self, context: ReadContext) -> None:
        self._context = context
        self.mark: Mark | None = None
        self._waits_for: str | None = None
        """As recorded; None: by an earlier process."""
        self._began = context.clock.now(), context.clock.seconds()

    def begin(self, mark: Mark | None) -> None:
        """Take in what is recorded as a run begins."""
        self.mark = mark

    def record(self, mark: Mark | None, waits_for: str = "") -> None:
        """Record it anew, and whom it waits for, if that changed. Raises StateError."""
        if (mark, waits_for) != (self.mark, self._waits_for):
            self._context.ledger.set_safe(mark, waits_for)
            self.mark, self._waits_for = mark, waits_for

    def now(self) -> datetime:
        """The moment at the most: a clock set ahead must not make what was just recorded look old."""
        clock, (began, since) = self._context.clock, self._began
        return min(clock.now(), began + timedelta(seconds=clock.seconds() - since))

    def where_it_stood(self, then: datetime, progress: Progress) -> Mark | None:
        """The mark of that moment, as far as it is known; not behind one that a person has moved it to."""
        stood, before = self._context.ledger.mark_reached_by(then), progress.before
        return before if stood is None or (before and is_beyond(before, stood)) else stood


class Strategy(Protocol):
    """One of the ways to read what is new."""

    def chunks(self, progress: Progress, extent: Extent) -> Iterator[Chunk]:
        """Give what may have come behind the mark, then what is new; note what is safe at the end."""
        ...


@dataclass(slots=True)
class FixedOverlap:
    """Reads forward to the newest row, and again what transactions up to `lookback` long may commit late.

    A row's mark is taken inside its transaction, so none comes behind where the query stood before that
    began. Times tell how far back that is; of numbers it is known when the query stood where.
    """

    ranges: Ranges
    safe: SafeMark
    lookback: timedelta

    def chunks(self, progress: Progress, extent: Extent) -> Iterator[Chunk]:
        """Give what may have come behind the mark, then what is new; note what is safe at the end."""
        mark, then = progress.mark, progress.began - self.lookback
        if mark is not None and self.lookback and not tells_time(mark) and self.safe.mark != mark:
            yield from self.ranges.reread(self.safe.mark, mark)
        if extent.newest is not None:
            for chunk in self.ranges.forward(mark, self.lookback, extent.newest):
                yield chunk
                progress.advance(chunk)
        self.settle(self.safe.where_it_stood(then, progress) if self.lookback else progress.mark)

    def settle(self, safe: Mark | None) -> None:
        """Record what is safe. Raises StateError."""
        self.safe.record(safe)


@dataclass(slots=True)
class UnknownTransactions(FixedOverlap):
    """Reads as with a fixed overlap of two minutes, where the database does not tell who is open."""

    transactions: TransactionList

    def settle(self, safe: Mark | None) -> None:
        """Record what is safe: not beyond where those began who were open when they were last listed."""
        late = self.transactions.late
        if late is not None and not late.quiet and safe is not None:
            place = late.safe(safe)
            safe = safe if place is not None and is_beyond(place, safe) else place
        self.safe.record(safe, self.transactions.why_untold)


@dataclass(slots=True)
class KnownTransactions:
    """Reads forward to the newest row there is now, and watches who may commit behind it (`late_commits`)."""

    ranges: Ranges
    safe: SafeMark
    transactions: TransactionList
    listed: Mapping[str, str]
    """Who was open just after the newest mark was asked for."""

    def chunks(self, progress: Progress, extent: Extent) -> Iterator[Chunk]:
        """Give what may have come behind the mark, then what is new; note what is safe at the end."""
        then = progress.began - SLACK
        late = self.transactions.watch(self.safe.mark, progress.mark)
        is_gap = self.transactions.has_gaps(progress.mark or extent.newest)
        if (is_gap or not self.transactions.was_told) and not progress.is_first:
            late.unlisted(self.safe.mark, progress.mark)
        late.begin(self.listed, self.transactions.now(), extent.newest)
        yield from self._reread(late, progress.mark)
        # Without a bound, rows of transactions would be passed that began since and were never seen open.
        if extent.newest is not None:
            yield from self._forward(extent.newest, progress, late)
        self.transactions.name_long_open(late)
        safe = late.safe(progress.mark)
        if is_gap and safe is not None:
            stood = self.safe.where_it_stood(then, progress)
            safe = stood if stood is None or is_beyond(safe, stood) else safe
        self.safe.record(safe, late.waits_for(self.transactions.now()))

    def _forward(self, newest: Mark, progress: Progress, late: LateCommits) -> Iterator[Chunk]:
        """In a load of many chunks, read what has ended meanwhile again while that is still little."""
        is_read, idle_passes = False, 0
        while not is_read:
            is_read, stood = True, progress.mark
            for chunk in self.ranges.forward(progress.mark, SLACK, newest):
                yield chunk
                progress.advance(chunk)
                if late.awaits_somebody:
                    self.transactions.observe(late)
                is_read = late.reread_from is None or idle_passes >= PASSES_WITHOUT_PROGRESS
                if not is_read:
                    break
            # Pages that were read ahead were read too early: its rows may belong into them as well.
            if not is_read:
                idle_passes = idle_passes + 1 if progress.mark == stood else 0
                yield from self._reread(late, progress.mark)

    def _reread(self, late: LateCommits, mark: Mark | None) -> Iterator[Chunk]:
        """Read again what a transaction that has ended may have committed behind the mark."""
        place = late.reread_from
        if place is not None and mark is not None:
            back = place.mark and self.ranges.back(place.mark, SLACK)
            yield from self.ranges.reread(back or place.mark, mark)
        late.was_read_again()
