"""How far a query's mark may go: not beyond now, to where a row with a wrong time would take it.

If the mark followed such a row, none that comes before it would be read any more.
"""

from __future__ import annotations

from syncd.model import Mark
from syncd.model.clock import Clock
from syncd.model.marks import ceiling, is_beyond, is_endless
from syncd.model.settings import QuerySettings
from syncd.pipeline.ports import Source


class Horizon:
    """Of one query. What asks the source raises SourceError."""

    def __init__(self, query: QuerySettings, source: Source, clock: Clock) -> None:
        self._query = query
        self._source = source
        self._clock = clock
        self._form: Mark | None = None
        """A mark that is a time, for its form: where the newest one is none, as `infinity` in PostgreSQL."""
        self._is_first = True

    def begin(self, mark: Mark | None) -> None:
        """A run begins at this mark; None: nothing was read yet that has one."""
        self._form, self._is_first = mark or self._form, mark is None

    def newest(self) -> tuple[Mark | None, Mark | None]:
        """The newest mark that the query may follow, and the newest of all where that lies in the future."""
        newest = self._source.newest()
        end = self.of(newest)
        if newest is None or end is None:
            # Nothing but such rows yet: they are read, and there is no mark.
            is_alone = self._is_first and newest is not None and is_endless(newest)
            return (None, newest) if is_alone else (newest, None)
        # A text that stands behind all times is the database's own word for what Python has no time for.
        is_text = isinstance(newest.values[0], str) and not isinstance(end.values[0], str)
        if not (is_text or is_beyond(newest, end)):
            return newest, None
        return self._source.newest(upto=end), newest

    def of(self, mark: Mark | None) -> Mark | None:
        """What a query with marks such as this one may follow at most; None where it may follow anything."""
        now, zone = self._clock.now(), self._query.timezone
        end = None if mark is None else ceiling(mark, now, zone)
        if end is not None or mark is None or not isinstance(mark.values[0], str):
            return end
        if self._form is None:
            self._form = next(self._source.scan(None, page_rows=1)).mark or mark
        return ceiling(self._form, now, zone)
