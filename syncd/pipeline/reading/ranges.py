"""Chunks of the rows between two marks: what every reading of a query is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from syncd.model import Chunk, Mark
from syncd.model.clock import Clock
from syncd.model.events import Event, Observer
from syncd.model.marks import earlier, is_beyond, is_ordered
from syncd.model.settings import QuerySettings
from syncd.pipeline.chunking import chunking
from syncd.pipeline.chunking.intake import Intake
from syncd.pipeline.chunking.seen_again import SeenAgain
from syncd.pipeline.ports import Ledger, Source
from syncd.pipeline.reading.prefetch import prefetched

PROGRESS_EVERY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading a query needs."""

    query: QuerySettings
    source: Source
    ledger: Ledger
    fingerprint: str
    clock: Clock
    observer: Observer


class Ranges:
    """Of one query. What asks the source raises SourceError."""

    def __init__(self, reader: Reader, intake: Intake) -> None:
        self._reader = reader
        self._intake = intake
        self.floor: Mark | None = None
        """Nothing behind it is read (`Position.floor`)."""

    def back(self, mark: Mark, by: timedelta) -> Mark | None:
        """A mark that lies `by` before, but not behind the floor; None where this one tells no time."""
        start, floor = earlier(mark, by), self.floor
        if start is None or floor is None or is_beyond(floor, mark):
            return start
        return floor if is_beyond(floor, start) else start

    def forward(self, mark: Mark | None, back: timedelta, upto: Mark | None) -> Iterator[Chunk]:
        """From `back` before the mark up to another one. The mark goes along.

        It is not to follow rows that bear a mark of the future: those are delivered and leave it.
        """
        start = self.back(mark, back) if mark is not None and back else None
        progress = Progress(self._reader)
        if start is not None and mark is not None and not is_ordered(mark):
            # Only the database knows when such a mark is passed, so it is asked up to there first.
            yield from self.reread(start, mark)
            start = None
        span = Range(start or mark, upto, known=mark)
        for chunk, reached in self._between(span):
            if span.is_new(reached):
                chunk.mark = reached
            yield chunk
            progress.tell(chunk, reached)

    def again(self, after: Mark | None, mark: Mark) -> Iterator[Chunk]:
        """What may have been committed behind the mark, which stays."""
        yield from self.reread(after, mark)

    def reread(self, after: Mark | None, upto: Mark) -> Iterator[Chunk]:
        """The rows of a range that leaves the mark where it is, and is read more than once."""
        for chunk, _ in self._between(Range(after, upto, known=upto)):
            yield chunk

    def ahead(self, after: Mark | None, upto: Mark | None) -> Iterator[Chunk]:
        """The rows that bear a mark of the future, if there are any: those are the last of their keys."""
        keys, is_resend = set[str](), self._reader.query.on_change == "resend"
        self._intake.ahead = frozenset()  # they are not to hide one another
        if upto is not None:
            for chunk, _ in self._between(Range(after, upto, known=upto, keys=keys if is_resend else None)):
                yield chunk
        self._intake.ahead = keys

    def _between(self, span: Range) -> Iterator[tuple[Chunk, Mark | None]]:
        """Chunks of its rows, and the mark that each reaches."""
        reader, rows, chunk, after = self._reader, self._reader.query.chunk_rows, Chunk(), span.after
        form = self._intake.form_for(reader.source.columns())
        seen_again = None if span.known is None else SeenAgain(keys=span.keys)

        most = min(rows, chunking.PAGE_ROWS)

        def wanted() -> int:
            return chunking.rows_wanted(chunk, rows)

        scan = reader.source.scan_lines(after, form, upto=span.upto, page_rows=most)
        for page in prefetched(scan, wanted, most):
            self._intake.add(chunk, page, reader.clock.now(), seen_again)
            if seen_again is not None and (page.exhausted or span.is_new(page.mark)):
                self._intake.add_seen_again(chunk, seen_again)
                seen_again = None
            while len(chunk.ready) > rows:  # the page was asked for before it was known how much was wanted
                full, chunk = chunking.cut(chunk, rows)
                yield full, after
            after = page.mark or after
            if page.exhausted or chunking.is_full(chunk, rows):
                yield chunk, page.mark or (after if chunk.rows_read else None)
                chunk = Chunk()


@dataclass(frozen=True, slots=True)
class Range:
    """Rows between two marks."""

    after: Mark | None
    upto: Mark | None
    known: Mark | None
    """Up to there they were read before; None: never."""
    keys: set[str] | None = None
    """Where they are wanted: takes the keys of all rows."""

    def is_new(self, mark: Mark | None) -> bool:
        """Whether a mark of this range lies behind what was read before."""
        if mark is None or mark == self.known:
            return False
        return self.after == self.known or is_beyond(mark, self.known)


class Progress:
    """Tells of a long run, about every ten seconds."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._started = self._told = reader.clock.now()
        self._rows = 0

    def tell(self, chunk: Chunk, after: Mark | None) -> None:
        """Count a recorded chunk; say how it goes if it is time to."""
        reader, now = self._reader, self._reader.clock.now()
        self._rows += chunk.rows_read
        if now - self._told < PROGRESS_EVERY:
            return
        self._told = now
        reader.observer.emit(
            Event.QUERY_PROGRESS,
            query=reader.query.name,
            rows=self._rows,
            rows_per_second=round(self._rows / (now - self._started).total_seconds()),
            left=reader.source.count(after),
        )
