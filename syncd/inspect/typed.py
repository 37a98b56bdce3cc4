"""What a person types for a mark: values, moments and spans, as the mark's columns hold them. Pure."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from decimal import Decimal
from uuid import UUID

from syncd.language import N_, _
from syncd.model import MarkValue
from syncd.model.marks import as_start

_WANTED: dict[type, str] = {
    datetime: N_("a moment such as 2026-11-23, '2026-11-23 10:00' or 2026-11-23T10:00:00+03:00"),
    date: N_("a date such as 2026-11-23"),
    str: N_("a moment such as 2026-11-23 or '2026-11-23 10:00'"),
    int: N_("a whole number"),
    float: N_("a number"),
    Decimal: N_("a number"),
    UUID: "a UUID",
    bytes: N_("bytes as hexadecimal digits"),
}


def parsed(text: str, like: MarkValue, zone: tzinfo) -> MarkValue:
    """A typed value as the type that its column holds. Raises ValueError in plain words.

    Args:
        text: Such as `2026-11-23`, `2026-11-23 10:00`, `4711`.
        like: A value of the column.
        zone: Of a moment that is typed without one; what carries none in the database is of it too.
    """
    try:
        match like:
            case datetime() | str():
                return _in_form(text, like, zone)
            case date():
                return date.fromisoformat(text)
            case bytes():
                return bytes.fromhex(text)
            case _:
                return _number(text, type(like))
    except (ArithmeticError, ValueError):
        raise ValueError(
            _("{text!r} is not {wanted}").format(
                text=text, wanted=_(_WANTED.get(type(like), type(like).__name__))
            )
        ) from None


def _in_form(text: str, like: MarkValue, zone: tzinfo) -> MarkValue:
    found = as_start(text, like, zone)
    if found is None:
        raise ValueError(text)
    return found


def _number(text: str, kind: type[int | float | Decimal | UUID]) -> MarkValue:
    value = kind(text)
    if isinstance(value, float | Decimal) and value != value:  # noqa: PLR0124 — NaN has no place in an order
        raise ValueError(text)
    return value
