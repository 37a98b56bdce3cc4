"""Marks as text, for the state store and for people: typed JSON with an exact way back. Pure.

A mark is written as a JSON array of `[type, text]` pairs, for example
`[["datetime","2026-01-31T10:00:00.123456+00:00"],["int","4711"]]`. Every value is text inside, so that no
JSON reader on the way rounds it.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Context, Decimal
from uuid import UUID

from syncd.model import Mark, MarkValue

ABOUT_NOW = timedelta(days=400)
"""A number this near to the present, as unix seconds or milliseconds, is taken for a time."""
MARK_TYPES: tuple[type, ...] = (int, float, Decimal, str, bytes, datetime, date, UUID)
"""The types a mark's value may have; bool, though an int to Python, is none of them."""


def is_mark_value(value: object) -> bool:
    """Whether a mark may hold this value."""
    return isinstance(value, MARK_TYPES) and not isinstance(value, bool)


def mark_to_text(mark: Mark) -> str:
    """The mark as ASCII JSON. Raises TypeError for a value that no mark may hold."""
    return json.dumps([_encode(value) for value in mark.values], separators=(",", ":"))


def mark_from_text(text: str) -> Mark:
    """The mark that `mark_to_text` wrote. Raises ValueError for any other text.

    Aware datetimes come back in UTC: the same moment, so equal to what was written.
    """
    try:
        pairs = json.loads(text)
        if isinstance(pairs, list):
            return Mark(tuple(_DECODERS[kind](value) for kind, value in pairs))
    except (ArithmeticError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not the text of a mark: {text[:100]!r}") from error
    raise ValueError(f"not the text of a mark: {text[:100]!r}")


def _encode(value: MarkValue) -> tuple[str, str]:
    if not is_mark_value(value):
        raise TypeError(f"a mark cannot hold a {type(value).__name__}")
    if isinstance(value, datetime):  # before date, whose subclass it is
        return "datetime", _moment(value).isoformat()
    if isinstance(value, date):
        return "date", value.isoformat()
    if isinstance(value, bytes):
        return "bytes", value.hex()
    if isinstance(value, float):
        return "float", repr(float(value))
    return next((name, str(value)) for name, kind in _PLAIN.items() if isinstance(value, kind))


def _moment(value: datetime) -> datetime:
    try:
        return value if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:  # within a day of the years 1 and 9999 there is no such moment in UTC
        return value


_PLAIN: dict[str, type] = {"int": int, "decimal": Decimal, "str": str, "uuid": UUID}

_DECODERS: dict[str, Callable[[str], MarkValue]] = {
    "int": int,
    "float": float,
    "decimal": Decimal,
    "str": str,
    "bytes": bytes.fromhex,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "uuid": UUID,
}


def earlier(mark: Mark, by: timedelta) -> Mark | None:
    """A mark of one value that lies `by` before; None where the first value is no time.

    Times are timestamps, dates, unix seconds and milliseconds as numbers, and ISO 8601 text, which stays in
    its own form, since it is compared as text.
    """
    value = mark.values[0]
    try:
        match value:
            case datetime():
                return Mark((value - by,))
            case date():
                return Mark((value - timedelta(days=math.ceil(by / timedelta(days=1))),))
            case str():
                return Mark((_earlier_text(value, by),))
            case int() | float() | Decimal() if value >= _YEAR_2000:
                unit = timedelta(seconds=1) if value < _YEAR_5000 else timedelta(milliseconds=1)
                back = math.ceil(by / unit)
                return Mark((_EXACT.subtract(value, back) if isinstance(value, Decimal) else value - back,))
    except (ValueError, OverflowError):
        pass
    return None


def grain(mark: Mark) -> timedelta:
    """What the first value is a whole number of by its type or form: a day, a minute; zero: less, or no time.

    Not by its digits: a moment may be a whole minute by chance.
    """
    value = mark.values[0]
    if isinstance(value, str):
        found = _ISO.fullmatch(value)
        if found is None:
            return timedelta(days=1) if _DAY.fullmatch(value) else timedelta()
        return timedelta() if found[4] else timedelta(minutes=1)
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    return timedelta(days=1) if is_day else timedelta()


def is_ordered(mark: Mark) -> bool:
    """Whether `is_beyond` can tell the order of marks of one moment: not by texts, UUIDs and bytes."""
    return not any(isinstance(value, str | bytes | UUID) for value in mark.values[1:])


def tells_time(mark: Mark) -> bool:
    """Whether the first value is certainly a time; a number may also be one of a sequence."""
    value = mark.values[0]
    return isinstance(value, date) or (isinstance(value, str) and earlier(mark, timedelta()) is not None)


def as_start(start: str | float, value: MarkValue, zone: tzinfo) -> MarkValue | None:
    """A value that a person gave for a mark, in the form of the marks such as `value`; None if it is none.

    Some databases compare a text with a number without a word, and find it behind or before everything; a
    text with a time by the zone of their session, or without its offset; and moments that are text by their
    letters, so that a `T` lies behind every space.

    Args:
        start: A moment without a zone is of `zone`.
        value: A value of the column.
        zone: Of timestamps that carry none.
    """
    try:
        match value:
            case date() if isinstance(start, str):  # datetime is one
                return _moment_like(datetime.fromisoformat(start), value, zone)
            case str() if isinstance(start, str):
                return _text_like(start, value, zone)
            case int() | float() | Decimal():
                Decimal(str(start))
            case UUID():
                UUID(str(start))
            case date() | str():
                return None
    except (ArithmeticError, ValueError):
        return None
    return start


def _moment_like(given: datetime, value: date, zone: tzinfo) -> date:
    moment = given if given.tzinfo else given.replace(tzinfo=zone)
    if not isinstance(value, datetime):
        return moment.astimezone(zone).date()
    return moment.astimezone(UTC) if value.tzinfo else moment.astimezone(zone).replace(tzinfo=None)


def _text_like(given: str, value: str, zone: tzinfo) -> str:
    """Where the marks are moments, a moment in their form; raises ValueError for anything else."""
    found = _ISO.fullmatch(value)
    if found is None and not _DAY.fullmatch(value):
        return given
    moment = datetime.fromisoformat(given)
    if found is not None and not found[6] and not moment.tzinfo and _ISO.fullmatch(given):
        return given[:10] + found[2] + given[11:]
    if found is not None and not found[6] and _DAY.fullmatch(given):
        return given  # before all moments of that day
    like = at(Mark((value,)), moment if moment.tzinfo else moment.replace(tzinfo=zone), zone)
    return given if like is None else str(like.values[0])


def ceiling(mark: Mark, now: datetime, zone: tzinfo) -> Mark | None:
    """A mark of one value, a minute after `now`; None where the first value of `mark` is no time.

    A row with a mark beyond it bears a wrong time: if the query's mark followed it there, no row would be
    read that comes before. A minute, because the clocks of two machines differ. Of numbers, only what is
    beyond all of them (infinity, NaN) is not to be followed either.

    Args:
        mark: A mark of the query, for its form.
        now: The moment, aware.
        zone: Of timestamps that carry none.
    """
    match value := mark.values[0]:
        case float() if not math.isfinite(value):
            return Mark((sys.float_info.max,))
        case Decimal() if not value.is_finite():
            return Mark((_HIGHEST,))
    return at(mark, now + TOLERANCE, zone)


def is_endless(mark: Mark) -> bool:
    """Whether the first value is PostgreSQL's text of a date that Python has none for, beyond all others."""
    value = mark.values[0]
    return isinstance(value, str) and _ENDLESS.fullmatch(value) is not None


def at(mark: Mark, moment: datetime, zone: tzinfo) -> Mark | None:
    """A mark of one value that stands for a moment, in the form of `mark`; None where that is no time.

    Numbers are not taken for times: one of any size may be an id. `zone` is that of values that carry none.
    """
    value = mark.values[0]
    match value:
        case datetime():
            return Mark((moment if value.tzinfo else moment.astimezone(zone).replace(tzinfo=None),))
        case date():
            return Mark((moment.astimezone(zone).date(),))
        case str() if found := _ISO.fullmatch(value):
            own = datetime.fromisoformat(f"2000-01-01T00:00{found[6]}").tzinfo if found[6] else None
            text = moment.astimezone(own or zone).isoformat(value[10], "seconds")
            return Mark((text[: len("2026-01-31T10:00:00")],))
        case str() if _DAY.fullmatch(value):
            return Mark((moment.astimezone(zone).date().isoformat(),))
    return None


def since(newest: Mark, moment: datetime, now: datetime, zone: tzinfo) -> Mark | None:
    """The mark that stands for a moment, in the form of `newest`; None where the mark is no time.

    Numbers count as unix seconds or milliseconds where the newest of them lies about now.
    """
    value = newest.values[0]
    if isinstance(value, int | float | Decimal):
        for unit in (1, 1000):
            if abs(float(value) / unit - now.timestamp()) < ABOUT_NOW.total_seconds():
                return Mark((int(moment.timestamp()) * unit,))
        return None
    return at(newest, moment, zone)


def is_beyond(mark: Mark, other: Mark | None) -> bool:
    """Whether `mark` certainly lies behind `other` in the order; only for marks that `earlier` knows.

    False where Python cannot tell as a database would; the mark then stays, and rows are read again.
    """
    if other is None:
        return True
    for one, two in zip(mark.values, other.values, strict=False):  # either may be a prefix
        if one != two:
            if _is_nan(one) or _is_nan(two):  # PostgreSQL puts it behind all numbers
                return not _is_nan(two)
            if isinstance(one, datetime) and isinstance(two, datetime) and _is_naive(one) != _is_naive(two):
                return False  # the column has another type than it had
            if isinstance(one, int | float | Decimal) and isinstance(two, int | float | Decimal):
                return one > two
            return type(one) is type(two) and not isinstance(one, UUID | bytes) and one > two  # type: ignore[operator]  # of one type
    return False


def _is_nan(value: MarkValue) -> bool:
    return value != value  # noqa: PLR0124 — nothing else differs from itself, a float's as a Decimal's


def _is_naive(moment: datetime) -> bool:
    return moment.tzinfo is None


TOLERANCE = timedelta(minutes=1)
_HIGHEST = Decimal("1e1000")
"""No number that counts anything comes near it."""
_YEAR_2000 = 946_684_800
_YEAR_5000 = 100_000_000_000
_ENDLESS = re.compile(r"infinity|\d{5,}-\d\d-\d\d(?: [0-9:.+-]+)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)([T ])(\d\d:\d\d)(:\d\d)?(\.\d{1,9})?(Z|[+-]\d\d(?::?\d\d)?)?")
_EXACT = Context(prec=400_000)
"""More digits than any database's number has, so that nothing computed on a mark is rounded."""


def fine_moment(written: str) -> str:
    """A moment finer than a microsecond: ISO text with nine decimals, in UTC where it has a zone.

    Texts of one column then have one length, so that their order is that of time. What is no such moment
    stays as the database wrote it.
    """
    found = _ISO.fullmatch(written)
    if found is None:
        return written
    moment = datetime.fromisoformat(f"{found[1]}T{found[3]}{found[4] or ':00'}{found[6] or ''}")
    whole = moment if moment.tzinfo is None else moment.astimezone(UTC)
    zone = "" if moment.tzinfo is None else "+00:00"
    return f"{whole:%Y-%m-%d %H:%M:%S}{(found[5] or '.'):0<10}{zone}"


def _earlier_text(value: str, by: timedelta) -> str:
    """ISO text moved back in its own form: the same separator, digits and zone."""
    found = _ISO.fullmatch(value)
    if found is None:
        moved = date.fromisoformat(value) - timedelta(days=math.ceil(by / timedelta(days=1)))
        return moved.isoformat()
    day, separator, time, seconds, fraction, zone = found.groups(default="")
    moment = datetime.fromisoformat(f"{day}T{time}{seconds}") - by
    return moment.strftime(f"%Y-%m-%d{separator}%H:%M" + (seconds and ":%S")) + fraction + zone
