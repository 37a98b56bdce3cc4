"""Reads what is new of one query: forward from the mark, and again what may have been committed late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from syncd.model import Chunk, Mark, Page, Position
from syncd.model.events import Event
from syncd.model.keys import value_text
from syncd.model.marks import tells_time
from syncd.pipeline.chunking.intake import Intake
from syncd.pipeline.reading.bounds import Extent, Horizon, begin_at_start
from syncd.pipeline.reading.clock_changes import unsettled_for
from syncd.pipeline.reading.context import ReadContext
from syncd.pipeline.reading.late_commits import SLACK, UNKNOWN_LOOKBACK, RereadTimer
from syncd.pipeline.reading.ranges import Ranges
from syncd.pipeline.reading.strategies import (
    FixedOverlap,
    KnownTransactions,
    Progress,
    SafeMark,
    Strategy,
    UnknownTransactions,
)
from syncd.pipeline.reading.transactions import TransactionList
from syncd.pipeline.reading.went_back import SourceWatch

ROWS_OF_IDLE_LOOK = 100
"""Rows from the mark on that a poll looks at to find nothing new; with more of them it makes a whole run."""
CHANGED = (
    "The mark stays: rows behind it that only the new sql returns are not read. Nothing to do if the change "
    "concerns rows to come; else see docs/operations.md, The sql was changed."
)


class Reading:
    """Turns a query's pages into chunks. The caller records each chunk before it asks for the next."""

    def __init__(self, context: ReadContext, intake: Intake) -> None:
        overlap = context.query.overlap
        self._context = context
        self._intake = intake
        self._lookback = None if overlap == "auto" else overlap
        """How far back is read again; None: as far as it is needed (`auto`)."""
        self._ranges = Ranges(context, intake)
        self._horizon = Horizon(context.query, context.source, context.clock)
        self._safe = SafeMark(context)
        self._transactions = TransactionList(context)
        self._source_watch = SourceWatch(context)
        self._timer = RereadTimer(SLACK if self._lookback is None else timedelta())
        self._noted: Extent | None = None
        """The last extent whose farthest row was recorded and told."""
        self._nothing_new: tuple[Mark | None, Page] | None = None
        """From where the last idle poll looked, and what it found there, all of it known."""

    def chunks(self, position: Position | None) -> Iterator[Chunk]:
        """Give what is new at this moment, oldest first; what is committed meanwhile is the next run's.

        Rows that the mark does not follow come first: they are the last of their keys.
        """
        mark = self._begin(position)
        if self._may_rest(mark) and self._is_idle(mark):
            return
        clock, began = self._context.clock, self._context.clock.seconds()
        progress = Progress(mark, self._safe.mark, self._safe.now())
        self._timer.begin()
        extent = self._horizon.look(mark)
        strategy = self._choose()
        self._source_watch.compare(extent.highest, mark)
        self._note_farthest(extent)
        yield from self._ranges.future(extent.beyond, extent.farthest)
        yield from strategy.chunks(progress, extent)
        unsettled = timedelta()
        if progress.mark is not None:
            unsettled = unsettled_for(progress.mark, clock.now(), self._ranges.zones)
        self._timer.end(progress.mark, began, clock.seconds(), unsettled)

    def _choose(self) -> Strategy:
        """Choose the way to read; who is open is asked after the newest mark was (`late_commits`)."""
        if self._lookback is not None:
            return FixedOverlap(self._ranges, self._safe, self._lookback)
        listed = self._transactions.ask()
        if listed is None:
            return UnknownTransactions(self._ranges, self._safe, UNKNOWN_LOOKBACK, self._transactions)
        return KnownTransactions(self._ranges, self._safe, self._transactions, listed)

    # --- where the query stands ---

    def _begin(self, position: Position | None) -> Mark | None:
        """The mark to read from; a query that never ran begins where `start` says."""
        context = self._context
        position = position and self._carried(position)
        if position is None:
            position = begin_at_start(context, self._intake, self._horizon)
        elif position.fingerprint != context.fingerprint:
            context.ledger.begin_query(position.mark, safe=position.safe, floor=position.floor)
            context.observer.emit(Event.QUERY_CHANGED, query=context.query.name, action=CHANGED)
        elif position.mark is None and (floor := context.source.start()) != position.floor:
            # Only the first row shows what type of mark it is.
            context.ledger.begin_query(None, safe=position.safe, floor=floor)
            position = replace(position, floor=floor)
        self._ranges.begin(position.floor)
        self._safe.begin(position.safe)
        return position.mark

    def _carried(self, position: Position) -> Position:
        """The recorded marks in the form that their columns have now. Raises MarkUnusable."""
        source = self._context.source
        mark, safe, floor = (
            one and source.carried(one) for one in (position.mark, position.safe, position.floor)
        )
        return replace(position, mark=mark, safe=safe, floor=floor)

    # --- whether there is anything to do ---

    def _may_rest(self, mark: Mark | None) -> bool:
        """Whether nothing is to be read again but what the look at the mark covers."""
        if self._timer.is_due(self._context.clock.seconds()):
            return False
        if self._lookback and mark is not None and tells_time(mark):
            return True  # all that can be late lies in what is looked at
        is_watched = self._lookback is None and not self._transactions.is_silent
        return self._safe.mark == mark and (not is_watched or self._transactions.is_quiet)

    def _is_idle(self, mark: Mark | None) -> bool:
        """Find out with one statement, when nobody is waited for, that there is nothing new."""
        context, start = self._context, mark
        if self._lookback and mark is not None:
            start = self._ranges.back(mark, self._lookback) or mark
        chunk, page = Chunk(), next(context.source.scan(start, page_rows=ROWS_OF_IDLE_LOOK))
        if (start, page) == self._nothing_new and (page.rows or not self._source_watch.is_due()):
            return True
        if mark is not None and not page.rows:
            self._source_watch.compare(self._horizon.look(mark).highest, mark)
        self._intake.add(chunk, page, context.clock.now())
        idle = page.exhausted and not (chunk.ready or chunk.waiting or chunk.rejects)
        self._nothing_new = (start, page) if idle else None
        return idle

    # --- rows that the mark does not follow ---

    def _note_farthest(self, extent: Extent) -> None:
        """Record and tell the newest row that bears a mark of the future, or one far beyond all others."""
        context, farthest = self._context, extent.farthest
        if self._noted is not None and self._noted.farthest == farthest:
            return
        if farthest is None:
            context.ledger.set_outlying({})
        else:
            page = next(context.source.scan(farthest, page_rows=1))
            key = next(iter(self._intake.keys(page, context.clock.now())), "")
            context.ledger.set_outlying({key: farthest})
            values = [value_text(value) for value in farthest.values]
            context.observer.emit(Event.MARK_AHEAD, query=context.query.name, mark=values, key=key)
        self._noted = extent
