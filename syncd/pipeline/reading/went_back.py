"""A source that was put back to an older state: its newest row stands behind the mark, and so do new ones.

That the newest row is behind the mark says little by itself: the last order may have been cancelled. It is
told where, besides, none of the rows that were delivered last is there any more.
"""

from __future__ import annotations

from datetime import timedelta

from syncd.model import Mark
from syncd.model.events import Event
from syncd.model.keys import value_text
from syncd.model.marks import is_beyond
from syncd.pipeline.reading.context import ReadContext
from syncd.pipeline.reading.retry_rejects import findable

LATEST_ROWS = 10
"""Rows delivered last that are looked for."""
LEAST_ROWS = 3
"""With fewer, that none is there may be a deletion."""
LOOK_EVERY = timedelta(minutes=5)
ACTION = (
    "If it was restored from a backup: `syncd rewind NAME --to VALUE` moves the mark back to its newest row,"
    " so that the rows that come now are read (`--dry-run` first). If rows were only deleted, do nothing."
)


def is_behind(newest: Mark | None, mark: Mark | None) -> bool:
    """Whether the newest row of the source certainly stands behind the query's mark."""
    return newest is not None and mark is not None and is_beyond(mark, newest)


class SourceWatch:
    """Notices when the source of one query has gone back in time."""

    def __init__(self, context: ReadContext) -> None:
        self._context = context
        self._next_look: float | None = None
        """By `clock.seconds`, which nobody sets."""
        self._told: Mark | None = None
        """The newest mark that was told."""
        self._is_clear = False
        """Whether it is recorded that the source has not gone back."""

    def is_due(self) -> bool:
        """Whether it is time to look, where no row was found at the mark or beyond."""
        return self._next_look is None or self._context.clock.seconds() >= self._next_look

    def compare(self, newest: Mark | None, mark: Mark | None) -> None:
        """Tell of a source whose newest row stands behind the mark, and record it. Raises SyncdError."""
        context = self._context
        if not is_behind(newest, mark):
            self._next_look, self._told = None, None
            if not self._is_clear:
                context.ledger.set_went_back(None)
                self._is_clear = True
            return
        if not self.is_due():
            return
        self._next_look = context.clock.seconds() + LOOK_EVERY.total_seconds()
        if newest == self._told or not self._are_latest_gone():
            return
        self._is_clear = False
        context.ledger.set_went_back(newest)
        context.observer.emit(
            Event.SOURCE_WENT_BACK,
            query=context.query.name,
            mark=[value_text(value) for value in mark.values] if mark else [],
            newest=[value_text(value) for value in newest.values] if newest else [],
            action=ACTION.replace("NAME", context.query.name),
        )
        self._told = newest

    def _are_latest_gone(self) -> bool:
        keys = self._context.ledger.latest_keys(LATEST_ROWS)
        found = [words for key in keys if (words := findable(self._context.query, key)) is not None]
        if len(found) < LEAST_ROWS:
            return False
        return not any(page.rows for page in self._context.source.by_key(list(dict.fromkeys(found))))
