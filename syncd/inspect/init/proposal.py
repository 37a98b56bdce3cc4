"""Which table and columns to begin with, each with the reason and with what speaks against it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from syncd.inspect.init import names
from syncd.language import _
from syncd.model import IdKind
from syncd.model.tables import ColumnType, TableColumn, TableShape

Row = Mapping[str, object]

_MOMENTS = frozenset({ColumnType.MOMENT, ColumnType.ZONED_MOMENT})
_TIMES = _MOMENTS | {ColumnType.DATE}
_ISO = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d.*")
_CLIENT_ID = re.compile(r"[1-9]\d{16,19}")
"""Metrica's ClientId: seconds since 1970, then a random number; 17 to 20 digits."""
_SECONDS = range(946_684_800, 4_102_444_800)
"""Unix seconds of the years 2000 to 2099."""


@dataclass(slots=True)
class Choice:
    """A column that is proposed, why, and what speaks against it."""

    column: TableColumn
    reason: str
    doubts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Proposal:
    """A query to begin with."""

    table: TableShape
    id_kind: IdKind
    id: Choice
    moment: Choice
    mark: list[Choice]
    key: list[TableColumn]
    price: Choice | None
    currency: Choice | None
    status: TableColumn | None
    conditions: list[str]
    """What the SQL asks of a row, as SQL."""
    is_utc: bool
    has_zone: bool
    key_doubt: str = ""


def rank_tables(tables: Sequence[TableShape]) -> list[TableShape]:
    """The tables that may hold what was sold, the likeliest first; those that cannot be used are left out."""
    scored = [(score, table) for table in tables if (score := _score(table)) is not None]
    return [table for _, table in sorted(scored, key=lambda one: (-one[0], len(one[1].name), one[1].name))]


def _score(table: TableShape) -> int | None:
    """How much a table looks like one of orders; None where it has no moment or nothing that names a row."""
    if not _by_name(table, names.PAID + " " + names.CREATED, _may_be_moment) or not _key_of(table):
        return None
    words = names.words_of(table.name)
    rank = names.rank_of(table.name, names.TABLES)
    score = 0
    if rank is not None or any(word in words for word in names.TABLES.split()):
        score = 10 if rank is None else 60 - rank
    beside = words[:-1] if rank is not None else words
    score -= 25 * sum(word in names.NO_TABLES.split() for word in beside)
    score += 8 * bool(_by_name(table, names.PRICES, _may_be_price))
    score += 4 * bool(_by_name(table, names.USER_IDS)) + 6 * bool(_by_name(table, names.CLIENT_IDS))
    score += 3 * bool(_by_name(table, names.STATUSES)) + 3 * bool(_by_name(table, names.CHANGED))
    return score if score > 0 else None


def propose(table: TableShape, rows: Sequence[Row]) -> Proposal | None:
    """The query for a table whose rows look like these; None where the table has no moment or no key."""
    key = _key_of(table)
    moment = _moment(table, rows)
    if moment is None or not key:
        return None
    kind, identity = _identity(table, rows, key)
    conditions = []
    if moment.column.is_nullable:
        conditions.append(f"{moment.column.quoted} IS NOT NULL")
    if any(str(row.get(identity.column.name)) == "0" for row in rows):
        identity.doubts.append(_("0 stands for guests, whom Metrica cannot find by it"))
        conditions.append(f"{identity.column.quoted} <> {_zero(identity.column)}")
    elif identity.column.is_nullable:
        conditions.append(f"{identity.column.quoted} IS NOT NULL")
    mark = _mark(table, rows, moment, key)
    used = [moment.column, *(choice.column for choice in mark)]
    naive = [one for one in used if one.type in {ColumnType.MOMENT, ColumnType.TEXT}]
    return Proposal(
        table=table,
        id_kind=kind,
        id=identity,
        moment=moment,
        mark=mark,
        key=key,
        price=_price(table),
        currency=_currency(table, rows),
        status=_by_name(table, names.STATUSES),
        conditions=conditions,
        is_utc=bool(naive) and all({"gmt", "utc"} & {*names.words_of(one.name)} for one in naive),
        has_zone=not naive,
        key_doubt=""
        if table.primary_key
        else _("the table has no primary key: name what makes a row the same row"),
    )


def _by_name(
    table: TableShape, patterns: str, fits: Callable[[TableColumn], bool] = lambda _column: True
) -> TableColumn | None:
    ranked = [
        (rank, place, one)
        for place, one in enumerate(table.columns)
        if fits(one) and (rank := names.rank_of(one.name, patterns)) is not None
    ]
    return min(ranked, key=lambda one: one[:2])[2] if ranked else None


def _key_of(table: TableShape) -> list[TableColumn]:
    by_name = {one.name: one for one in table.columns}
    if table.primary_key:
        return [by_name[name] for name in table.primary_key if name in by_name]
    likely = _by_name(
        table, "order_id id_order id number nomer номер", lambda one: one.type is not ColumnType.OTHER
    )
    return [likely] if likely else []


def _may_be_moment(one: TableColumn) -> bool:
    return one.type in _TIMES or one.type in {ColumnType.TEXT, ColumnType.INTEGER}


def _may_be_price(one: TableColumn) -> bool:
    return one.type in {ColumnType.DECIMAL, ColumnType.FLOAT, ColumnType.INTEGER}


def _is_time(one: TableColumn, rows: Sequence[Row]) -> bool:
    """Whether the column holds moments, by its type or, of text and numbers, by the rows."""
    if one.type in _TIMES:
        return True
    values = [row[one.name] for row in rows if row.get(one.name) is not None]
    if one.type is ColumnType.INTEGER:
        return bool(values) and all(isinstance(value, int) and value in _SECONDS for value in values)
    if one.type is ColumnType.TEXT:
        return bool(values) and all(isinstance(value, str) and _ISO.fullmatch(value) for value in values)
    return False


def _moment(table: TableShape, rows: Sequence[Row]) -> Choice | None:
    paid = _by_name(table, names.PAID, lambda one: _is_time(one, rows))
    created = _by_name(table, names.CREATED, lambda one: _is_time(one, rows))
    if paid:
        choice = Choice(paid, _("by its name the moment of payment"))
        if created and rows and all(row.get(paid.name) is None for row in rows):
            choice.doubts.append(
                _("it is null in all rows looked at; {created} is when the row was made").format(
                    created=created.name
                )
            )
    elif created:
        choice = Choice(created, _("by its name the moment the row was made"))
        choice.doubts.append(_("money may come later: take the moment of payment where there is one"))
    else:
        other = next((one for one in table.columns if _is_time(one, rows)), None)
        if other is None:
            return None
        choice = Choice(other, _("the first column that holds moments"))
        choice.doubts.append(_("its name does not say what happened then"))
    if choice.column.type is ColumnType.DATE or _are_days(choice.column, rows):
        choice.doubts.append(_("it holds days without a time of day"))
    return choice


def _are_days(one: TableColumn, rows: Sequence[Row]) -> bool:
    values = [row[one.name] for row in rows if row.get(one.name) is not None]
    moments = [value for value in values if isinstance(value, datetime)]
    days = [value for value in values if isinstance(value, date) and not isinstance(value, datetime)]
    return bool(values) and (
        len(days) == len(values) or (len(moments) > 1 and not any(map(_has_time, moments)))
    )


def _has_time(value: datetime) -> bool:
    return (value.hour, value.minute, value.second) != (0, 0, 0)


def _identity(table: TableShape, rows: Sequence[Row], key: Sequence[TableColumn]) -> tuple[IdKind, Choice]:
    yclid = _by_name(table, names.YCLIDS)
    client = _by_name(table, names.CLIENT_IDS, lambda one: _are_client_ids(one, rows))
    if client is None:  # a name that says nothing, but values as Metrica makes them
        client = next(
            (
                one
                for one in table.columns
                if one is not yclid and one not in key and _are_client_ids(one, rows)
            ),
            None,
        )
    if client:
        return IdKind.CLIENT_ID, Choice(
            client, _("its values look like Metrica's ClientIds, of 17 to 20 digits")
        )
    named = _by_name(table, names.CLIENT_IDS.removesuffix(" client_id cid"))
    if named and not any(row.get(named.name) for row in rows):
        choice = Choice(named, _("by its name Metrica's ClientId"))
        choice.doubts.append(_("no row looked at has one"))
        return IdKind.CLIENT_ID, choice
    if yclid:
        return IdKind.YCLID, Choice(yclid, _("by its name the click on an ad of Yandex Direct"))
    user = _by_name(table, names.USER_IDS)
    if user:
        choice = Choice(user, _("the company's own id of the client"))
        choice.doubts.append(
            _("Metrica knows it only if the site tells it with setUserID; a ClientId is better")
        )
        return IdKind.USER_ID, choice
    choice = Choice(key[0], _("no column holds an id of the visitor, so the order's own is taken"))
    choice.doubts.append(
        _("Metrica knows it only if the site sends the same as the id of an e-commerce purchase")
    )
    return IdKind.PURCHASE_ID, choice


def _are_client_ids(one: TableColumn, rows: Sequence[Row]) -> bool:
    values = [str(row[one.name]).strip() for row in rows if row.get(one.name) not in {None, ""}]
    return bool(values) and all(map(_CLIENT_ID.fullmatch, values))


def _mark(table: TableShape, rows: Sequence[Row], moment: Choice, key: Sequence[TableColumn]) -> list[Choice]:
    changed = _by_name(table, names.CHANGED, lambda one: _is_time(one, rows))
    created = _by_name(table, names.CREATED, lambda one: _is_time(one, rows))
    if changed and not any(row.get(changed.name) is None for row in rows):
        first = Choice(changed, _("by its name it grows whenever a row changes"))
        if changed.is_nullable:
            first.doubts.append(_("it may be null, and such a row is rejected (mark_null)"))
    elif len(key) == 1 and key[0].type is ColumnType.INTEGER and moment.column is created:
        first = Choice(key[0], _("it grows with each new row"))
        first.doubts.append(
            _("a row that changes later is not seen again; a column such as updated_at would show it")
        )
    else:
        first = Choice(moment.column, _("no column says when a row was changed, so the moment is taken"))
        first.doubts.append(
            _("a row that is entered later with an older moment is found within `overlap` only")
        )
    if not any(index[:1] == (first.column.name,) for index in table.indexes):
        first.doubts.append(
            _("no index begins with it, so each run reads the whole table: create one on {column}").format(
                column=first.column.name
            )
        )
    return [first, *(Choice(one, _("parts rows of one moment")) for one in key if one is not first.column)]


def _price(table: TableShape) -> Choice | None:
    found = _by_name(table, names.PRICES, _may_be_price)
    if found is None:
        return None
    choice = Choice(found, _("by its name the money"))
    if found.type is ColumnType.FLOAT:
        choice.doubts.append(_("it is a float: money in binary fractions is rounded"))
    return choice


def _currency(table: TableShape, rows: Sequence[Row]) -> Choice | None:
    found = _by_name(table, names.CURRENCIES, lambda one: one.type is ColumnType.TEXT)
    if found is None:
        return None
    values = {str(row[found.name]).strip() for row in rows if row.get(found.name)}
    if not all(re.fullmatch("[A-Za-z]{3}", value) for value in values):
        return None
    return Choice(
        found,
        _("by its name the currency") + (_(", such as {value}").format(value=min(values)) if values else ""),
    )


def _zero(one: TableColumn) -> str:
    return "'0'" if one.type is ColumnType.TEXT else "0"
