"""The SELECT around the DBA's SQL: bounds, order and limit, compiled by SQLAlchemy for each database.

The SQL stands verbatim in a derived table named `syncd_q`. Values are bound without a type of ours, exactly
as the driver gave them, so the database compares them as it would a literal of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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

from syncd.source.statement import escape

DERIVED = "syncd_q"
TIE = "syncd_tie"
"""The name of the extra column that says whether a row stands exactly at the cursor."""


@dataclass(frozen=True, slots=True)
class Keyset:
    """Builds the statements of one query."""

    sql: str
    """One statement without a final semicolon (`statement.single_statement`)."""
    row_values: bool
    """Whether `(a, b) >= (x, y)` may be written, rather than spelt out."""

    def describe(self) -> Select[Any]:
        """No row, only the result's columns."""
        return self._all().where(literal_column("1 = 0"))

    def page(
        self,
        columns: Sequence[str],
        lower: Sequence[object] | None,
        upper: Sequence[object] | None,
        limit: int,
        *,
        tie: bool = False,
    ) -> Select[Any]:
        """Rows from `lower` to `upper` (each a prefix of `columns`, both included) in order.

        `tie` adds the column `syncd_tie`: 1 where a row equals `lower` in all of its columns by the
        database's own rules, in which 'a' may equal 'A'.
        """
        query = self._all().where(*self.bounds(columns, lower, upper))
        if tie and lower is not None:
            same = and_(*(name == value for name, value in _pairs(columns, lower)))
            query = query.add_columns(case((same, literal_column("1")), else_=literal_column("0")).label(TIE))
        return query.order_by(*(_name(name) for name in columns)).limit(limit)

    def last(
        self, columns: Sequence[str], lower: Sequence[object] | None, upper: Sequence[object] | None
    ) -> Select[Any]:
        """The last row of those that `page` would find without its limit."""
        query = self._all().where(*self.bounds(columns, lower, upper))
        return query.order_by(*(_name(name).desc() for name in columns)).limit(1)

    def ordered(self, columns: Sequence[str], conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
        """All rows for which the conditions hold, in order."""
        return self._all().where(*conditions).order_by(*(_name(name) for name in columns))

    def newest(self, columns: Sequence[str], upper: Sequence[object] | None, rows: int = 1) -> Select[Any]:
        """Select the last rows in the order, up to a cursor, the very last first."""
        query = self._all().where(*self.bounds(columns, None, upper))
        return query.order_by(*(_name(name).desc() for name in columns)).limit(rows)

    def where(self, condition: ColumnElement[bool], columns: Sequence[str]) -> Select[Any]:
        """The rows for which this holds, in the order of these columns."""
        return self._all().where(condition).order_by(*(_name(name) for name in columns))

    def filled(self, columns: Sequence[str]) -> Select[Any]:
        """Any one row without a null in these columns."""
        return self._all().where(*(_name(name).is_not(None) for name in columns)).limit(1)

    def without_place(self, columns: Sequence[str], limit: int) -> Select[Any]:
        """Rows that have a null in one of the columns."""
        return self._all().where(or_(*(_name(name).is_(None) for name in columns))).limit(limit)

    def count(
        self, columns: Sequence[str], lower: Sequence[object] | None, upper: Sequence[object] | None = None
    ) -> Select[Any]:
        """How many rows `page` would find without its limit."""
        return (
            select(func.count(literal_column("*")))
            .select_from(self._derived())
            .where(*self.bounds(columns, lower, upper))
        )

    def bounds(
        self, columns: Sequence[str], lower: Sequence[object] | None, upper: Sequence[object] | None
    ) -> list[ColumnElement[bool]]:
        """The conditions of a page.

        A comparison with a value excludes nulls of its first column by itself, but once that column has
        decided, nulls in the later ones pass; a row with a null cannot be a cursor, so they are excluded
        in words. `without_place` finds them.
        """
        conditions: list[ColumnElement[bool]] = []
        if lower is not None:
            conditions.append(self._compare(_pairs(columns, lower), lower=True))
        if upper is not None:
            conditions.append(self._compare(_pairs(columns, upper), lower=False))
        rest = columns if not conditions else columns[1:]
        return [*conditions, *(_name(name).is_not(None) for name in rest)]

    def _compare(self, pairs: list[tuple[Any, Any]], *, lower: bool) -> ColumnElement[bool]:
        if len(pairs) > 1 and self.row_values:
            names, values = tuple_(*(pair[0] for pair in pairs)), tuple_(*(pair[1] for pair in pairs))
            return names >= values if lower else names <= values
        return _expanded(pairs, lower=lower)

    def _derived(self) -> Any:
        # The line break ends a comment that the SQL may end with.
        return text(escape(self.sql) + "\n").columns().subquery(DERIVED)

    def _all(self) -> Select[Any]:
        return select(literal_column(f"{DERIVED}.*")).select_from(self._derived())


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


def _pairs(columns: Sequence[str], values: Sequence[object]) -> list[tuple[Any, Any]]:
    return [
        (_name(name), bindparam(None, value, type_=NullType()))
        for name, value in zip(columns, values, strict=False)  # the values may be a prefix
    ]
