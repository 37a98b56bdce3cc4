"""When a cron expression fires in a zone whose clocks change: the rules of Debian's cron. Pure.

A time that the clocks pass twice fires once, at the first; a time that they skip fires when the skip ends.
Where minute or hour begins with `*`, the expression names a rhythm rather than a time: it fires at each real
moment whose clock time fits, so twice in the hour that comes twice and never in the one that is skipped.

    30 2 * * *   Europe/Berlin: on 25 October 2026 at 02:30 summer time; on 29 March 2026 at 03:00
    */30 * * * * Europe/Berlin: on 25 October 2026 at 02:00, 02:30 summer time, 02:00, 02:30 winter time
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

LARGEST_CHANGE = timedelta(hours=3)
"""No zone's clocks are put back by more."""


def next_firing(expression: str, zone: ZoneInfo, after: datetime) -> datetime:
    """The first firing later than `after` (aware), in UTC.

    Raises:
        StopIteration: the expression never fires, such as on 30 February.
    """
    after = after.astimezone(UTC)
    local = _clock(after, zone)
    first = _moments(next(CronSim(expression, local)), zone, is_rhythm=_is_rhythm(expression))
    if len(first) == 1 and _is_even(after, zone) and _is_even(first[0], zone):
        return first[0]  # no change of the clocks is near, as on nearly all days
    return _near_a_change(expression, zone, after)


def first_firing(expression: str, zone: ZoneInfo, start: datetime) -> datetime:
    """The first firing for a process that starts at `start` (aware), in UTC.

    Where the clocks pass a time twice and the process starts between the two, it runs at the second: as
    far as it knows, nobody ran at the first.
    """
    firing = next_firing(expression, zone, start)
    clock = next(CronSim(expression, _clock(start, zone)))
    second = clock.replace(tzinfo=zone, fold=1).astimezone(UTC)
    is_passed_again = _clock(second, zone) == clock
    return second if is_passed_again and start < second < firing else firing


def firings(expression: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """All firings later than `after`, in UTC."""
    while True:
        after = next_firing(expression, zone, after)
        yield after


def _near_a_change(expression: str, zone: ZoneInfo, after: datetime) -> datetime:
    """The first firing among all clock times that could be it, those of the hours before included."""
    is_rhythm = _is_rhythm(expression)
    best: datetime | None = None
    for clock in CronSim(expression, _clock(after, zone) - LARGEST_CHANGE):
        if best is not None and clock > _clock(best, zone) + LARGEST_CHANGE:
            break
        for moment in _moments(clock, zone, is_rhythm=is_rhythm):
            if moment > after and (best is None or moment < best):
                best = moment
    if best is None:  # CronSim ended: the last firing there is
        raise StopIteration
    return best


def _moments(clock: datetime, zone: ZoneInfo, *, is_rhythm: bool) -> list[datetime]:
    """The real moments of a clock time: mostly one; of a rhythm two while clocks go back, none in a skip."""
    first, second = (clock.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first < second:
        return [first, second] if is_rhythm else [first]
    if first > second:  # skipped: `fold` 0 reads it by the clock of before, 1 by that of after
        return [] if is_rhythm else [_end_of_skip(second, first, zone)]
    return [first]


def _end_of_skip(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The moment between two others at which the clocks are put forward, to the minute."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(second=0, microsecond=0)


def _is_even(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks are not changed around a moment."""
    around = {
        (moment + shift).astimezone(zone).utcoffset()
        for shift in (-LARGEST_CHANGE, timedelta(), LARGEST_CHANGE)
    }
    return len(around) == 1


def _is_rhythm(expression: str) -> bool:
    minute, hour = expression.split()[:2]
    return minute.startswith("*") or hour.startswith("*")


def _clock(moment: datetime, zone: ZoneInfo) -> datetime:
    """What a clock on the wall shows."""
    return moment.astimezone(zone).replace(tzinfo=None)
