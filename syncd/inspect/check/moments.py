"""What the DateTimes of a sample show: a zone taken wrongly, whole days. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from syncd.inspect.check.findings import CLOCK, CheckFinding, Code, Level
from syncd.language import _
from syncd.mapping.bad import BadValueError
from syncd.mapping.moments import from_iso, moment
from syncd.model.settings import QuerySettings

_TOLERANCE = timedelta(minutes=5)
"""How far clocks may be apart: a row so much ahead of now is of now."""
_FURTHEST_ZONE = timedelta(hours=14)
"""No zone is further ahead of UTC: a row beyond that lies in the future, whatever its zone."""
_LIKELY_ZONES = (
    "Europe/Moscow",
    "Europe/Samara",
    "Asia/Yekaterinburg",
    "Asia/Omsk",
    "Asia/Novosibirsk",
    "Asia/Irkutsk",
    "Asia/Yakutsk",
    "Asia/Vladivostok",
    "Asia/Magadan",
    "Asia/Kamchatka",
)
"""Zones that Metrica counts for, by how far they are ahead; tried after the counter's own."""
_ENOUGH_DAYS = 5
"""Moments of different days that are all midnight: fewer may be so by chance."""


@dataclass(frozen=True, slots=True)
class MomentsSeen:
    """The DateTimes of a sample."""

    values: tuple[object, ...] = ()
    """As the source has them, without nulls."""

    @property
    def zoneless(self) -> list[object]:
        """The values that carry no zone, whole days aside."""
        return [value for value in self.values if has_no_zone(value) and not is_day(value)]

    def newest(self, zone: ZoneInfo) -> datetime | None:
        """The newest of those without a zone, read as of this zone, in UTC."""
        found = [read for value in self.zoneless if (read := read_moment(value, zone))]
        return max(found, default=None)


def read_moment(value: object, zone: ZoneInfo) -> datetime | None:
    """What would be sent as the DateTime, in UTC; None where it cannot be read."""
    with suppress(BadValueError):
        return datetime.fromtimestamp(int(moment(zone, value)), UTC)
    return None


def look_at_zone(
    query: QuerySettings, seen: MomentsSeen, now: datetime, counters_zone: str
) -> Iterator[CheckFinding]:
    """Whether moments without a zone are taken for those of the right one.

    Args:
        query: The query.
        seen: The DateTimes of its sample, the newest rows among them.
        now: The time.
        counters_zone: The name of the counter's zone; empty: not known.
    """
    newest = seen.newest(query.timezone)
    if newest is None:
        return
    where, ahead = f"query {query.name}", newest - now
    path = ("databases", query.database.name, "timezone")
    if _TOLERANCE < ahead <= _FURTHEST_ZONE:
        fitting = _fitting_zone(seen, now, counters_zone)
        taken = _("the default: timezone is not set") if query.timezone_is_default else _("its timezone")
        hours = f"{ahead.total_seconds() / 3600:.1f}".removesuffix(".0")
        yield CheckFinding(
            Level.WARNING,
            where,
            _(
                "the newest DateTime carries no zone and is read as {timezone} ({taken}): that is "
                "{newest} UTC, {hours} h ahead of now, so it would wait, and be linked to other "
                "visits"
            ).format(timezone=query.timezone, taken=taken, newest=f"{newest:{CLOCK}}", hours=hours),
            _(
                "Write `timezone: {fitting}` under databases.{database}, or the zone that the "
                "database's times are of."
            ).format(fitting=fitting, database=query.database.name),
            Code.ZONE_WRONG,
            path,
        )
    elif query.timezone_is_default and _differs(counters_zone, newest):
        yield CheckFinding(
            Level.WARNING,
            where,
            _(
                "DateTime carries no zone and is read as UTC, since timezone is not set; the "
                "counter's zone is {counters_zone}"
            ).format(counters_zone=counters_zone),
            _(
                "Write `timezone: {counters_zone}` under databases.{database} if the database's "
                "times are local ones, or `timezone: UTC` if they are not."
            ).format(counters_zone=counters_zone, database=query.database.name),
            Code.ZONE_ASSUMED,
            path,
        )


def look_at_days(query: QuerySettings, seen: MomentsSeen, column: str) -> Iterator[CheckFinding]:
    """DateTimes that are whole days: by their type, or by all of them being midnight."""
    where, path = f"query {query.name}", ("queries", query.name, "columns", "DateTime")
    day = next((value for value in seen.values if is_day(value)), None)
    if day is not None:
        read = read_moment(day, query.timezone)
        when = f"{read.astimezone(query.timezone):{CLOCK}} {query.timezone}" if read else _("not readable")
        yield CheckFinding(
            Level.WARNING,
            where,
            _(
                "DateTime ← {column} holds days without a time, such as {day!r}: it is sent as "
                "{when}, and rows of one client, Target and day are one sale to Metrica"
            ).format(column=column, day=str(day), when=when),
            _("Name a column with the moment of the sale instead of {column}, where there is one.").format(
                column=column
            ),
            Code.DATE_ONLY,
            path,
        )
        return
    moments = [value for value in seen.values if isinstance(value, datetime) or is_text_moment(value)]
    local = [_local(value, query.timezone) for value in moments]
    if len({one.date() for one in local if one}) >= _ENOUGH_DAYS and all(
        one is not None and one.time() == time() for one in local
    ):
        yield CheckFinding(
            Level.WARNING,
            where,
            _(
                "DateTime ← {column} is midnight in every row of the sample, such as {moments!r}: "
                "that is before the day's visits, so the rows are not linked to them"
            ).format(column=column, moments=str(moments[-1])),
            _(
                "Name a column with the moment of the sale, or make a date of it: CAST({column} AS "
                "date) AS {column} counts as the end of the day."
            ).format(column=column),
            Code.DATE_ONLY,
            path,
        )


def has_no_zone(value: object) -> bool:
    """Whether a DateTime carries no zone of its own."""
    read = _parsed(value)
    return read.tzinfo is None if isinstance(read, datetime) else isinstance(read, date)


def is_day(value: object) -> bool:
    """Whether a DateTime is a day without a time."""
    if isinstance(value, str):
        return is_text_moment(value) and not any(sign in value.strip()[8:] for sign in " T:")
    return isinstance(value, date) and not isinstance(value, datetime)


def is_text_moment(value: object) -> bool:
    """Whether a text is a moment or a day in ISO 8601."""
    return isinstance(value, str) and isinstance(_parsed(value), datetime)


def _parsed(value: object) -> object:
    if isinstance(value, str):
        with suppress(ValueError, OverflowError):
            return None if value.strip().isdecimal() else from_iso(value.strip())
        return None
    return value


def _local(value: object, zone: ZoneInfo) -> datetime | None:
    read = _parsed(value)
    if not isinstance(read, datetime):
        return None
    return read.astimezone(zone) if read.tzinfo else read


def _differs(zone: str, when: datetime) -> bool:
    known = _zone(zone)
    return known is not None and bool(when.astimezone(known).utcoffset())


def _fitting_zone(seen: MomentsSeen, now: datetime, counters_zone: str) -> str:
    """The first zone of those likely in which the newest row is not of the future."""
    for name in (counters_zone, *_LIKELY_ZONES):
        zone = _zone(name)
        newest = seen.newest(zone) if zone else None
        if newest is not None and newest <= now + _TOLERANCE:
            return name
    return counters_zone or _LIKELY_ZONES[0]


def _zone(name: str) -> ZoneInfo | None:
    with suppress(ValueError, OSError):  # of a name that this machine does not know
        return ZoneInfo(name) if name else None
    return None


def sample_moments(values: Sequence[object]) -> MomentsSeen:
    """The DateTimes of some rows."""
    return MomentsSeen(tuple(value for value in values if value is not None))
