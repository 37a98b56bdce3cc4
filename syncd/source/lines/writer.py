"""The statement for a database that writes lines, and its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from typing import Any

from sqlalchemy import ColumnElement, Connection, literal_column

from syncd.mapping.lines.form import Form
from syncd.model.kinds import UploadColumn
from syncd.source.exact import written_as
from syncd.source.exact.types import literal_name
from syncd.source.keyset import DERIVED, Keyset, SortColumn
from syncd.source.shape import Shape


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page, and what of it."""

    keyset: Keyset
    shape: Shape
    form: Form
    lower: Sequence[object] | None
    upper: Sequence[object] | None
    size: int
    """Rows at most."""
    offset: timedelta
    """From UTC, of local times."""
    counter_offset: timedelta = timedelta()
    """From UTC, of the moments of `Form.zone`."""
    asks_tie: bool = False
    """Whether it is wanted that the database says if the last row ties with `lower`."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """The one row that a page as text comes in."""

    rows: int
    """More than were wanted where others came in while it was read: the page is no good then."""
    keys: str
    """Joined by newlines, each the values of a key's columns joined by `","`."""
    lines: str
    oldest: object
    """Of the DateTime column: a datetime, or unix seconds."""
    newest: object
    local: tuple[object, object] | None
    """Between which the local times are that were written with the offset; None where all have a zone."""
    cursor: tuple[object, ...]
    """Mark and tie-breakers of the last row."""
    exhausted: bool
    """Whether there was no row behind it."""
    is_tied: bool = False
    """Whether the last row ties with `Wanted.lower`, where that was asked for."""


@dataclass(frozen=True, slots=True)
class Writer:
    """What a database can write."""

    fits: Callable[[Form, Sequence[object]], bool]
    """Whether it can write such lines from columns of these types."""
    read: Callable[[Connection, Wanted], TextRow]
    rows: int = 50_000
    """In a page: some megabytes of text."""


NOTHING = TextRow(0, "", "", None, None, None, (), exhausted=True)
"""No row."""


ODD = "'\"'"
"""SQL for what no grammar takes."""


def by_types(
    columns: Mapping[UploadColumn, frozenset[int]], key: frozenset[int]
) -> Callable[[Form, Sequence[object]], bool]:
    """`Writer.fits` where a type decides: which may stand in each column of the upload, and in keys."""

    def fits(form: Form, types: Sequence[object]) -> bool:
        cells = [(cell.column, cell.position) for cell in form.cells if cell.position is not None]
        return all(types[position] in columns.get(column, ()) for column, position in cells) and all(
            types[position] in key for position in form.key
        )

    return fits


def with_commas(key: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """The columns of a key, and the `","` between them."""
    comma: ColumnElement[Any] = literal_column("'\",\"'")
    return [part for column in key for part in (comma, column)][1:]


def one_text(parts: Sequence[ColumnElement[str]]) -> ColumnElement[str]:
    """The parts one after the other, by `||`."""
    return reduce(ColumnElement.concat, parts)


@dataclass(frozen=True, slots=True)
class LastPlace:
    """Where a page ends."""

    cursor: tuple[object, ...]
    exhausted: bool
    """Whether there is no row behind it."""
    is_tied: bool


def last_place(connection: Connection, wanted: Wanted) -> LastPlace | None:
    """Where a page ends; None if there is no row.

    For databases that cannot tell it along with the page. What is read up to this place is whole whatever
    has happened meanwhile: rows that have come in are rows too many, and those that have gone are behind it.
    """
    keyset, shape = wanted.keyset, wanted.shape
    cells = [exact_text(column, quoted(connection, DERIVED, column.name)) for column in keyset.order] + _tie(
        wanted
    )
    page = keyset.page(wanted.lower, wanted.upper, 1)
    place = page.with_only_columns(*cells, maintain_column_froms=True)
    row = connection.execute(place.offset(wanted.size - 1)).one_or_none()
    is_last = row is None
    if row is None:
        backwards = keyset.last(wanted.lower, wanted.upper)
        row = connection.execute(
            backwards.with_only_columns(*cells, maintain_column_froms=True)
        ).one_or_none()
    if row is None:
        return None
    found = tuple(row)
    return LastPlace(
        cursor_values(keyset, found), is_last, len(found) > len(shape.cursor) and bool(found[-1])
    )


def _tie(wanted: Wanted) -> list[ColumnElement[Any]]:
    return [wanted.keyset.tie(wanted.lower)] if wanted.asks_tie and wanted.lower is not None else []


def exact_text(column: SortColumn, sql: str) -> ColumnElement[Any]:
    """What gives a column's exact value, of SQL that stands for the column."""
    return literal_column(sql) if column.exact is None else written_as(column.exact.select or "{}", sql)


def cursor_values(keyset: Keyset, cells: Sequence[object]) -> tuple[object, ...]:
    """A cursor, of what `exact_text` gave for each of the order's columns; further cells are left out."""
    return tuple(column.value_of(cell) for column, cell in zip(keyset.order, cells, strict=False))


def quoted(connection: Connection, table: str, name: str) -> str:
    """The column `name` of `table`, as SQL for `literal_column`."""
    return f"{table}.{literal_name(connection.dialect.identifier_preparer, name)}"
