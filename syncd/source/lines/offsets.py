"""The offset that local times of a page are written with: one number, so it must hold for all of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_LOOK = timedelta(hours=12)
_LONGEST = timedelta(days=1000)


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


def _offset(zone: ZoneInfo, local: datetime) -> timedelta:
    return local.replace(tzinfo=zone, fold=0).utcoffset() or timedelta()
