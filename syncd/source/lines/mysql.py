"""MariaDB and MySQL: an aggregate cuts the page short where a limit says so.

`_mysql_connected` raises that limit; `max_allowed_packet` remains. Each line brings its own end, which shows
whether the last one is whole.

The lines come in the order of the page, which is made before it is read, for it has a limit. Nobody promises
that, and nothing goes by it: what a page holds and where it ends is asked for by itself (`last_place`), and
if the last row of the page before does not come first, rows are read as values. To have the aggregate sort
them once more took the server a quarter of its time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal, literal_column, select

from syncd.mapping.lines.form import Value
from syncd.model import Column
from syncd.model.kinds import UploadColumn
from syncd.source.lines.writer import (
    NOTHING,
    ODD,
    TextRow,
    Wanted,
    Writer,
    by_types,
    last_place,
    quoted,
    with_commas,
)

# FIELD_TYPE, the column types of the protocol.
_WHOLE = frozenset({1, 2, 3, 8, 9})
_DECIMAL = frozenset({0, 246})
_NUMBERS = _WHOLE | _DECIMAL
_TEXTS = frozenset({252, 253, 254})
"""Binary ones too, which only their character set tells apart (`_plain`)."""
_MOMENTS = frozenset({7, 12})

_FIT: Mapping[UploadColumn, frozenset[int]] = {
    Column.CLIENT_ID: _NUMBERS | _TEXTS,
    Column.YCLID: _NUMBERS | _TEXTS,
    Column.USER_ID: _WHOLE | _TEXTS,
    Column.PURCHASE_ID: _WHOLE | _TEXTS,
    Column.TARGET: _WHOLE | _TEXTS,
    Column.DATETIME: _WHOLE | _MOMENTS,
    Column.PRICE: _NUMBERS | _TEXTS,
    Column.CURRENCY: _TEXTS,
}
_FIT_KEY = _NUMBERS | _TEXTS

_EPOCH = 62_167_219_200
"""1970 in TO_SECONDS."""
_END = "CHAR(10 USING utf8mb4)"


def read(connection: Connection, wanted: Wanted) -> TextRow:
    """A page, in two statements."""
    end = last_place(connection, wanted)
    if end is None:
        return NOTHING
    row: Sequence[Any] = connection.execute(_statement(connection, wanted, end.cursor)).one()
    rows, keys, lines, oldest, newest = row
    local = (oldest, newest) if _is_moment(wanted) else None
    return TextRow(
        rows, _whole(keys), _whole(lines), oldest, newest, local, end.cursor, end.exhausted, end.is_tied
    )


def _is_moment(wanted: Wanted) -> bool:
    return wanted.shape.types[wanted.form.moment] in _MOMENTS


def _whole(text: str | None) -> str:
    """The text without its last end; nothing where that is missing."""
    return text[:-1] if text and text[-1] == "\n" else ""


def _statement(connection: Connection, wanted: Wanted, end: Sequence[object]) -> Select[Any]:
    form, shape = wanted.form, wanted.shape
    names = [quoted(connection, "syncd_p", name) for name in form.columns]
    line: list[ColumnElement[Any]] = [
        literal(part) if isinstance(part, str) else _value(part, names, shape.types, wanted.offset)
        for part in form.line
    ]
    key = [_plain(names[position], shape.types[position]) for position in form.key]
    moment: ColumnElement[object] = literal_column(
        _valid(names[form.moment]) if _is_moment(wanted) else names[form.moment]
    )
    # A row more than wanted shows that others came in.
    page = wanted.keyset.page(wanted.lower, end, wanted.size + 1, whole=True)
    return select(
        func.count(),
        _page_of(with_commas(key)),
        _page_of(line),
        func.min(moment),
        func.max(moment),
    ).select_from(page.subquery("syncd_p"))


def _page_of(line: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    text = func.concat(*line, literal_column(_END))
    return func.group_concat(text.op("SEPARATOR")(literal_column("''")))


def _value(
    value: Value, names: Sequence[str], types: Sequence[object], offset: timedelta
) -> ColumnElement[Any]:
    """What writes a column of the line; nothing for a null."""
    name, kind = names[value.position], types[value.position]
    if value.column is Column.DATETIME and kind in _MOMENTS:
        return _seconds(name, offset)
    return _plain(name, kind)


def _plain(name: str, kind: object) -> ColumnElement[Any]:
    """The value as text, nothing for a null: numbers without the zeros of ZEROFILL, no bytes."""
    if kind in _NUMBERS:
        return literal_column(f"IFNULL({name} + 0, '')")
    text = f"CONVERT({name} USING utf8mb4)"
    return literal_column(
        f"IF(CHARSET({name}) = 'binary', IF({name} IS NULL, '', {ODD}), IFNULL({text}, ''))"
    )


def _valid(name: str) -> str:
    """A local time, null where it is none: some modes allow days that no month has."""
    return f"IF(DAYOFMONTH({name}) BETWEEN 1 AND DAYOFMONTH(LAST_DAY({name})), {name}, NULL)"


def _seconds(name: str, offset: timedelta) -> ColumnElement[Any]:
    """Unix seconds of a local time, whatever the session's zone."""
    epoch = _EPOCH + round(offset.total_seconds())
    return literal_column(f"IFNULL(TO_SECONDS({_valid(name)}) - {epoch}, {ODD})")


WRITER = Writer(by_types(_FIT, _FIT_KEY), read)
