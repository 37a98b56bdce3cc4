"""The next rows as they would be uploaded: the pipeline's own steps, without a ledger to write to."""

from __future__ import annotations

from typing import Protocol

from syncd.model import Chunk, Position
from syncd.model.clock import Clock
from syncd.model.settings import QuerySettings
from syncd.pipeline.chunking import chunking
from syncd.pipeline.chunking.intake import Intake, Memory
from syncd.pipeline.ports import Source


class PreviewMemory(Memory, Protocol):
    """A memory that also says where the query stands."""

    def position(self) -> Position | None:
        """How far the query was read; None when it never began."""
        ...


def preview_of(
    query: QuerySettings, source: Source, memory: PreviewMemory, clock: Clock, limit: int
) -> Chunk:
    """Read on from the mark until `limit` rows are new or nothing is left. Raises SourceError, StateError."""
    position, chunk = memory.position(), Chunk()
    if position is None and query.start == "now":
        return chunk  # what is there now would be passed over
    after = position.mark if position else None
    intake = Intake(query, memory)
    source.restart()
    while True:
        found = len(chunk.ready) + len(chunk.waiting) + len(chunk.rejects)
        page = source.read(after, min(limit - found, chunking.PAGE_ROWS))
        intake.add(chunk, page, clock.now())
        after = page.mark or after
        if page.exhausted or len(chunk.ready) + len(chunk.waiting) + len(chunk.rejects) >= limit:
            return chunk
