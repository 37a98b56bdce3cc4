"""How far a query's mark may go, and where a query that never ran begins.

The mark follows neither a row with a moment of the future nor one that lies far ahead of all others
(`outliers`): none that comes after would be read any more.
"""

from __future__ import annotations

from dataclasses import dataclass

from syncd.model import Mark, Position
from syncd.model.clock import Clock
from syncd.model.marks import ceiling, is_beyond, is_endless
from syncd.model.settings import QuerySettings
from syncd.pipeline.chunking.intake import Intake
from syncd.pipeline.ports import Source
from syncd.pipeline.reading.clock_changes import highest_reading, local_time
from syncd.pipeline.reading.context import ReadContext
from syncd.pipeline.reading.outliers import SAMPLE_ROWS, outlying


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the rows of a query reach as a run begins."""

    newest: Mark | None = None
    """The newest mark that the query may follow; None: there is none."""
    farthest: Mark | None = None
    """The newest mark of all, where the query may not follow it; None: it may."""
    beyond: Mark | None = None
    """Where the rows begin that it may not follow, if there are any."""

    @property
    def highest(self) -> Mark | None:
        """The newest mark of all."""
        return self.farthest or self.newest


class Horizon:
    """Finds out how far the rows of one query reach. What asks the source raises SourceError."""

    def __init__(self, query: QuerySettings, source: Source, clock: Clock) -> None:
        self._query = query
        self._source = source
        self._clock = clock
        self._known: Mark | None = None
        """The query's mark when it last had one: it shows what the marks are."""

    def look(self, mark: Mark | None) -> Extent:
        """Look at the newest rows, for a query that stands at this mark."""
        self._known = mark or self._known
        marks = self._source.newest_marks(SAMPLE_ROWS)
        if not marks:
            return Extent()
        if self._known is None and all(map(is_endless, marks)):
            return Extent(None, marks[0])  # nothing but such rows yet: they are read, and there is no mark
        end = self._ceiling(marks)
        if end is None:
            return self._below_outliers(marks)
        ordinary = next((one for one in marks if not _is_ahead(one, end)), None)
        if ordinary == marks[0]:
            return Extent(ordinary)
        return Extent(ordinary or self._source.newest(upto=end), marks[0], end)

    def _below_outliers(self, marks: list[Mark]) -> Extent:
        now = self._clock.now()
        count = outlying(marks, now, self._known)
        if 0 < count < len(marks) == SAMPLE_ROWS:  # the sample says so: ask for the range of all
            count = outlying(marks, now, self._known, next(self._source.scan(None, page_rows=1)).mark)
        if count == 0:
            return Extent(marks[0])
        if count == len(marks):
            newest = self._source.newest(upto=self._known)
            return Extent(newest, marks[0], newest)
        return Extent(marks[count], marks[0], marks[count])

    def _ceiling(self, marks: list[Mark]) -> Mark | None:
        """A minute from now, in the form of the marks; None where they are no moments."""
        forms = [*marks, self._known] if self._known else marks
        now, zone = self._clock.now(), self._query.timezone
        for form in forms:
            end = ceiling(form, highest_reading(now, zone) if local_time(form) else now, zone)
            if end is not None:
                return end
        return None


def _is_ahead(mark: Mark, end: Mark) -> bool:
    # A text that stands behind all times is the database's own word for what Python has no time for.
    is_text = isinstance(mark.values[0], str) and not isinstance(end.values[0], str)
    return is_text or is_beyond(mark, end)


def begin_at_start(context: ReadContext, intake: Intake, horizon: Horizon) -> Position:
    """Record where a query begins that never ran. Raises SourceError and StateError.

    Nothing before `start` is read, however far an overlap reaches. With `now` the rows of the newest mark's
    moment (or day), or ahead of now, are there already: their keys count as known. Others of that moment may
    come in any order.
    """
    mark, floor, passed = None, context.source.start(), dict[str, None]()
    if context.query.start == "now":
        extent = horizon.look(None)
        mark, floor = extent.newest, extent.newest and Mark(extent.newest.values[:1])
        if extent.highest is not None:
            passed = _keys(context, intake, floor, extent.highest)
    context.ledger.begin_query(mark, list(passed), safe=mark, floor=floor)
    return Position(mark, mark, context.fingerprint, floor)


def _keys(context: ReadContext, intake: Intake, after: Mark | None, upto: Mark) -> dict[str, None]:
    """The keys of the rows from `after` (None: the first) to `upto`, each once."""
    found = dict[str, None]()
    for page in context.source.scan(after, upto=upto):
        found |= dict.fromkeys(intake.keys(page, context.clock.now()))
    return found
