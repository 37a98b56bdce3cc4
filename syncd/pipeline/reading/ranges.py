"""Chunks of the rows between two marks: what every reading of a query is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta, tzinfo

from syncd.model import Chunk, Mark
from syncd.model.events import Event
from syncd.model.marks import is_beyond, is_ordered
from syncd.pipeline.chunking import chunking
from syncd.pipeline.chunking.intake import Intake
from syncd.pipeline.chunking.news import HeldRows
from syncd.pipeline.reading.clock_changes import reread_start
from syncd.pipeline.reading.context import ReadContext
from syncd.pipeline.reading.prefetch import prefetched

PROGRESS_EVERY = timedelta(seconds=10)


class Ranges:
    """Reads ranges of one query. What asks the source raises SourceError."""

    def __init__(self, context: ReadContext, intake: Intake) -> None:
        self._context = context
        self._intake = intake
        self._floor: Mark | None = None
        """Nothing behind it is read (`Position.floor`)."""
        self._future_keys: set[str] = set()
        """The keys of the rows that the mark does not follow (`on_change: resend`)."""

    @property
    def zones(self) -> tuple[tzinfo, ...]:
        """The zones whose time marks without a zone may tell."""
        return (self._context.query.timezone,)

    def begin(self, floor: Mark | None) -> None:
        """Begin a run, which reads nothing behind `floor`."""
        self._floor = floor

    def back(self, mark: Mark, by: timedelta) -> Mark | None:
        """From where to read for rows up to `by` late, not behind the floor; None: the mark tells no time."""
        start, floor = reread_start(mark, by, self.zones), self._floor
        if start is None or floor is None or is_beyond(floor, mark):
            return start
        return floor if is_beyond(floor, start) else start

    def forward(self, mark: Mark | None, back: timedelta, upto: Mark) -> Iterator[Chunk]:
        """Read from `back` before the mark up to another one. The mark goes along.

        It is not to follow rows that bear a mark of the future: those are delivered and leave it.
        """
        start = self.back(mark, back) if mark is not None else None
        progress = ProgressTeller(self._context)
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

    def reread(self, after: Mark | None, mark: Mark) -> Iterator[Chunk]:
        """Read again what may have been committed behind the mark, which stays."""
        for chunk, _ in self._between(Range(after, mark, known=mark)):
            yield chunk

    def future(self, after: Mark | None, upto: Mark | None) -> Iterator[Chunk]:
        """Read the rows that the mark does not follow, if there are any: those are the last of their keys."""
        keys, is_resend = set[str](), self._intake.on_change == "resend"
        self._future_keys = set()  # they are not to hide one another
        if upto is not None:
            span = Range(after, upto, known=upto, keys=keys if is_resend else None)
            for chunk, _ in self._between(span):
                yield chunk
        self._future_keys = keys

    def _between(self, span: Range) -> Iterator[tuple[Chunk, Mark | None]]:
        """Chunks of its rows, and the mark that each reaches."""
        context, rows, chunk, after = self._context, self._context.query.chunk_rows, Chunk(), span.after
        form = self._intake.form_for(context.source.columns())
        held_rows = None if span.known is None else HeldRows(self._future_keys, span.keys)

        most = min(rows, chunking.PAGE_ROWS)

        def wanted() -> int:
            return chunking.rows_wanted(chunk, rows)

        scan = context.source.scan_lines(after, form, upto=span.upto, page_rows=most)
        for page in prefetched(scan, wanted, most, is_first_load=span.known is None):
            held = held_rows or HeldRows(self._future_keys, span.keys, ends_with_page=True)
            self._intake.add(chunk, page, context.clock.now(), held)
            if held_rows is not None and (page.exhausted or span.is_new(page.mark)):
                self._intake.add_held_rows(chunk, held_rows)
                held_rows = None
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
    upto: Mark
    known: Mark | None
    """Up to there they were read before; None: never."""
    keys: set[str] | None = None
    """Where they are wanted: takes the keys of all rows."""

    def is_new(self, mark: Mark | None) -> bool:
        """Whether a mark of this range lies behind what was read before."""
        if mark is None or mark == self.known:
            return False
        return self.after == self.known or is_beyond(mark, self.known)


class ProgressTeller:
    """Tells of a long run, about every ten seconds."""

    def __init__(self, context: ReadContext) -> None:
        self._context = context
        self._started = self._told = context.clock.now()
        self._rows = 0

    def tell(self, chunk: Chunk, after: Mark | None) -> None:
        """Count a recorded chunk; say how it goes if it is time to."""
        context, now = self._context, self._context.clock.now()
        self._rows += chunk.rows_read
        if now - self._told < PROGRESS_EVERY:
            return
        self._told = now
        context.observer.emit(
            Event.QUERY_PROGRESS,
            query=context.query.name,
            rows=self._rows,
            rows_per_second=round(self._rows / (now - self._started).total_seconds()),
            left=context.source.count(after),
        )
