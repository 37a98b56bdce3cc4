"""Reads pages as text (`texts`), where the database can write them and nothing speaks against it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from syncd.mapping import Form
from syncd.model import Page, TextPage
from syncd.model.errors import SourceRefused
from syncd.model.joined import JoinedLines
from syncd.model.settings import QuerySettings
from syncd.source import lookup
from syncd.source.edge import Edge
from syncd.source.engines import Database
from syncd.source.keyset import Keyset
from syncd.source.lines import WRITERS, TextRow, Wanted, steady_offset, steady_offset_of_moments
from syncd.source.result import Cursor, QueryResult
from syncd.source.shape import Row, Shape

KEYS_AT_ONCE = 500
"""In one statement: what it takes to write a longer one stays in memory."""


@dataclass(frozen=True, slots=True)
class _Span:
    """What a page was read from."""

    form: Form
    shape: Shape
    keyset: Keyset
    lower: Cursor | None
    upper: Cursor
    overlaps: bool
    """Whether it began with the last row of the page before, at `lower`, which is left out."""


class TextReader:
    """The fast way of `SqlSource.scan_lines`. Raises SourceError."""

    def __init__(self, query: QuerySettings, database: Database, result: QueryResult) -> None:
        self._query = query
        self._database = database
        self._result = result
        self._writer = WRITERS.get(database.family)
        now, counter = datetime.now(UTC), query.counter_timezone or UTC
        self._offset = query.timezone.utcoffset(now) or timedelta()
        self._counter_offset = now.astimezone(counter).utcoffset() or timedelta()
        self._is_refused = False

    def restart(self) -> None:
        """Try anew what the database refused in the scan before."""
        self._is_refused = False

    def read(
        self, form: Form, lower: Cursor | None, upper: Cursor | None, edge: Edge | None, limit: int
    ) -> tuple[Page | TextPage, Edge | None] | None:
        """A page and the edge behind it; None where rows have to be read as values.

        With an `edge`, `lower` is its cursor, so that its last row comes again; it is left out.
        """
        writer, shape, keyset = self._writer, self._result.shape(), self._result.keyset()
        if writer is None or self._is_refused or not writer.fits(form, shape.types):
            return None
        repeated = edge is not None and edge.last_line is not None
        size = min(limit, writer.rows) + repeated
        offsets = self._offset, self._counter_offset
        wanted = Wanted(keyset, shape, form, lower, upper, size, *offsets, asks_tie=_asks_tie(edge))
        try:
            row = self._result.run(lambda connection: writer.read(connection, wanted))
        except SourceRefused:  # a relative of the database, without some function: its rows are values
            self._is_refused = True
            return None
        keys, lines = self._split(row, form)
        tied = row.is_tied or (edge is not None and row.cursor == edge.cursor)
        if len(lines) != row.rows or row.rows > size or (tied and row.rows == size):
            return None  # not by text, or rows that tie and are more than a page
        exhausted, last = row.exhausted, (keys[-1], lines[-1]) if lines else None
        overlaps = repeated and edge is not None and bool(lines) and (keys[0], lines[0]) == edge.last_line
        if overlaps:
            keys, lines = keys.without_first(), lines.without_first()
        if not lines and exhausted:
            return Page(shape.columns, [], None, exhausted=True), edge
        if not lines or len(lines) > limit:
            return None  # others tie with the last row
        mark, span = shape.mark_of_cursor(row.cursor), _Span(form, shape, keyset, lower, row.cursor, overlaps)

        def as_rows(places: Sequence[int] | None) -> Page:
            return self._rows(span, None if places is None else keys.at(places))

        page = TextPage(shape.columns, keys, lines, row.oldest, row.newest, mark, exhausted, as_rows)
        return page, Edge(mark, row.cursor, last_line=last)

    def _split(self, row: TextRow, form: Form) -> tuple[JoinedLines, JoinedLines]:
        """Keys and lines, one each for every row; none where the text is not what it should be."""
        ends = row.rows - 1
        whole = row.keys.count("\n") == ends and row.lines.count("\n") == ends
        if row.rows == 0 or not whole or not self._is_steady(row, form):
            return JoinedLines(), JoinedLines()
        keys = row.keys.replace("\n", '"]\n["')
        return JoinedLines.of(f'["{keys}"]', row.rows), JoinedLines.of(row.lines, row.rows)

    def _is_steady(self, row: TextRow, form: Form) -> bool:
        """Whether the zones' offsets that the lines were written with hold for all of them."""
        is_read = row.local is None or self._is_read_steadily(*row.local)
        return is_read and (form.zone is None or self._is_written_steadily(form.zone, row))

    def _is_read_steadily(self, oldest: object, newest: object) -> bool:
        offset = steady_offset(self._query.timezone, oldest, newest)
        before, self._offset = self._offset, self._offset if offset is None else offset
        return offset == before

    def _is_written_steadily(self, zone: ZoneInfo, row: TextRow) -> bool:
        since, until = row.oldest, row.newest
        if row.local is not None and isinstance(since, datetime) and isinstance(until, datetime):
            since, until = since - self._offset, until - self._offset
        offset, before = steady_offset_of_moments(zone, since, until), self._counter_offset
        self._counter_offset = before if offset is None else offset
        return offset == before

    def _rows(self, span: _Span, keys: Sequence[str] | None) -> Page:
        """The rows of a page again, as values: those of some keys, or all of them."""
        shape = span.shape
        conditions = span.keyset.bounds(span.lower, span.upper)
        if keys is not None:
            names = [shape.columns[place] for place in shape.key]
            wanted, kinds, found = [json.loads(key) for key in keys], self._kinds(span), list[Row]()
            for start in range(0, len(wanted), KEYS_AT_ONCE):
                part = wanted[start : start + KEYS_AT_ONCE]
                among = lookup.condition(names, part, kinds, loose=self._database.loose)
                found += self._result.fetch(lambda keyset: keyset.ordered([*conditions, among])).rows  # noqa: B023 — called at once
            return Page(shape.columns, found, None, exhausted=True)
        fetched = self._result.fetch(lambda keyset: keyset.ordered(conditions))
        rows = fetched.rows
        if span.overlaps and rows and fetched.cursor(0) == span.lower:
            del rows[0]
        return Page(fetched.shape.columns, rows, None, exhausted=True)

    @staticmethod
    def _kinds(span: _Span) -> list[type]:
        """The types of the key's columns, all of which are in the cursor."""
        types = dict(zip(span.shape.cursor, map(type, span.upper), strict=True))
        return [types[place] for place in span.shape.key]


def _asks_tie(edge: Edge | None) -> bool:
    """Whether only the database can tell that the last row of a page still ties with the edge."""
    return edge is not None and not edge.is_exact
