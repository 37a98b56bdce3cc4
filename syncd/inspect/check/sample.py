"""What a few rows of a query show before anything is sent: types, zones, keys, Targets. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from syncd.inspect.check.moments import MomentsSeen, has_no_zone, read_moment, sample_moments
from syncd.language import N_, _
from syncd.mapping import Layout
from syncd.mapping.bad import BadValueError
from syncd.mapping.fields import target
from syncd.mapping.moments import OLDEST, moment
from syncd.model import Chunk, Column, Page, keys
from syncd.model.settings import Constant

_WORDS: Mapping[type, str] = {
    bool: N_("boolean"),
    int: N_("integer"),
    float: N_("floating point"),
    Decimal: N_("decimal"),
    str: N_("text"),
    bytes: N_("bytes"),
    UUID: "UUID",
    date: N_("date"),
}


def described(plan: Layout, page: Page) -> str:
    """Which result column feeds which of Metrica's, and what it holds."""
    return ", ".join(
        f"{written.column} = {written.source.value!r}"
        if isinstance(written.source, Constant)
        else f"{written.column} ← {column_described(plan.columns, page, written.source)}"
        for written in plan.written
    )


def column_described(columns: Sequence[str], page: Page, place: int) -> str:
    """A column's name and the kinds of value that the sample has in it."""
    if not page.rows:
        return columns[place]
    kinds = dict.fromkeys(_kind(row[place]) for row in page.rows if row[place] is not None)
    empty = any(row[place] is None for row in page.rows)
    if not kinds:
        return _("{column} (null in every row)").format(column=columns[place])
    shown = _(" or ").join(kinds) + (_(", some null") if empty else "")
    return f"{columns[place]} ({shown})"


@dataclass(frozen=True, slots=True)
class SampleMoment:
    """The DateTime of one row."""

    value: str
    """As the source has it."""
    moment: datetime
    """As it is read, in UTC."""
    zoneless: bool
    """It carries no zone, and the query's was taken."""


def sample_moment(plan: Layout, page: Page, zone: ZoneInfo) -> SampleMoment | None:
    """A DateTime, if possible one that carries no zone; None when none can be read."""
    place = _datetime_place(plan)
    if place is None:
        return None
    values = [row[place] for row in page.rows]
    for value in sorted(values, key=lambda value: not has_no_zone(value)):
        with suppress(BadValueError):
            read = datetime.fromtimestamp(int(moment(zone, value)), UTC)
            return SampleMoment(str(value), read, has_no_zone(value))
    return None


_FEW = 5
"""Fewer marks may be whole days by chance."""
_FIRST_DAY = 20_000_101
"""A number from here on may be a day, written with its digits."""


def coarse_marks(page: Page, place: int, zone: ZoneInfo) -> tuple[bool, str] | None:
    """Whether all marks of the sample are whole days (else minutes), and one of them; None: neither."""
    values = [row[place] for row in page.rows if row[place] is not None]
    moments = [_moment_of(value, zone) for value in values]
    if len(set(values)) < _FEW or None in moments:
        return None
    found = [moment for moment in moments if moment is not None]
    if any(moment.second or moment.microsecond for moment in found):
        return None
    days = not any(moment.hour or moment.minute for moment in found)
    return days, str(values[-1])


def _moment_of(value: object, zone: ZoneInfo) -> datetime | None:
    """Read a value that `marks.grain` takes for no whole day or minute; None: it is no moment."""
    with suppress(ArithmeticError, OSError, ValueError):
        match value:
            case datetime():
                return value.astimezone(zone) if value.tzinfo else value
            case int() | Decimal() | float() if value >= OLDEST:
                return datetime.fromtimestamp(float(value), zone)
            case int() | Decimal() if value >= _FIRST_DAY:
                return datetime.strptime(str(value), "%Y%m%d")  # noqa: DTZ007 — whole days, wherever
            case str() if len(value) > len("2026-01-31 10:00"):
                return datetime.fromisoformat(value)
    return None


def moments(plan: Layout, page: Page) -> MomentsSeen:
    """The DateTimes of the rows; none where they are a constant."""
    place = _datetime_place(plan)
    return MomentsSeen() if place is None else sample_moments([row[place] for row in page.rows])


def moments_in_order(plan: Layout, page: Page, zone: ZoneInfo) -> list[int | None]:
    """The DateTime of each row in unix seconds; None where it cannot be read."""
    place = _datetime_place(plan)
    read = [None if place is None else read_moment(row[place], zone) for row in page.rows]
    return [None if one is None else int(one.timestamp()) for one in read]


def datetime_column(plan: Layout) -> str | None:
    """The result column that the DateTime comes from; None where it is a constant."""
    place = _datetime_place(plan)
    return None if place is None else plan.columns[place]


def _datetime_place(plan: Layout) -> int | None:
    places = (written.source for written in plan.written if written.column is Column.DATETIME)
    place = next(places, None)  # orders have none
    return None if isinstance(place, Constant) else place


@dataclass(frozen=True, slots=True)
class SameSales:
    """Rows that Metrica would take for a sale that another row is."""

    rows: int
    key: str
    """The key of one of them, and that of the row it is like."""
    other: str


def same_sales(chunk: Chunk) -> SameSales | None:
    """Rows of other keys with the id, Target and DateTime of one before them; None: there are none."""
    split = keys.split_of(chunk.header)
    waiting = [(row.key, row.line) for row in chunk.waiting]
    lines = [*zip(chunk.ready.keys, chunk.ready.lines, strict=True), *waiting]
    first: dict[str, str] = {}
    same = []
    for key, line in lines:
        head, _ = split.parts(line)
        if first.setdefault(head, key) != key:
            same.append((key, first[head]))
    return SameSales(len(same), *same[0]) if same else None


def shared_keys(found: Sequence[str]) -> int:
    """How many rows have the key of a row before them."""
    return len(found) - len(set(found))


def targets(plan: Layout, page: Page) -> set[str]:
    """The Targets of the sample, as they would be sent; of those that would be rejected no goal is wanted."""
    source = next((written.source for written in plan.written if written.column is Column.TARGET), None)
    if source is None:  # orders and calls have none
        return set()
    values = [source.value] if isinstance(source, Constant) else [row[source] for row in page.rows]
    found = set()
    for value in values:
        with suppress(BadValueError):
            found.add(target(value))
    return found


def _kind(value: object) -> str:
    if isinstance(value, datetime):
        return _("timestamp with zone") if value.tzinfo else _("timestamp without zone")
    return next((_(_WORDS[kind]) for kind in _kinds_of(value)), type(value).__name__)


def _kinds_of(value: object) -> Iterator[type]:
    return (kind for kind in type(value).__mro__ if kind in _WORDS)
