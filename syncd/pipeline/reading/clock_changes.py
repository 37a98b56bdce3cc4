"""Clocks that go back: the local times of one hour come twice, so later rows appear behind the mark. Pure.

A mark without a zone is local time. In Europe/Berlin, on the last Sunday of October:

    00:58 UTC   a row of 02:58:58 is read     the mark is 02:58:58
    01:10 UTC   a row of 02:10:00 comes       it stands behind the mark, and is new

So as long as the second pass lasts, and from any mark within that hour, the hour is read again from its
beginning. Where clocks go forward, what was ten seconds ago stands an hour and ten seconds before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from syncd.model import Mark
from syncd.model.marks import earlier

_SECOND = timedelta(seconds=1)
_ZONELESS = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?([.,]\d+)?")


class RepeatedHour(NamedTuple):
    """The local times that come twice when clocks go back; mostly an hour."""

    start: datetime
    """The first of them, as the clock shows it."""
    end: datetime
    """What the clock showed last before it was set back to `start`."""
    over: datetime
    """When they have come for the second time, aware."""


def local_time(mark: Mark) -> datetime | None:
    """The first value as the local time that it is; None where it bears a zone or is no moment."""
    value = mark.values[0]
    if isinstance(value, datetime):
        return value if value.tzinfo is None else None
    if isinstance(value, str) and (found := _ZONELESS.fullmatch(value)):
        try:
            return datetime.fromisoformat(value[: found.start(2)] if found[2] else value)
        except ValueError:
            return None
    return None


def repeated_hour(local: datetime, zone: tzinfo) -> RepeatedHour | None:
    """The hour around a local time that comes twice in this zone; None: it comes once."""
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first >= second:
        return None
    # Between its two moments the clock is set back: that moment is looked for by halves.
    low, high, before = first, second, first.astimezone(zone).utcoffset()
    while high - low > _SECOND:
        middle = low + (high - low) / 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    change = (high - timedelta(microseconds=high.microsecond)).astimezone(zone)
    back = second - first
    start = change.replace(tzinfo=None, fold=0)
    return RepeatedHour(start, start + back, change.astimezone(UTC) + back)


def reread_start(mark: Mark, by: timedelta, zones: Sequence[tzinfo]) -> Mark | None:
    """A mark of one value from where to read again for rows up to `by` late; None where that is not known.

    It lies `by` before the mark, by the clocks of these zones, and at the beginning of an hour that comes
    twice. With a `by` of zero it is None unless the mark is in such an hour.
    """
    start = earlier(mark, by)
    local = local_time(mark)
    if start is None or local is None:
        return start if by else None
    moved = max(by + _put_forward(local, by, zone) for zone in zones) if zones else by
    wanted = local - moved
    hours = [hour for zone in zones if (hour := repeated_hour(wanted, zone))]
    wanted = min([wanted, *(hour.start - _SECOND for hour in hours)])  # a text's fraction stays as it is
    if not by and wanted == local and not hours:
        return None
    return earlier(mark, local - wanted)


def _put_forward(local: datetime, by: timedelta, zone: tzinfo) -> timedelta:
    """How far clocks were put forward within that time before."""
    after = local.replace(tzinfo=zone)
    before = (after.astimezone(UTC) - by).astimezone(zone)
    return max(timedelta(), (local - before.replace(tzinfo=None)) - by)


def unsettled_for(mark: Mark, now: datetime, zones: Sequence[tzinfo]) -> timedelta:
    """How long rows may still come behind a mark, since its hour comes twice; zero: no longer."""
    local = local_time(mark)
    hours = [hour for zone in zones if local and (hour := repeated_hour(local, zone))]
    return max([timedelta(), *(hour.over - now for hour in hours)])


def highest_reading(now: datetime, zone: tzinfo) -> datetime:
    """The moment up to `now` at which the clocks of the zone showed the latest time."""
    local = now.astimezone(zone)
    hour = repeated_hour(local.replace(tzinfo=None), zone) if local.fold else None
    if hour is None:
        return now
    return (hour.end - _SECOND).replace(tzinfo=zone, fold=0).astimezone(UTC)
