"""Waiting rows whose DateTime has come: looked up in the source before they go.

A booking of tomorrow may be deleted or cancelled until then. A row that the query no longer returns is not
sent: it is kept among the dropped rejects as `withdrawn`, so that `syncd explain` can tell. A row that has
changed goes as it is now.

    recorded yesterday   key 17   DateTime 12:00   Price 100
    at 12:00 the query returns   17 | 12:00 | 80    → 80 is sent
                                 17 | 15:00 | 80    → it waits until 15:00
                                 nothing            → withdrawn
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from syncd.model import Chunk, Conversion, Origin, Page, Reason, Reject, Rows
from syncd.model.clock import Clock
from syncd.model.events import Event, Observer
from syncd.model.settings import QuerySettings
from syncd.pipeline.chunking.intake import Intake
from syncd.pipeline.ports import Ledger, Source
from syncd.pipeline.reading.retry_rejects import findable

ROWS_PER_LOOKUP = 1000
"""Rows whose values are in memory at once while they are looked up."""
KEYS_NAMED = 5
"""Withdrawn rows that the log names one by one."""
WITHDRAWN = (
    "its DateTime was still to come when it was read; when it came, the query no longer returned the row"
)


@dataclass(frozen=True, slots=True)
class DueRows:
    """The waiting rows of one query that are due."""

    query: QuerySettings
    source: Source
    ledger: Ledger
    intake: Intake
    clock: Clock
    observer: Observer

    def chunks(self) -> Iterator[Chunk]:
        """Give the due rows as they are now; the caller records each chunk before it asks for the next."""
        seen: set[str] = set()
        while True:
            header, due = self.ledger.fetch_due_rows(self.clock.now(), self.query.chunk_rows)
            due = [row for row in due if row.key not in seen]
            if not due:
                return
            seen.update(row.key for row in due)
            yield from self._current(header, due)

    def _current(self, header: str, due: Sequence[Conversion]) -> Iterator[Chunk]:
        """Look the rows up; a row whose key cannot be looked for goes as it was recorded."""
        words = {row.key: findable(self.query, row.key) for row in due}
        as_recorded = [row for row in due if words[row.key] is None]
        if as_recorded:
            yield Chunk(Origin.WAITING, header=header, ready=Rows.of(as_recorded))
        findable_rows = [row for row in due if words[row.key] is not None]
        chunk, ended = Chunk(Origin.WAITING), list[str]()
        for start in range(0, len(findable_rows), ROWS_PER_LOOKUP):
            part = findable_rows[start : start + ROWS_PER_LOOKUP]
            wanted = dict.fromkeys(found for row in part if (found := words[row.key]) is not None)
            ended += self._take(chunk, header, part, self.source.by_key(list(wanted)))
        if chunk.ready or chunk.waiting or chunk.rejects:
            yield chunk
        if ended:
            self.ledger.withdraw(ended, [])

    def _take(
        self, chunk: Chunk, header: str, part: Sequence[Conversion], pages: Sequence[Page]
    ) -> list[str]:
        """Put the rows that were found into the chunk, withdraw the others.

        Returns the keys that were found and neither go nor wait: those were delivered meanwhile.
        """
        now, columns = self.clock.now(), pages[0].columns
        page = Page(columns, [row for one in pages for row in one.rows], None, exhausted=True)
        self.intake.add_retried(chunk, page, now)
        found = set(self.intake.keys(page, now))
        self._withdraw(header, [row for row in part if row.key not in found])
        accounted = {*chunk.ready.keys, *(row.key for row in chunk.waiting)}
        accounted |= {reject.key for reject in chunk.rejects}
        return [row.key for row in part if row.key in found and row.key not in accounted]

    def _withdraw(self, header: str, gone: Sequence[Conversion]) -> None:
        if not gone:
            return
        rejects = [
            Reject(row.key, Reason.WITHDRAWN, "", "", _as_json(header, row.line), WITHDRAWN) for row in gone
        ]
        self.ledger.withdraw([row.key for row in gone], rejects)
        self.observer.emit(
            Event.ROWS_WITHDRAWN,
            query=self.query.name,
            rows=len(gone),
            keys=[row.key for row in gone[:KEYS_NAMED]],
        )


def _as_json(header: str, line: str) -> str:
    """Write a recorded line as rejects keep their rows: a JSON object of texts."""
    names, values = csv.reader([header, line])
    return json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False)
