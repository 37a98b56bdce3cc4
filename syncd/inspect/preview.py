"""The next rows as they would be uploaded: the pipeline's own steps, without a ledger to write to."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.inspect.check.sample import SameSales, same_sales
from syncd.mapping import kind_of
from syncd.model import Chunk
from syncd.model.clock import Clock
from syncd.model.settings import QuerySettings
from syncd.pipeline.chunking.intake import Intake
from syncd.pipeline.ports import KnownKeys, Source


@dataclass(frozen=True, slots=True)
class Preview:
    """The next rows of a query, and what of those read is not among them."""

    chunk: Chunk
    known: int
    """Rows read whose key is delivered or waiting already, or rejected just so."""
    repeated: int
    """Rows read with the key of another row read here, of which one goes."""
    same_sales: SameSales | None = None
    """Rows that Metrica would take for a sale that another row is."""


def preview_of(query: QuerySettings, source: Source, memory: KnownKeys, clock: Clock, limit: int) -> Preview:
    """Read on from the mark until `limit` rows are new or nothing is left. Raises SourceError, StateError."""
    position, chunk = memory.position(), Chunk()
    if position is None and query.start == "now":
        return Preview(chunk, 0, 0)  # what is there now would be passed over
    after = position.mark if position else None
    intake = Intake(query, memory)
    seen, repeated = set[str](), 0
    scan = source.scan(after, page_rows=limit)
    for page in scan:
        before = chunk.rows_known
        intake.add(chunk, page, clock.now())
        keys = intake.keys(page, clock.now())
        twice = len(keys) - len(seen.union(keys)) + len(seen)
        seen.update(keys)
        repeated += min(twice, chunk.rows_known - before)
        scan.page_rows = limit - len(chunk.ready) - len(chunk.waiting) - len(chunk.rejects)
        if scan.page_rows <= 0:
            break
    is_judged = kind_of(query).merges_equal_sales and not query.spread
    same = same_sales(chunk) if is_judged else None
    return Preview(chunk, chunk.rows_known - repeated, repeated, same)
