"""Compares the source with what was delivered, and delivers what is missing, as an ordinary run would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from syncd.inspect.compare import Compare, ComparedRow, began
from syncd.model import Chunk, Mark, Page, Position, RowFate
from syncd.model.marks import is_beyond
from syncd.model.marks import since as mark_since
from syncd.pipeline.chunking import chunking
from syncd.pipeline.chunking.intake import Intake
from syncd.pipeline.reading.retry_rejects import findable

KEYS_AT_ONCE = 1000
"""Delivered keys that the source is asked for in one statement."""
NAMED = 20
"""Keys of each fate that are named; all are counted."""
NAMED_FATES = (RowFate.MISSING, RowFate.CHANGED_IDENTITY, RowFate.CHANGED_MONEY)


@dataclass(frozen=True, slots=True)
class Span:
    """Which rows are looked at."""

    since: datetime
    after: Mark | None
    """None: from where the query's `start` says."""
    upto: Mark
    """Behind this everything has been read; what comes later is a coming run's."""
    by_mark: bool
    """The mark itself tells the time; else all rows are read, and those with an older DateTime left out."""

    def holds(self, moment: int | None) -> bool:
        """Whether a row with this DateTime belongs to it; one that cannot be read always does."""
        return self.by_mark or moment is None or moment >= self.since.timestamp()


@dataclass(slots=True)
class Account:
    """What the rows of a span came to."""

    counts: Counter[RowFate] = field(default_factory=Counter)
    named: dict[RowFate, list[str]] = field(default_factory=dict)
    """The first keys of those fates that a person should look at."""

    def add(self, row: ComparedRow) -> None:
        """Count one row."""
        self.counts[row.fate] += 1
        if row.fate in NAMED_FATES:
            keys = self.named.setdefault(row.fate, [])
            if len(keys) < NAMED:
                keys.append(row.key)


def span_of(
    comparison: Compare, position: Position | None, length: timedelta, begun: datetime | None
) -> Span | None:
    """The rows of the last `length`; None when the query has read nothing yet.

    Args:
        comparison: The query, its source and its store.
        position: How far it was read.
        length: How far back.
        begun: When the query's oldest upload was recorded. With `start: now` what is older was passed over,
            where a store of an older syncd does not tell where that was.
    """
    query, now = comparison.query, comparison.clock.now()
    end = None if position is None else position.safe or position.mark
    if end is None:
        return None
    moment, start = now - length, began(query, comparison.source, position)
    if query.start == "now":
        if begun is None:
            return None
        moment = max(moment, begun) if start is None else moment
    after = mark_since(end, moment, now, query.timezone)
    by_mark = after is not None
    if start is not None and (after is None or is_beyond(start, after)):
        after = start
    return Span(moment, after, end, by_mark)


def account(comparison: Compare, span: Span) -> Account:
    """Hold every row of the span against the store; a page in memory at a time."""
    found = Account()
    for row in comparison.rows(span.after, span.upto):
        if span.holds(row.moment):
            found.add(row)
    return found


def find_departed(comparison: Compare, uploads: Iterable[int]) -> list[str]:
    """The delivered keys of these uploads that the query returns no more: nothing tells Metrica of that."""
    query, seen, departed = comparison.query, set[str](), list[str]()
    for upload_id in uploads:
        keys = [key for key in comparison.store.load(upload_id).keys if key not in seen]
        seen.update(keys)
        for start in range(0, len(keys), KEYS_AT_ONCE):
            wanted = {key: findable(query, key) for key in keys[start : start + KEYS_AT_ONCE]}
            texts = {key: words for key, words in wanted.items() if words is not None}
            pages = comparison.source.by_key(list(texts.values()))
            departed += [key for key, page in zip(texts, pages, strict=True) if not page.rows]
    return departed


def missing(comparison: Compare, intake: Intake, span: Span) -> Iterator[Chunk]:
    """Chunks of what an ordinary run would send or reject of the span; they leave the mark as it is.

    The caller records each before it asks for the next.
    """
    chunk, rows = Chunk(), comparison.query.chunk_rows
    scan = comparison.source.scan(span.after, upto=span.upto, page_rows=rows)
    for page in scan:
        intake.add(chunk, _within(comparison, span, page), comparison.clock.now())
        if page.exhausted or chunking.is_full(chunk, rows):
            yield chunk
            chunk = Chunk()
        scan.page_rows = chunking.rows_wanted(chunk, rows)


def _within(comparison: Compare, span: Span, page: Page) -> Page:
    """The rows of a page that belong to the span."""
    if span.by_mark or not page.rows:
        return page
    moments = comparison.moments(page)
    return replace(page, rows=[row for row, at in zip(page.rows, moments, strict=True) if span.holds(at)])
