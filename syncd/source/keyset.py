"""The SELECT around the DBA's SQL: bounds, order and limit, compiled by SQLAlchemy for each database.

The SQL stands verbatim in a derived table named `syncd_q`. The values of marks and cursors are bound as texts
with a cast to their column's type (`exact`), so that no driver changes them on the way and the database alone
compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    column,
    func,
    literal_column,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.sql import quoted_name
from sqlalchemy.types import NullType

from syncd.source.exact import ExactType, written_as
from syncd.source.statement import escape

DERIVED = "syncd_q"
TIE = "syncd_tie"
"""The name of the extra column that says whether a row stands exactly at the cursor."""
TEXT = "syncd_text"
"""How the names of the columns begin that hold the exact texts of others."""

Bound = Sequence[object] | None


@dataclass(frozen=True, slots=True)
class SortColumn:
    """A column that orders the rows, and how its values travel."""

    name: str
    exact: ExactType | None = None
    """None: as the driver gives them."""
    zone: tzinfo = UTC
    """Of values that carry none, where the column has a zone, or has got one since."""

    @property
    def sql(self) -> Any:
        """The column itself."""
        return _name(self.name)

    def bound(self, value: Any) -> Any:
        """A value that the column is compared with."""
        if self.exact is None:
            return bindparam(None, value, type_=NullType())
        carried = self.exact.carried(value, self.zone)
        return self.exact.bound(value if carried is None else carried)

    def value_of(self, cell: object) -> object:
        """The column's exact value, of what the database gave for it."""
        return cell if self.exact is None else self.exact.value_of(cell)


@dataclass(frozen=True, slots=True)
class SelectedColumn:
    """A column of the result that is read."""

    name: str
    sql: str = "{}"
    """SQL that reads it, where `{}` is the column."""


@dataclass(frozen=True, slots=True)
class Keyset:
    """Builds the statements of one query."""

    sql: str
    """One statement without a final semicolon (`statement.single_statement`)."""
    row_values: bool
    """Whether `(a, b) >= (x, y)` may be written, rather than spelt out."""
    order: tuple[SortColumn, ...] = ()
    """The mark's columns, then those of the key that are not among them."""
    selected: tuple[SelectedColumn, ...] = ()
    """The columns that are read; none: all there are."""
    quote: Callable[[str], str] = '"{}"'.format
    """Quotes a name for SQL as text."""

    def describe(self) -> Select[Any]:
        """No row, only the result's columns."""
        return (
            select(literal_column(f"{DERIVED}.*")).select_from(self._derived()).where(literal_column("1 = 0"))
        )

    def page(
        self, lower: Bound, upper: Bound, limit: int, *, tie: bool = False, whole: bool = False
    ) -> Select[Any]:
        """Rows from `lower` to `upper` (each a prefix of the order's values, both included) in order.

        Args:
            lower: None: from the first row.
            upper: None: to the last row.
            limit: How many rows at most.
            tie: Adds the column `syncd_tie`: 1 where a row equals `lower` in all of its columns by the
                database's own rules, in which 'a' may equal 'A'.
            whole: Without exact texts beside the columns: for a statement around this one.
        """
        query = self._rows(whole=whole).where(*self.bounds(lower, upper))
        if tie and lower is not None:
            query = query.add_columns(self.tie(lower).label(TIE))
        return query.order_by(*self._names()).limit(limit)

    def tie(self, lower: Sequence[object]) -> ColumnElement[Any]:
        """1 for a row that stands exactly at the cursor by the database's own rules, else 0."""
        is_same = and_(*(name == value for name, value in self._pairs(lower)))
        return case((is_same, literal_column("1")), else_=literal_column("0"))

    def last(self, lower: Bound, upper: Bound) -> Select[Any]:
        """The last row of those that `page` would find without its limit."""
        query = self._rows().where(*self.bounds(lower, upper))
        return query.order_by(*(name.desc() for name in self._names())).limit(1)

    def ordered(self, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
        """All rows for which the conditions hold, in order."""
        return self._rows().where(*conditions).order_by(*self._names())

    def newest(self, upper: Bound, mark_size: int, rows: int = 1) -> Select[Any]:
        """Select the last rows in the order of the first columns, up to a mark, the very last first."""
        mark = replace(self, order=self.order[:mark_size])
        query = self._rows().where(*mark.bounds(None, upper))
        return query.order_by(*(name.desc() for name in mark._names())).limit(rows)  # noqa: SLF001 — its own class

    def filled(self, columns: Sequence[str]) -> Select[Any]:
        """Any one row without a null in these columns."""
        return self._rows().where(*(_name(name).is_not(None) for name in columns)).limit(1)

    def without_place(self, limit: int) -> Select[Any]:
        """Rows that have a null in one of the order's columns."""
        return self._rows().where(or_(*(name.is_(None) for name in self._names()))).limit(limit)

    def count(self, lower: Bound, upper: Bound = None) -> Select[Any]:
        """How many rows `page` would find without its limit."""
        counted = select(func.count(literal_column("*"))).select_from(self._derived())
        return counted.where(*self.bounds(lower, upper))

    def bounds(self, lower: Bound, upper: Bound) -> list[ColumnElement[bool]]:
        """The conditions of a page.

        A comparison with a value excludes nulls of its first column by itself, but once that column has
        decided, nulls in the later ones pass; a row with a null cannot be a cursor, so they are excluded
        in words. `without_place` finds them.
        """
        conditions: list[ColumnElement[bool]] = []
        if lower is not None:
            conditions.append(self._compare(self._pairs(lower), lower=True))
        if upper is not None:
            conditions.append(self._compare(self._pairs(upper), lower=False))
        rest = self._names() if not conditions else self._names()[1:]
        return [*conditions, *(name.is_not(None) for name in rest)]

    def texts(self) -> list[ColumnElement[Any]]:
        """The exact texts of the order's columns that need one."""
        return [
            written_as(column.exact.select, self.quote(column.name)).label(f"{TEXT}{place}")
            for place, column in enumerate(self.order)
            if column.exact is not None and column.exact.select
        ]

    def _compare(self, pairs: list[tuple[Any, Any]], *, lower: bool) -> ColumnElement[bool]:
        if len(pairs) > 1 and self.row_values:
            names, values = tuple_(*(pair[0] for pair in pairs)), tuple_(*(pair[1] for pair in pairs))
            return names >= values if lower else names <= values
        return _expanded(pairs, lower=lower)

    def _pairs(self, values: Sequence[object]) -> list[tuple[Any, Any]]:
        # The values may be a prefix.
        return [(column.sql, column.bound(value)) for column, value in zip(self.order, values, strict=False)]

    def _names(self) -> list[Any]:
        return [column.sql for column in self.order]

    def _derived(self) -> Any:
        # The line break ends a comment that the SQL may end with.
        return text(escape(self.sql) + "\n").columns().subquery(DERIVED)

    def _rows(self, *, whole: bool = False) -> Select[Any]:
        """The columns that are read, and beside them the exact texts of those that order the rows."""
        if not self.selected:
            return select(literal_column(f"{DERIVED}.*")).select_from(self._derived())
        columns = [self._read(column) for column in self.selected]
        return select(*columns, *([] if whole else self.texts())).select_from(self._derived())

    def _read(self, column: SelectedColumn) -> Any:
        if column.sql == "{}":
            return _name(column.name)
        return written_as(column.sql, self.quote(column.name)).label(quoted_name(column.name, quote=True))


def _expanded(pairs: list[tuple[Any, Any]], *, lower: bool) -> ColumnElement[bool]:
    """`a >= x AND (a > x OR (a = x AND …))`: the first condition alone is a range of an index."""
    name, value = pairs[0]
    reach: ColumnElement[bool] = name >= value if lower else name <= value
    if len(pairs) == 1:
        return reach
    beyond: ColumnElement[bool] = name > value if lower else name < value
    return and_(reach, or_(beyond, and_(name == value, _expanded(pairs[1:], lower=lower))))


def _name(name: str) -> Any:
    """Always quoted: it is spelt as the database itself spells it."""
    return column(quoted_name(name, quote=True))
