"""SQLite: values have types, columns have none, so that each expression asks what it has before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal, literal_column, select

from syncd.mapping.lines.form import Form
from syncd.model import Column
from syncd.model.kinds import UploadColumn
from syncd.source.keyset import Keyset
from syncd.source.lines.writer import (
    NOTHING,
    ODD,
    TextRow,
    Wanted,
    Writer,
    last_place,
    one_text,
    quoted,
    with_commas,
)

_SECONDS = "syncd_seconds"
_PLAUSIBLE = "947000000 AND 99999999999"
"""Numbers that may be unix seconds, as in the grammar: others would spoil the span of their page."""
_EPOCH = datetime.fromisoformat("1970-01-01")

_DIGIT = "[0-9]"
_LOCAL = "????-??-??[T ]??:??:??"
"""SQLite itself takes nothing but digits for `?` here."""
_LOCAL_LENGTH = 19
_FRACTIONS = {0: "", 4: "." + 3 * _DIGIT, 7: "." + 6 * _DIGIT}
"""By their lengths, as the zones."""
_ZONES = {0: "", 1: "Z", 6: f"[+-]{2 * _DIGIT}:{2 * _DIGIT}"}


def fits(form: Form, _types: Sequence[object]) -> bool:
    """Any column may hold anything; but SQLite has no MD5, which orders need."""
    return all(isinstance(cell.column, Column) for cell in form.cells)


def read(connection: Connection, wanted: Wanted) -> TextRow:
    """A page, in two statements."""
    end = last_place(connection, wanted)
    if end is None:
        return NOTHING
    row: Sequence[Any] = connection.execute(_statement(connection, wanted, end.cursor)).one()
    rows, keys, lines, oldest, newest = row
    # Zoned or not: the offset is held against all of them.
    local = _local((oldest, newest), wanted.offset)
    return TextRow(
        rows, keys or "", lines or "", oldest, newest, local, end.cursor, end.exhausted, end.is_tied
    )


def _local(seconds: Sequence[Any], offset: timedelta) -> tuple[object, object]:
    """Seconds as local times; nothing where they are none."""
    try:
        oldest, newest = (_EPOCH + timedelta(seconds=at) + offset for at in seconds)
    except (OverflowError, TypeError):
        return None, None
    return oldest, newest


def _statement(connection: Connection, wanted: Wanted, end: Sequence[object]) -> Select[Any]:
    form = wanted.form
    names = [quoted(connection, "syncd_p", name) for name in form.columns]
    moment = quoted(connection, "syncd_q", form.columns[form.moment])
    # In the page itself, as it is needed three times. A row more than wanted shows that others came in.
    seconds: ColumnElement[Any] = literal_column(_seconds(moment, wanted.offset)).label(_SECONDS)
    page = _needed(wanted).page(wanted.lower, end, wanted.size + 1, whole=True)
    key = [_typed(names[position], "text", "integer") for position in form.key]
    line: list[ColumnElement[Any]] = [
        literal(part) if isinstance(part, str) else _value(part.column, names[part.position])
        for part in form.line
    ]
    return select(
        func.count(),
        func.group_concat(one_text(with_commas(key)), literal_column("char(10)")),
        func.group_concat(one_text(line), literal_column("char(10)")),
        literal_column(f"min({_SECONDS})"),
        literal_column(f"max({_SECONDS})"),
    ).select_from(page.add_columns(seconds).subquery("syncd_p"))


def _needed(wanted: Wanted) -> Keyset:
    """The keyset without columns that no line or key has: SQLite reads each column of a page, used or not."""
    form, keyset = wanted.form, wanted.keyset
    written = (
        part.position
        for part in form.line
        if not isinstance(part, str) and part.column is not Column.DATETIME
    )
    names = {form.columns[position] for position in (*form.key, *written)}
    return replace(keyset, selected=tuple(one for one in keyset.selected if one.name in names))


def _value(column: UploadColumn, name: str) -> ColumnElement[Any]:
    """What writes a column of the line; nothing for a null."""
    if column is Column.DATETIME:
        return literal_column(f"ifnull({_SECONDS}, {ODD})")
    if column is Column.PRICE:
        return _typed(name, "text", "integer", real=_price(name))
    return _typed(name, "text") if column is Column.CURRENCY else _typed(name, "text", "integer")


def _typed(name: str, *types: str, real: str = ODD) -> ColumnElement[Any]:
    """The value as it is if its type is one of these, nothing for a null."""
    cases = " ".join(f"WHEN '{one}' THEN {name}" for one in types)
    return literal_column(
        f"CASE typeof({name}) {cases} WHEN 'null' THEN '' WHEN 'real' THEN {real} ELSE {ODD} END"
    )


def _price(name: str) -> str:
    """A float's shortest text, if it is one of whole cents: that division is exact, as IEEE 754 has it.

    SQLite writes 15 digits, which such a number, of 12 at most, does not need.
    """
    return (
        f"CASE WHEN {name} >= 0 AND {name} < 1e10 AND CAST({name} * 100 + 0.5 AS INTEGER) / 100.0 = {name}"
        f" THEN rtrim(rtrim({name}, '0'), '.') ELSE {ODD} END"
    )


def _seconds(name: str, offset: timedelta) -> str:
    """Unix seconds of an integer, and of a text in one of the usual forms; else null.

    The length is that of its bytes, since a text seems to end where it holds a NUL.
    """
    plausible = f"CASE WHEN {name} BETWEEN {_PLAUSIBLE} THEN {name} END"
    local, whole = f"substr({name}, 1, {_LOCAL_LENGTH})", round(offset.total_seconds())
    cases = []
    for (fraction, digits), (zone, sign) in product(_FRACTIONS.items(), _ZONES.items()):
        zoned = f"{local} || substr({name}, -{zone})" if zone else local
        cases.append(
            f"WHEN {_LOCAL_LENGTH + fraction + zone} THEN CASE WHEN {name} GLOB '{_LOCAL}{digits}{sign}'"
            f" THEN strftime('%s', {zoned}) - {0 if zone else whole} END"
        )
    # SQLite takes the 31st of any month, until it has to reckon with it, and 24 o'clock.
    is_day = f"(substr({name}, 9, 2) <= '28' OR date({local}, '+0 days') = substr({name}, 1, 10))"
    is_valid = f"substr({name}, 12, 2) < '24' AND {is_day}"
    return (
        f"CASE typeof({name}) WHEN 'integer' THEN {plausible} WHEN 'text' THEN CASE WHEN {is_valid} THEN"
        f" CASE length(CAST({name} AS BLOB)) {' '.join(cases)} END END END"
    )


WRITER = Writer(fits, read)
