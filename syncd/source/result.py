"""The result of one query: which columns it has, and rows of it by the statements of `keyset`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import Connection, Select

from syncd.model import Mark
from syncd.model.errors import SourceError, SourceRefused
from syncd.model.settings import QuerySettings
from syncd.source.engines import Database
from syncd.source.keyset import Keyset
from syncd.source.shape import Shape, shape_of
from syncd.source.wanted import located, statement_of

FETCHED_AT_ONCE = 50
"""Rows between two looks at how much there is already."""
DESCRIBED_FOR = 600.0
"""Seconds after which the result's columns are asked for anew: one may have come that is found by name."""

Row = tuple[object, ...]
Cursor = tuple[object, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fetched:
    """Rows as a statement gave them."""

    shape: Shape
    raw: list[Row]
    is_cut: bool = False
    """Whether there were more, and those in hand were large enough."""
    characters: int = 0
    """Of all texts and bytes in them."""

    @property
    def rows(self) -> list[Row]:
        """The values of the used columns."""
        return [self.shape.values_of(row) for row in self.raw]

    def cursor(self, place: int) -> Cursor:
        """Where a row stands."""
        return self.shape.cursor_of(self.raw[place])

    def is_tie(self, place: int) -> bool:
        """The database's word for whether a row stands exactly at the lower bound (`Keyset.page`)."""
        return bool(self.raw[place][-1])


class QueryResult:
    """The result of one query on its database. Every method raises SourceError; safe for several threads."""

    def __init__(self, query: QuerySettings, database: Database) -> None:
        """Connects to nothing."""
        self._query = query
        self._database = database
        self._where = f"query {query.name}: database {query.database.name}"
        self._base = Keyset(statement_of(query, database.family), database.row_values, quote=database.quote)
        self._shape: Shape | None = None
        self._keyset = self._base
        self._described_at = 0.0
        self._page_types: tuple[object, ...] | None = None

    @property
    def where(self) -> str:
        """What begins the message of an error."""
        return self._where

    def shape(self) -> Shape:
        """The columns that are used, and their types."""
        shape = self._shape
        if shape is None or monotonic() - self._described_at > DESCRIBED_FOR:
            shape = self.describe()
        return shape

    def keyset(self) -> Keyset:
        """The statements that fit the shape."""
        self.shape()
        return self._keyset

    def describe(self) -> Shape:
        """Ask for the result's columns anew."""

        def work(connection: Connection) -> Shape:
            result = connection.execute(self._base.describe())
            description = result.cursor.description or ()
            if not description:
                raise SourceRefused(f"{self._where}: the sql gives no columns")
            return shape_of(self._query, self._database.family, description, result.cursor)

        shape = self._run(work)
        if shape != self._shape:
            self._page_types = None
        self._keyset = replace(self._base, order=shape.order, selected=shape.selected)
        self._shape, self._described_at = shape, monotonic()
        return shape

    def fetch(self, statement: Callable[[Keyset], Select[Any]], *, characters: int | None = None) -> Fetched:
        """The rows of a statement; as soon as there are so many characters in them, those in hand.

        The statement is made and run once more where the columns' types are no longer what they were.
        """
        shape, keyset = self.shape(), self._keyset

        def work(connection: Connection) -> tuple[tuple[object, ...], list[Row], bool, int]:
            result = connection.execute(statement(keyset))
            description = result.cursor.description or ()
            types = tuple(column[1] for column in description[: len(shape.columns)])
            rows, size, is_cut = list[Row](), 0, False
            while batch := result.fetchmany(FETCHED_AT_ONCE):
                rows.extend(map(tuple, batch))
                size += _characters(batch)
                if is_cut := (characters is not None and size > characters):
                    break
            return types, rows, is_cut, size

        try:
            types, rows, is_cut, size = self._run(work)
        except SourceRefused:
            self._shape = None  # a column may have gone: asked for anew, it is named in plain words
            raise
        if self._page_types not in (None, types) and self.describe() != shape:
            return self.fetch(statement, characters=characters)
        self._page_types = types
        return Fetched(shape, rows, is_cut, size)

    def _run(self, work: Callable[[Connection], T]) -> T:
        """Run a statement around the query's own SQL; an error in that is told with its place in the file."""
        try:
            return self._database.run(self._where, work, sql=self._base.sql)
        except SourceError as error:
            raise located(error, self._query).name_query(self._query.name) from None

    def bound(self, mark: Mark | None) -> Cursor | None:
        """A mark as its columns hold it now."""
        return None if mark is None else self.carried(mark).values

    def carried(self, mark: Mark) -> Mark:
        """A recorded mark in the form that its columns have now: their types may have been altered since."""
        return self.shape().carried(mark)

    def newest(self, upto: Mark | None = None) -> Mark | None:
        """The highest mark there is, or is up to this one; None when there is no row with one."""
        upper, size = self.bound(upto), self.shape().mark_size
        found = self.fetch(lambda keyset: keyset.newest(upper, size))
        return found.shape.mark_of(found.rows[0], found.cursor(0)) if found.raw else None

    def run(self, work: Callable[[Connection], T], **options: Any) -> T:
        """`Database.run` of something else for this query."""
        return self._database.run(self._where, work, **options)


def _characters(rows: Sequence[Sequence[object]]) -> int:
    """Characters and bytes of rows, in the columns whose first value has a length, or is null."""
    total = 0
    for place, value in enumerate(rows[0]):
        if value is None or isinstance(value, _WIDE):
            total += sum(_length(row[place]) for row in rows)
    return total


_WIDE = (str, bytes, bytearray, memoryview, list, dict)


def _length(value: object) -> int:
    if isinstance(value, str | bytes | bytearray | memoryview):
        return len(value)
    return len(repr(value)) if isinstance(value, list | dict) else 0
