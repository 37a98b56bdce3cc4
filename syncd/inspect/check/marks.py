"""Whether a mark grows as time goes on, by its values in a sample. Pure.

Rows are read in the mark's order, and only from the mark on. A value that appears later and sorts before the
mark is never read, and nothing at run time can notice it: so it has to be noticed here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from syncd.language import _
from syncd.mapping.moments import from_iso

_NUMERIC_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?!\d).*", re.DOTALL)
_SHORT_DATE = re.compile(r"\d{4}([./-])(\d{1,2})\1(\d{1,2})(?!\d).*", re.DOTALL)
_MONTH_NAME = re.compile(
    r".*(?<![^\W_])(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|янв(?:аря)?|февр?(?:аля)?|марта?|апр(?:еля)?|мая|июня?|июля?"
    r"|авг(?:уста)?|сент?(?:ября)?|окт(?:ября)?|нояб?(?:ря)?|дек(?:абря)?)(?![^\W_]).*",
    re.IGNORECASE | re.DOTALL,
)
_DAY_AND_YEAR = re.compile(r"(?:.*\D)?\d{1,2}\D+(?:.*\D)?\d{2,4}(?:\D.*)?", re.DOTALL)
_NUMBERED = re.compile(r"(?P<prefix>.*\D|)(?P<digits>\d+)", re.DOTALL)
_HALF_DAY = re.compile(r".*\d\s?[ap]\.?m\.?\s*", re.IGNORECASE | re.DOTALL)
_OFFSET = re.compile(r".*\d(?P<offset>Z|[+-]\d{2}:?\d{2})", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"\s*[+-]?\d+(?:[.,]\d+)?\s*")
_DIGEST = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}", re.IGNORECASE)
_GROWING_UUIDS = frozenset({6, 7})
"""Versions of UUIDs that begin with a time."""
_ENOUGH = 20
"""Rows from which on it shows whether a text grows with their DateTime."""
_SHARE_OF_DESCENTS = 0.3
"""A random order has every second row before its predecessor, a growing one almost none."""


class Disorder(NamedTuple):
    """A mark's texts that sort otherwise than its values: what is wrong, and what to write instead."""

    message: str
    action: str


def text_disorder(texts: Sequence[str], column: str) -> Disorder | None:
    """Why the order of these texts is not that of time or number; None where nothing speaks against it."""
    if not texts:
        return None
    such = _("such as {value!r}").format(value=texts[-1])
    if _are_unlike_numbers(texts):
        return Disorder(
            _(
                "the mark's {column} holds numbers as text, {such}: '9' comes after '10' there, so "
                "later rows are passed over"
            ).format(column=column, such=such),
            _(
                "Make a number of it in the sql (CAST(… AS bigint), AS numeric, AS SIGNED) AS {column}."
            ).format(column=column),
        )
    if why := _why_not_in_time(texts):
        return Disorder(
            _(
                "the mark's {column} is text {why}, {such}: the order of the text is not that of "
                "time, so later rows are passed over"
            ).format(column=column, why=why, such=such),
            _(
                "Make a moment of it in the sql (CAST, to_timestamp, STR_TO_DATE …) AS {column}, "
                "or name a column of a date type, or a growing id, as the mark."
            ).format(column=column),
        )
    return None


def _why_not_in_time(texts: Sequence[str]) -> str:
    """What keeps texts that are times from being in the order of time; empty: nothing is known to."""
    dates = [found for text in texts if (found := _SHORT_DATE.fullmatch(text.strip()))]
    why = ""
    if any(map(_is_day_first, texts)):
        why = _("that does not begin with the year ('01.12.2026' comes before '30.11.2026')")
    elif all(_MONTH_NAME.fullmatch(text) and _DAY_AND_YEAR.fullmatch(text) for text in texts):
        why = _("with the names of months")
    elif any(len(found[2]) == 1 or len(found[3]) == 1 for found in dates):
        why = _("with months or days of one digit ('2026-9-1' comes after '2026-10-1')")
    elif len(dates) == len(texts):
        why = _why_iso_not_in_time(texts)
    return why


def _why_iso_not_in_time(texts: Sequence[str]) -> str:
    """What dates that begin with the year have that is not written alike in all of them."""
    offsets = {_offset(text) for text in texts}
    separators = {text[10] for text in map(str.strip, texts) if len(text) > len("2026-01-31")}
    if any(_HALF_DAY.fullmatch(text) for text in texts):
        return _("with a.m. and p.m. ('01:00 PM' comes before '11:00 AM')")
    if len(offsets) > 1:
        return _("with different zones ({zones})").format(
            zones=_(" and ").join(sorted(offset or _("none") for offset in offsets)[:3])
        )
    if len(separators) > 1:
        return _("in which a {separators} follows the day").format(
            separators=_(" or a ").join(map(repr, sorted(separators)))
        )
    return ""


def why_random(values: Sequence[object], moments: Sequence[int | None]) -> str:
    """Why a mark does not grow: it is drawn by lot, or is a digest; empty: it may grow.

    `values` are in the mark's order, `moments` are the DateTimes of the same rows.
    """
    if not values:
        return ""
    versions = {uuid.version for uuid in map(_uuid, values) if uuid is not None}
    if versions and not versions <= _GROWING_UUIDS:
        return _("holds random UUIDs")
    if versions:
        return ""
    if all(isinstance(value, str) and _DIGEST.fullmatch(value) for value in values):
        return _("holds digests, or random hexadecimal digits")
    if all(isinstance(value, bytes) and len(value) in {16, 20, 32} for value in values):
        return _("holds digests, or random bytes")
    is_text = all(isinstance(value, str) and not _is_time(value) for value in values)
    return (
        _("is text that does not grow with the rows' DateTime") if is_text and _is_shuffled(moments) else ""
    )


def _is_shuffled(moments: Sequence[int | None]) -> bool:
    known = [moment for moment in moments if moment is not None]
    steps = [(one, two) for one, two in pairwise(known) if one != two]
    descents = sum(one > two for one, two in steps)
    return len(steps) >= _ENOUGH and descents > _SHARE_OF_DESCENTS * len(steps)


def clocks_change(zone: ZoneInfo, now: datetime) -> bool:
    """Whether the clocks of a zone are put back within the year to come."""
    offsets = {(now + timedelta(days=days)).astimezone(zone).utcoffset() for days in range(0, 366, 7)}
    return len(offsets) > 1


def is_naive(value: object) -> bool:
    """Whether a mark is a moment without a zone."""
    if isinstance(value, str) and _is_time(value):
        return _offset(value) == "" and len(value.strip()) > len("2026-01-31")
    return isinstance(value, datetime) and value.tzinfo is None


def moment_of(value: object, zone: ZoneInfo) -> datetime | None:
    """The moment that a mark surely stands for, in UTC; None: it is no time, or that is not sure."""
    with suppress(ValueError, OverflowError):
        read = from_iso(value.strip()) if isinstance(value, str) else value
        if isinstance(read, datetime):
            return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    return None


def _are_unlike_numbers(texts: Sequence[str]) -> bool:
    """Whether these are numbers, all behind one prefix (`ORD-`), that are not written with as many digits."""
    if all(_NUMBER.fullmatch(text) for text in texts):
        wholes = [re.split("[.,]", text)[0] for text in texts]
        return len(set(map(len, wholes))) > 1 or any(set(whole) & set("+- ") for whole in wholes)
    found = [_NUMBERED.fullmatch(text) for text in texts]
    prefixes = {one["prefix"] if one else None for one in found}
    return len(prefixes) == 1 and len({len(one["digits"]) for one in found if one}) > 1


def _is_day_first(text: str) -> bool:
    return _NUMERIC_DATE.fullmatch(text.strip()) is not None


def _is_time(text: str) -> bool:
    return _SHORT_DATE.fullmatch(text.strip()) is not None


def _offset(text: str) -> str:
    found = _OFFSET.fullmatch(text.strip()) if len(text.strip()) > len("2026-01-31") else None
    return found["offset"].upper().replace(":", "") if found else ""


def _uuid(value: object) -> UUID | None:
    if isinstance(value, UUID):
        return value
    with suppress(ValueError):
        return UUID(value) if isinstance(value, str) and value.count("-") == 4 else None  # noqa: PLR2004 — a UUID's
    return None
