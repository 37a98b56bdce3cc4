"""The offset that a page's times are read or written with: one number, so it must hold for all of them."""

from __future__ import annotations

from datetime import MAXYEAR, UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_LOOK = timedelta(hours=12)
_LONGEST = timedelta(days=1000)
_LONGEST_OF_MOMENTS = timedelta(days=365 * 20)
"""Old orders are touched again, and then stand beside new ones."""
_FIRST_YEAR = 1999
"""Nothing older is sent (`mapping.moments`)."""
_LARGEST_STEP = timedelta(days=1)
"""By how much clocks are ever set back at once."""


def steady_offset(zone: ZoneInfo, oldest: object, newest: object) -> timedelta | None:
    """The zone's offset if it is the same from `oldest` to `newest`, local times; None if it is not."""
    if not isinstance(oldest, datetime) or not isinstance(newest, datetime):
        return None
    if zone.key == "UTC":
        return timedelta()
    offset, moment = _offset(zone, newest), oldest
    if newest - oldest > _LONGEST:
        return None
    while moment < newest:  # no zone changes twice between two looks
        if _offset(zone, moment) != offset:
            return None
        moment += _LOOK
    return offset


def steady_offset_of_moments(zone: ZoneInfo, oldest: object, newest: object) -> timedelta | None:
    """The zone's offset if it is the same from `oldest` to `newest`, aware or of UTC; None if it is not.

    Nor is it where clocks were set back just before: what they show is then a time that has been before.
    """
    if not isinstance(oldest, datetime) or not isinstance(newest, datetime):
        return None
    first, last = (one.replace(tzinfo=one.tzinfo or UTC) for one in (oldest, newest))
    if last - first > _LONGEST_OF_MOMENTS or not _FIRST_YEAR < first.year <= last.year < MAXYEAR:
        return None
    offset, moment = last.astimezone(zone).utcoffset(), first - _LARGEST_STEP
    while moment < last:  # no zone changes twice between two looks
        if moment.astimezone(zone).utcoffset() != offset:
            return None
        moment += _LOOK
    return offset


def _offset(zone: ZoneInfo, local: datetime) -> timedelta:
    return local.replace(tzinfo=zone, fold=0).utcoffset() or timedelta()
