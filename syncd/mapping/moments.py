"""DateTime: a database value → unix seconds."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from syncd.mapping.bad import BadValueError
from syncd.model import Reason

OLDEST = 946_684_800
"""2000-01-01T00:00:00Z in unix seconds: what is before is a default or a mistake, not a sale."""
MILLISECONDS = 100_000_000_000
"""From this number on (the year 5138 in seconds) a number is taken for milliseconds, and rejected."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400
_LAST_SECOND = time(23, 59, 59)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
# fromisoformat takes any character between date and time, so it would read the zoned date "2026-01-31+10:00"
# as ten o'clock. Only what ISO 8601 and SQL write there is let through.
_ISO = re.compile(
    r"(?:(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}|[0-9]{4}-?W[0-9]{2}(-?[0-9])?)"
    r"|(?P<year>[0-9]{4})-?(?P<number>[0-9]{3}))(?P<time>[T ].+)?"
)
_ZEROS = re.compile(r"(:?00){0,2}([.,]0+)?( ?(Z|[+-].+))?")
"""What may stand after the hour 24, which is the end of its day."""


def moment(zone: ZoneInfo, value: object) -> str:
    """The value as unix seconds, rounded down; `zone` is the zone of values that carry none.

    A local time that occurred twice is the earlier one; one that was skipped is moved forward by the gap. A
    date without a time is the end of that day, 23:59:59: its first moment would lie before the day's visits.

    Raises:
        BadValueError: DATETIME_NULL, DATETIME_UNREADABLE, DATETIME_MILLISECONDS, or DATETIME_TOO_OLD.
    """
    if isinstance(value, datetime):
        return _seconds(zone, value)
    if value is None:
        raise BadValueError(Reason.DATETIME_NULL)
    if isinstance(value, str):
        return _from_text(zone, value)
    if isinstance(value, date):
        return _seconds(zone, datetime.combine(value, _LAST_SECOND))
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return _from_number(value)
    raise BadValueError(Reason.DATETIME_UNREADABLE)


def _seconds(zone: ZoneInfo, value: datetime) -> str:
    # fold=0 is both rules at once (PEP 495): the first of two occurrences, and the offset before a gap.
    if value.tzinfo is None or value.utcoffset() is None:
        value = value.replace(tzinfo=zone, fold=0)
    # Exact, unlike timestamp(), which is a float; a timedelta's days are already rounded down.
    since = value - _EPOCH
    seconds = since.days * _DAY + since.seconds
    if seconds < OLDEST:
        raise BadValueError(Reason.DATETIME_TOO_OLD)
    return str(seconds)


def _from_number(value: float | Decimal) -> str:
    if not _finite(value):
        raise BadValueError(Reason.DATETIME_UNREADABLE)
    # Compared before it is rounded: a Decimal may have a million digits.
    if value >= MILLISECONDS:
        raise BadValueError(Reason.DATETIME_MILLISECONDS)
    if value < OLDEST:
        raise BadValueError(Reason.DATETIME_TOO_OLD)
    return str(math.floor(value))


def _finite(value: object) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite()
    # Not asked of an int: math.isfinite would make a float of it, and fail for a long one.
    return not isinstance(value, float) or math.isfinite(value)


def _from_text(zone: ZoneInfo, value: str) -> str:
    text = value.strip()
    if not text:
        raise BadValueError(Reason.DATETIME_NULL)
    if _NUMBER.fullmatch(text):
        return _from_number(Decimal(text))
    try:
        read = from_iso(text)
        if is_date(text):
            read = datetime.combine(read, _LAST_SECOND)
    except (ValueError, OverflowError):
        raise BadValueError(Reason.DATETIME_UNREADABLE) from None
    return _seconds(zone, read)


def from_iso(text: str) -> datetime:
    """Read an ISO 8601 text, without a zone where it says none.

    Beyond what Python reads: the day of the year, and 24:00, the first moment of the day after.

    Raises:
        ValueError, OverflowError: it says no moment.
    """
    day, hours = _parts(text)
    if hours[1:3] == "24" and _ZEROS.fullmatch(hours, 3):
        return datetime.fromisoformat(f"{day}{hours[0]}00{hours[3:]}") + timedelta(days=1)
    return datetime.fromisoformat(f"{day}{hours}")


def is_date(text: str) -> bool:
    """Tell whether an ISO 8601 text names a day and no time of it. Raises ValueError."""
    return not _parts(text)[1]


def _parts(text: str) -> tuple[str, str]:
    """Take an ISO 8601 text apart into day and time, which may be empty. Raises ValueError."""
    found = _ISO.fullmatch(text.upper())  # RFC 3339 allows "t" and "z"
    if found is None:
        raise ValueError(text)
    return found["day"] or _day_of_year(int(found["year"]), int(found["number"])), found["time"] or ""


def _day_of_year(year: int, number: int) -> str:
    day = date(year, 1, 1) + timedelta(days=number - 1)
    if day.year != year:
        raise ValueError(number)
    return day.isoformat()
