"""Rejected rows once more: those that a person asked for (`syncd rejects retry`), read again by their keys.

The request is a mark in the state store, so it needs no daemon to listen, survives a crash, and the sending
is done by whoever has the right to run the query (docs/decisions/0001-retry-is-a-request.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from syncd.model import Chunk, Origin, Page
from syncd.model.clock import Clock
from syncd.model.events import Event, Observer
from syncd.model.settings import QuerySettings
from syncd.pipeline.chunking.intake import Intake
from syncd.pipeline.ports import Ledger, Source

REJECTS_PER_BATCH = 1000
"""Rejects that are looked for at once."""
GONE = "tried again: the query no longer returns it"
UNFINDABLE = "cannot be tried again: it has no key to be found by; correct it so that its mark grows"
_CUT = "…"
"""The end of a value that was shortened (`mapping.rejects.shown`)."""


def findable(query: QuerySettings, key: str) -> tuple[str, ...] | None:
    """The texts of the key's columns for a reject's key; None when no row can be found by it.

    A row without a usable key has a digest in its place, and one whose query names no key has it after its
    mark (`mapping.rejects.reject_key`, `keys.distinct`).
    """
    values: list[str | None] = json.loads(key)
    if query.key_is_default and len(values) == len(query.key) + 1:
        values.pop()
    if len(values) != len(query.key):
        return None
    usable = tuple(value for value in values if value is not None and not value.endswith(_CUT))
    return usable if len(usable) == len(values) else None


@dataclass(frozen=True, slots=True)
class RejectRetry:
    """The rejects of one query that are to be tried again."""

    query: QuerySettings
    source: Source
    ledger: Ledger
    intake: Intake
    clock: Clock
    observer: Observer

    def chunks(self) -> Iterator[Chunk]:
        """Their rows as they are now; the caller records each chunk before it asks for the next.

        Each is accounted for once it is recorded: on its way, waiting, rejected with the reason of today,
        known by its delivery, or left as it is because the query no longer returns it.
        """
        seen: set[str] = set()
        while keys := [key for key in self.ledger.requested_retries(REJECTS_PER_BATCH) if key not in seen]:
            seen.update(keys)
            yield from self._look_up(keys)

    def _look_up(self, keys: Sequence[str]) -> Iterator[Chunk]:
        wanted = {key: findable(self.query, key) for key in keys}
        self._leave([key for key, values in wanted.items() if values is None], UNFINDABLE)
        findable_keys = {key: values for key, values in wanted.items() if values is not None}
        distinct = list(dict.fromkeys(findable_keys.values()))
        pages = dict(zip(distinct, self.source.by_key(distinct), strict=True))
        gone = [key for key, values in findable_keys.items() if not pages[values].rows]
        self._leave(gone, GONE)
        yield from self._found([key for key in findable_keys if key not in set(gone)], pages)

    def _found(self, keys: Sequence[str], pages: Mapping[tuple[str, ...], Page]) -> Iterator[Chunk]:
        """Chunks of at most `chunk_rows` rows; the last one settles the rejects that nothing else does."""
        rows = [row for page in pages.values() for row in page.rows]
        columns = next((page.columns for page in pages.values()), ())
        size, still = self.query.chunk_rows, set[str]()
        for start in range(0, len(rows), size):
            chunk = Chunk(Origin.RETRY)
            part = rows[start : start + size]
            self.intake.add_retried(chunk, Page(columns, part, None, exhausted=True), self.clock.now())
            still |= {*chunk.ready.keys, *(row.key for row in chunk.waiting)}
            still |= {reject.key for reject in chunk.rejects}
            if start + size >= len(rows):
                chunk.resolved = [key for key in keys if key not in still]
            self.observer.emit(
                Event.ROWS_RETRIED,
                query=self.query.name,
                rows=len(part),
                ready=len(chunk.ready),
                waiting=len(chunk.waiting),
                rejected=len(chunk.rejects),
                resolved=len(chunk.resolved),
            )
            yield chunk

    def _leave(self, keys: Sequence[str], detail: str) -> None:
        if keys:
            self.ledger.leave_rejected(keys, detail)
            self.observer.emit(Event.RETRY_LEFT, query=self.query.name, rows=len(keys), why=detail)
