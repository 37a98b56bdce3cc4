"""Rows with a null in their mark or key: no ordered read returns them, so they are looked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from syncd.model import Chunk
from syncd.model.clock import Clock
from syncd.model.events import Event, Observer
from syncd.model.settings import QuerySettings
from syncd.pipeline.chunking.intake import Intake
from syncd.pipeline.ports import Source

ROWS_PER_SEARCH = 1000
SEARCH_PAUSE = timedelta(minutes=5)
SEARCH_SHARE = 1000
"""The search may scan the table, so it takes at most 1/1000 of the time."""


@dataclass(slots=True)
class MisplacedRows:
    """The rows of one query that have no place in its order."""

    query: QuerySettings
    source: Source
    intake: Intake
    clock: Clock
    observer: Observer
    _next_search: float | None = field(default=None, init=False)
    """By `clock.seconds`, which nobody sets."""

    def chunks(self) -> Iterator[Chunk]:
        """Search for such rows, when it is time to; give the chunk that rejects them."""
        began = self.clock.seconds()
        if self._next_search is not None and began < self._next_search:
            return
        page = self.source.without_place(ROWS_PER_SEARCH)
        took = self.clock.seconds() - began
        self._next_search = began + max(SEARCH_PAUSE.total_seconds(), took * SEARCH_SHARE)
        chunk = Chunk()
        self.intake.add(chunk, page, self.clock.now())
        if chunk.rejects:
            self.observer.emit(Event.ROWS_MISPLACED, query=self.query.name, rows=len(chunk.rejects))
            yield chunk
