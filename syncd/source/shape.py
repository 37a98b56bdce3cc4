"""Which places of a result row are the mark and the key: configured names among the result's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from difflib import get_close_matches
from typing import Any

from syncd.language import _
from syncd.mapping import used_places
from syncd.model import Mark
from syncd.model.errors import MarkUnusable, SourceRefused
from syncd.model.keys import value_text
from syncd.model.marks import is_mark_value
from syncd.model.settings import QuerySettings
from syncd.source.exact import ExactType, exact_type
from syncd.source.keyset import SelectedColumn, SortColumn
from syncd.source.orderless import why_orderless
from syncd.source.values import ColumnRead, column_read

_SINGLE_PRECISION = {"postgresql": 700, "mysql": 4}
"""The type code of a 4-byte float in the cursor's description (pg_type.oid, FIELD_TYPE.FLOAT)."""
_BIT = {"mysql": 16}
"""FIELD_TYPE.BIT: a number that the driver gives as bytes."""
_SAME_BUT_A_SLIP = 0.9
"""How alike two names are, from 0 to 1, of which one is a slip of the other."""
_NUMBERED = 1 << 8 | 1 << 11
"""FLAG.ENUM and FLAG.SET of MySQL's protocol."""


Mend = Callable[[object], object]
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """The result of a query: the columns of it that are used."""

    query: str
    columns: tuple[str, ...]
    """Their names, as the database gives them."""
    cursor: tuple[int, ...]
    """Places that order the rows: the mark's columns, then those of the key that are not among them."""
    mark_size: int
    """How many of `cursor` are the mark."""
    key: tuple[int, ...]
    """Places that make a row the same row, in the configured order."""
    types: tuple[object, ...] = ()
    """The driver's codes of the columns' types."""
    exact: tuple[ExactType | None, ...] = ()
    """How the values of each of `cursor` travel."""
    zone: tzinfo = UTC
    """Of values that carry none."""
    reads: tuple[str, ...] = ()
    """SQL that reads each column (`keyset.SelectedColumn`)."""
    mends: tuple[tuple[int, Mend], ...] = field(default=(), compare=False)
    """Places whose values are made whole again after the driver, and what does it."""

    def single_precision(self, dialect: str) -> tuple[str, ...]:
        """The columns that are 4-byte floats."""
        code = _SINGLE_PRECISION.get(dialect, ())
        return tuple(name for name, kind in zip(self.columns, self.types, strict=False) if kind == code)

    @property
    def order(self) -> tuple[SortColumn, ...]:
        """The columns that order the rows."""
        places = zip(self.cursor, self.exact, strict=True)
        return tuple(SortColumn(self.columns[place], exact, self.zone) for place, exact in places)

    @property
    def selected(self) -> tuple[SelectedColumn, ...]:
        """The columns that are read."""
        return tuple(map(SelectedColumn, self.columns, self.reads))

    def values_of(self, row: Row) -> Row:
        """The values of a row as it was read, without the texts beside them."""
        values = row[: len(self.columns)]
        if not self.mends:
            return values
        mends = dict(self.mends)
        return tuple(mends[place](value) if place in mends else value for place, value in enumerate(values))

    def cursor_of(self, row: Row) -> Row:
        """Where a row, as it was read, stands among its likes."""
        texts = iter(row[len(self.columns) :])
        return tuple(
            row[place] if exact is None else exact.value_of(next(texts) if exact.select else row[place])
            for place, exact in zip(self.cursor, self.exact, strict=True)
        )

    def mark_of(self, values: Sequence[object], cursor: Sequence[object]) -> Mark:
        """The mark of a row that was `split`. Raises SourceRefused for a type that no mark may have."""
        self.refuse_unordered([values[place] for place in self.cursor])
        return self.mark_of_cursor(cursor)

    def refuse_unordered(self, values: Sequence[object]) -> None:
        """Raise SourceRefused where the driver's values of the cursor are of a type that has no order."""
        for number, (place, value) in enumerate(zip(self.cursor, values, strict=True)):
            if isinstance(value, dict | list):
                raise SourceRefused(
                    f"query {self.query}: "
                    + _(
                        "key column {column} holds a {kind}, which has no place in an "
                        "order: name its parts in the sql, or cast it to text"
                    ).format(column=self.columns[place], kind=type(value).__name__)
                )
            if number < self.mark_size and not is_mark_value(_plain(value)):
                raise SourceRefused(
                    f"query {self.query}: "
                    + _(
                        "mark column {column} holds a {kind}; a mark needs a number, text, "
                        "date, timestamp, UUID or bytes: cast it in the sql"
                    ).format(column=self.columns[place], kind=type(value).__name__)
                )

    def mark_of_cursor(self, cursor: Sequence[object]) -> Mark:
        """The mark in the cursor of a row. Raises SourceRefused for a type that no mark may have."""
        values = tuple(_plain(value) for value in cursor[: self.mark_size])
        self.refuse_unordered([*values, *cursor[self.mark_size :]])
        return Mark(values)  # type: ignore[arg-type]  # none was refused

    def carried(self, mark: Mark) -> Mark:
        """A recorded mark in the form that its columns have now: their types may have been altered since.

        Raises SourceRefused where a value has no such form.
        """
        found = []
        for place, exact, value in zip(self.cursor, self.exact, mark.values, strict=False):
            carried = value if exact is None else exact.carried(value, self.zone)
            if carried is None and exact is not None:
                raise MarkUnusable(
                    f"query {self.query}: "
                    + _(
                        "mark column {column} holds {kind} now, and the mark that was recorded is {mark!r}"
                    ).format(column=self.columns[place], kind=exact.kind.value, mark=value_text(value)[:100])
                )
            found.append(value if carried is None else carried)
        return Mark(tuple(found))


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, bytearray | memoryview) else value


def shape_of(query: QuerySettings, dialect: str, description: Sequence[Sequence[Any]], result: Any) -> Shape:
    """The used columns of a result. Raises SourceRefused naming what is missing of mark and key.

    Args:
        query: The query.
        dialect: The family of the database.
        description: The cursor's, of all columns.
        result: The driver's cursor, which may tell more than its description.
    """
    columns = tuple(str(column[0]) for column in description)
    mark = [_place(query.name, "mark", name, columns) for name in query.mark]
    key = [_place(query.name, "key", name, columns) for name in query.key]
    cursor = tuple(dict.fromkeys([*mark, *key]))  # each once, in order
    for place in cursor:
        _refuse_type(query.name, dialect, columns[place], description[place][1], _field(result, place))
    used = sorted({*cursor, *used_places(query, columns)})
    where = {place: number for number, place in enumerate(used)}
    codes = [description[place][1] for place in used]
    reads = [column_read(dialect, description[place][1]) for place in used]
    # What orders the rows is read as it is.
    reads = [
        ColumnRead() if place in cursor and read.sql != "{}" else read
        for place, read in zip(used, reads, strict=True)
    ]
    return Shape(
        query.name,
        tuple(columns[place] for place in used),
        tuple(where[place] for place in cursor),
        len(dict.fromkeys(mark)),
        tuple(where[place] for place in key),
        tuple(codes),
        tuple(exact_type(dialect, description[place][1], _field(result, place)) for place in cursor),
        query.timezone,
        tuple(read.sql for read in reads),
        tuple((number, read.mend) for number, read in enumerate(reads) if read.mend is not None),
    )


def _refuse_type(query: str, dialect: str, column: str, code: object, field: Any) -> None:
    """Raise SourceRefused for a column whose type does not order rows."""
    if why := why_orderless(dialect, code):
        raise SourceRefused(f"query {query}: " + _("column {column} {why}").format(column=column, why=why))
    if code == _SINGLE_PRECISION.get(dialect, ()):
        raise SourceRefused(
            f"query {query}: "
            + _(
                "column {column} is a single-precision float, which the driver "
                "rounds, so no row can be found again by it: cast it to numeric in the sql"
            ).format(column=column)
        )
    if code == _BIT.get(dialect, ()) or getattr(field, "flags", 0) & _NUMBERED:
        raise SourceRefused(
            f"query {query}: "
            + _(
                "column {column} is an ENUM, SET or BIT, which the server orders by "
                "number and compares by text, so rows would be lost: leave it out of mark and key "
                "where the others suffice, or write CAST(… AS CHAR) AS … in the sql (for a BIT: … "
                "+ 0)"
            ).format(column=column)
        )


def _field(result: Any, place: int) -> Any:
    """What PyMySQL keeps of a column beyond the DB-API's words; its description with other drivers."""
    fields = getattr(getattr(result, "_result", None), "fields", None) or result.description
    return fields[place]


def _place(query: str, role: str, name: str, columns: tuple[str, ...]) -> int:
    """Exactly, else in any case if that is unique (Oracle upper-cases names, PostgreSQL lower-cases them)."""
    exact = [place for place, column in enumerate(columns) if column == name]
    found = exact or [place for place, column in enumerate(columns) if column.lower() == name.lower()]
    if len(found) == 1:
        return found[0]
    if found:
        raise SourceRefused(
            f"query {query}: "
            + _(
                "{role} column {name} is {found} times in the result; give each "
                "column of the sql its own name"
            ).format(role=role, name=name, found=len(found))
        )
    lower = {column.lower(): column for column in columns}
    near = get_close_matches(name.lower(), lower, n=1, cutoff=_SAME_BUT_A_SLIP)
    hint = _(" (did you mean {name}?)").format(name=lower[near[0]]) if near else ""
    there = ", ".join(columns)
    error = SourceRefused(
        f"query {query}: "
        + _(
            "{role} column {name} is not in the result, which has {there}; add {name} to the SELECT{hint}"
        ).format(role=role, name=name, there=there, hint=hint)
    )
    error.key_path = (role,)
    raise error
