"""A scan: the rows of a range, page by page. It owns its cursor, so nothing that is read beside it moves it.

Each page is a short transaction of its own. It begins at the last row of the page before, that row and its
ties included, and what comes again is left out (`edge`). Example with pages of two rows and marks 1, 2, 2, 3:
the first page gives 1 and one of the 2s; the second asks for three rows from 2 on, leaves out the 2 that was
given, and gives the other 2 and the 3.

A scan proves that it moves: a database that gives the same place again, or no row where it has one, ends it
with NoProgress.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from sqlalchemy import Select

from syncd.mapping import Form
from syncd.model import Mark, Page, TextPage
from syncd.model.errors import NoProgress
from syncd.model.keys import value_text
from syncd.source.edge import Edge, first_edge
from syncd.source.keyset import Keyset
from syncd.source.lines.reader import TextReader
from syncd.source.result import Cursor, Fetched, QueryResult

ROWS = 10_000
"""Rows of a page that are read as values, at most."""
PAGE_CHARACTERS = 16_000_000
"""Characters and bytes of a page that is read as values: what bounds the memory, however wide the rows."""

PageT = TypeVar("PageT", bound=Page | TextPage)


@dataclass(frozen=True, slots=True)
class Lines:
    """How a database writes the rows as lines of the upload."""

    reader: TextReader
    form: Callable[[], Form | None]
    """How the lines are to look, as it stands when asked; None: rows are wanted as values."""


class SqlScan(Generic[PageT]):
    """Yields pages up to the one that is exhausted, and that one. `next` raises SourceError."""

    def __init__(
        self,
        result: QueryResult,
        after: Mark | None,
        upto: Mark | None,
        page_rows: int,
        lines: Lines | None = None,
    ) -> None:
        self.page_rows = page_rows
        """Rows of the next page, at most; may be set anew between two pages."""
        self._result = result
        self._after, self._upto = after, upto
        self._lines = lines
        self._edge: Edge | None = None
        self._places: set[tuple[object, ...]] = set()
        """Where pages ended: none may end there again, unless its rows tie with the last."""
        self._fitting = ROWS
        self._is_begun = self._is_over = False

    def __iter__(self) -> SqlScan[PageT]:
        return self

    def __next__(self) -> PageT:
        if self._is_over:
            raise StopIteration
        page: Page | TextPage = self._by_lines() or self._by_values()
        if not self._is_begun and page.exhausted and page.mark is None:
            self._prove_empty()
        self._is_begun, self._is_over = True, page.exhausted
        return page  # type: ignore[return-value]  # a TextPage comes only where `lines` were given

    def _by_lines(self) -> TextPage | Page | None:
        """The next page as lines; None where it has to be read as values."""
        form = self._lines.form() if self._lines is not None else None
        shape = self._result.shape()
        if self._lines is None or form is None or form.columns != shape.columns:
            return None
        lower = self._edge.cursor if self._edge else self._result.bound(self._after)
        upper = self._result.bound(self._upto)
        found = self._lines.reader.read(form, lower, upper, self._edge, self.page_rows)
        if found is None:
            return None
        page, edge = found
        if edge is not None and not page.exhausted:
            self._prove_moved(edge)
        self._edge = edge
        return page

    def _by_values(self) -> Page:
        limit = max(1, min(self.page_rows, self._fitting))
        page = self._first_page(limit) if self._edge is None else self._next_page(self._edge, limit)
        if page.rows and not page.exhausted and self._edge is not None:
            self._prove_moved(self._edge)
        return page

    def _first_page(self, limit: int) -> Page:
        lower, upper = self._result.bound(self._after), self._result.bound(self._upto)
        fetched = self._fetch(lambda keyset: keyset.page(lower, upper, limit + 1))
        shape, rows = fetched.shape, fetched.rows[:limit]
        if not rows:
            return Page(shape.columns, rows, None, exhausted=True)
        mark = shape.mark_of(rows[-1], fetched.cursor(len(rows) - 1))
        self._edge = first_edge(rows, fetched.cursor, mark)
        return Page(shape.columns, rows, mark, len(fetched.raw) <= limit and not fetched.is_cut)

    def _next_page(self, edge: Edge, limit: int) -> Page:
        """The page behind the edge: rows that were given are left out, by their content.

        Rows that tie come in any order, so that reaching beyond all that were given is sure to find others.
        """
        shape, upper = self._result.shape(), self._result.bound(self._upto)
        repeated, patience = edge.ties, 1
        while True:
            statement = partial(_page_behind, edge=edge, upper=upper, limit=limit + repeated + 1)
            fetched = self._fetch(statement, patience)
            if fetched.shape != shape:  # what is remembered of given rows no longer compares with new ones
                self._after, self._edge = edge.mark, None
                return self._first_page(limit)
            rows, ties = fetched.rows, self._ties(edge, fetched)
            fresh = edge.fresh_places(rows, ties)
            if edge.is_tied and rows and len(fresh) == len(rows):
                self._stop("gives other values for the rows of one mark each time they are read")
            is_whole = len(rows) < limit + repeated + 1 and not fetched.is_cut
            if fresh or is_whole:
                break
            if repeated > edge.given.total() and not fetched.is_cut:
                self._stop("gives the same rows again and again")
            repeated, patience = max(edge.given.total(), repeated) + 1, 2 * patience
        given = fresh[:limit]
        is_exhausted = is_whole and len(fresh) <= limit
        if not given:
            return Page(shape.columns, [], None, is_exhausted)
        chosen = [rows[place] for place in given]
        mark = shape.mark_of(chosen[-1], fetched.cursor(given[-1]))
        self._edge = edge.advance(
            chosen, lambda place: fetched.cursor(given[place]), mark, is_tied=ties[given[-1]]
        )
        return Page(shape.columns, chosen, mark, is_exhausted)

    def _fetch(self, statement: Callable[[Keyset], Select[Any]], patience: int = 1) -> Fetched:
        fetched = self._result.fetch(statement, characters=PAGE_CHARACTERS * patience)
        if fetched.raw:
            self._fitting = max(
                1, min(ROWS, PAGE_CHARACTERS * len(fetched.raw) // max(1, fetched.characters))
            )
        return fetched

    @staticmethod
    def _ties(edge: Edge, fetched: Fetched) -> list[bool]:
        """Which rows tie with the edge: the database's word where Python cannot tell."""
        if not edge.is_exact:
            return [fetched.is_tie(place) for place in range(len(fetched.raw))]
        ties = [False] * len(fetched.raw)
        for place in range(len(ties)):  # in order, so the ties come first
            if not edge.is_tie(fetched.cursor(place)):
                break
            ties[place] = True
        return ties

    # --- that the scan moves ---

    def _prove_moved(self, edge: Edge) -> None:
        """Raise NoProgress where a page ends at a place where one ended before, and no row there is news."""
        place = edge.cursor
        if place in self._places and not edge.is_tied:
            self._stop("gives the rows behind it once more, and none behind those")
        self._places.add(place)

    def _prove_empty(self) -> None:
        """Raise NoProgress where the range is empty though the newest row of all stands in it."""
        fetched = self._result.fetch(lambda keyset: keyset.last(None, None))
        if not fetched.raw:
            return
        newest = fetched.shape.mark_of(fetched.rows[0], fetched.cursor(0))
        bounds = [self._result.carried(bound) for bound in (self._after, self._upto) if bound is not None]
        if any(newest.values[: len(bound.values)] != bound.values for bound in bounds):
            return
        self._stop("gives no row for it, though the newest row stands there", newest)

    def _stop(self, what: str, mark: Mark | None = None) -> None:
        mark = mark or (self._after if self._edge is None else self._edge.mark)
        values = ", ".join(value_text(value)[:100] for value in mark.values) if mark else "the beginning"
        raise NoProgress(
            f"{self._result.where}: asked for the rows from the mark {values} on, the database {what}"
        )


def _page_behind(keyset: Keyset, edge: Edge, upper: Cursor | None, limit: int) -> Select[Any]:
    return keyset.page(edge.cursor, upper, limit, tie=not edge.is_exact)
