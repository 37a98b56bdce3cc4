"""PostgreSQL: one statement, whose aggregates keep the order of the rows they are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, cast, func, literal, literal_column, select

from syncd.mapping.lines.form import Form, Value
from syncd.model import Column
from syncd.model.kinds import OrderColumn, UploadColumn
from syncd.source.keyset import DERIVED, TIE
from syncd.source.lines import postgresql_orders as orders
from syncd.source.lines.writer import (
    TextRow,
    Wanted,
    Writer,
    by_types,
    cursor_values,
    exact_text,
    one_text,
    quoted,
    with_commas,
)

# pg_type.oid
_WHOLE = frozenset({20, 21, 23})
_TEXTS = frozenset({25, 1043})
_PADDED = frozenset({1042})
"""char(n), which loses the blanks that it is padded with as it becomes text."""
_NUMERIC = frozenset({1700})
_UUID = frozenset({2950})
_OWN = 16384
"""The first of the types that are not built in, such as enums and citext; here it stands for all of them. The
driver gives them as the text that they are written as."""
_ZONED = frozenset({1184})
_ZONELESS = frozenset({1114})

_FIT: Mapping[UploadColumn, frozenset[int]] = {
    Column.CLIENT_ID: _WHOLE | _TEXTS | _PADDED | _NUMERIC,
    Column.YCLID: _WHOLE | _TEXTS | _PADDED | _NUMERIC,
    Column.USER_ID: _WHOLE | _TEXTS | _PADDED | _UUID,
    Column.PURCHASE_ID: _WHOLE | _TEXTS | _PADDED | _UUID,
    Column.TARGET: _WHOLE | _TEXTS | _PADDED | _UUID,
    Column.DATETIME: _WHOLE | _ZONED | _ZONELESS,
    Column.PRICE: _WHOLE | _TEXTS | _NUMERIC,
    Column.CURRENCY: _TEXTS | _PADDED,
    OrderColumn.ID: _WHOLE | _TEXTS | _UUID,
    OrderColumn.CREATE_DATE_TIME: _ZONED | _ZONELESS,
    OrderColumn.CLIENT_UNIQ_ID: _WHOLE | _TEXTS | _PADDED | _UUID,
    OrderColumn.CLIENT_IDS: _WHOLE | _TEXTS | _PADDED | _NUMERIC,
    OrderColumn.EMAILS: _TEXTS | _PADDED | {_OWN},
    OrderColumn.PHONES: _TEXTS | _PADDED | _WHOLE,
    OrderColumn.ORDER_STATUS: _TEXTS | _PADDED | _WHOLE | {_OWN},
    OrderColumn.REVENUE: _WHOLE | _TEXTS | _NUMERIC,
    OrderColumn.COST: _WHOLE | _TEXTS | _NUMERIC,
    OrderColumn.CURRENCY: _TEXTS | _PADDED,
}
_PHONE = "syncd_phone"
_FIT_KEY = _WHOLE | _TEXTS | _NUMERIC | _UUID


def read(connection: Connection, wanted: Wanted) -> TextRow:
    """A page."""
    row: Sequence[Any] = connection.execute(_statement(connection, wanted)).one()
    rows, keys, lines, oldest, newest = row[:5]
    zoneless = wanted.shape.types[wanted.form.moment] in _ZONELESS
    local = (oldest, newest) if zoneless else None
    exhausted = rows < wanted.size
    cursor, size = cursor_values(wanted.keyset, row[5:]), len(wanted.shape.cursor)
    is_tied = len(row) > size + 5 and bool(row[-1])
    return TextRow(rows, keys or "", lines or "", oldest, newest, local, cursor, exhausted, is_tied)


def _statement(connection: Connection, wanted: Wanted) -> Select[Any]:
    form, shape = wanted.form, wanted.shape
    names = [quoted(connection, "syncd_p", name) for name in form.columns]
    line = [
        _value(wanted, part, names[part.position]) if isinstance(part, Value) else cast(literal(part), Text)
        for part in form.line
    ]
    key: list[ColumnElement[str]] = [literal_column(f"{names[position]}::text") for position in form.key]
    moment: ColumnElement[object] = literal_column(names[form.moment])
    end: ColumnElement[str] = literal_column("chr(10)")
    page = wanted.keyset.page(wanted.lower, wanted.upper, wanted.size, tie=wanted.asks_tie, whole=True)
    for part in form.line:
        if isinstance(part, Value) and part.column is OrderColumn.PHONES:
            text = f"{quoted(connection, DERIVED, form.columns[part.position])}::text"
            digits: ColumnElement[str] = literal_column(orders.phone_digits(text))
            page = page.add_columns(digits.label(_PHONE))
    tie: list[ColumnElement[Any]] = (
        [literal_column(f"(array_agg({TIE}))[count(*)]")] if wanted.asks_tie and wanted.lower else []
    )
    return select(
        func.count(),
        func.string_agg(one_text(with_commas(key)), end),
        func.string_agg(one_text(line), end),
        func.min(moment),
        func.max(moment),
        *(
            exact_text(column, f"(array_agg({names[position]}))[count(*)]")
            for column, position in zip(wanted.keyset.order, shape.cursor, strict=True)
        ),
        *tie,
    ).select_from(page.subquery("syncd_p"))


def _value(wanted: Wanted, value: Value, name: str) -> ColumnElement[str]:
    """What writes a column of the line; nothing for a null."""
    kind, text = wanted.shape.types[value.position], f"{name}::text"
    match value.column:
        case Column.DATETIME if kind not in _WHOLE:
            # As a float, which takes infinity as well, and writes ten digits without an exponent.
            seconds = f"floor(date_part('epoch', {name}))"
            if kind in _ZONELESS:
                seconds = f"({seconds} - {_seconds(wanted.offset)})"
            text = f"{seconds}::text"
        case OrderColumn.CREATE_DATE_TIME:
            local = f"timezone(interval '{_seconds(wanted.counter_offset)} seconds', {name})"
            if kind in _ZONELESS:
                local = f"({name} + interval '{_seconds(wanted.counter_offset - wanted.offset)} seconds')"
            text = f"date_trunc('second', {local})::text"
        case OrderColumn.EMAILS:
            text = orders.email(text, hashed=wanted.form.hashes_contacts)
        case OrderColumn.PHONES:
            text = orders.phone(text, f"syncd_p.{_PHONE}", hashed=wanted.form.hashes_contacts)
        case OrderColumn.ORDER_STATUS:
            return orders.status(text, wanted.form.statuses)
    return literal_column(f"coalesce({text}, '')")


def _seconds(offset: timedelta) -> int:
    return round(offset.total_seconds())


def fits(form: Form, types: Sequence[Any]) -> bool:
    """Whether it can write such lines from columns of these types."""
    return _built_in_fits(form, [min(one, _OWN) for one in types])


_built_in_fits = by_types(_FIT, _FIT_KEY)
WRITER = Writer(fits, read)
