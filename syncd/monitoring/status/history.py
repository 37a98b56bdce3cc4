"""Deliveries over time, in even stretches without a gap, as the page draws them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from syncd.monitoring.status.facts import RejectFacts, UploadFacts

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOURS, DAYS = 24, 30
"""How many of them are shown; the last is the one going on."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """An hour or a day."""

    at: datetime
    """Its beginning, UTC."""
    rows: int = 0
    """Delivered in it."""
    told: int = 0
    """Those of them of which Metrica has said how many it linked."""
    linked: int = 0

    @property
    def rate(self) -> float | None:
        """The match rate; None while Metrica has not said."""
        return min(1.0, self.linked / self.told) if self.told else None


Series = tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class QueryPast:
    """One query's past."""

    hours: Series
    days: Series
    uploads: tuple[UploadFacts, ...]
    """The latest, the newest first."""
    rejects: tuple[RejectFacts, ...] = ()
    """The first of those that stand."""


class Past(Protocol):
    """A reader of past deliveries, which may be slow. Every method raises StateError."""

    def recent(self) -> Mapping[str, Series]:
        """The last 24 hours of each query that delivered anything."""
        ...

    def of(self, query: str) -> QueryPast:
        """The last 24 hours and 30 days of one query, and its uploads."""
        ...


def first_of(now: datetime, step: timedelta, count: int) -> datetime:
    """Where `count` stretches begin of which the last holds `now`; in UTC, as all days here."""
    moment = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    last = moment if step == HOUR else moment.replace(hour=0)
    return last - step * (count - 1)


def series(found: Iterable[Stretch], now: datetime, step: timedelta, count: int) -> Series:
    """Hours in any order, put into `count` stretches up to now; what is outside of them is left out."""
    first = first_of(now, step, count)
    sums = [Stretch(first + step * place) for place in range(count)]
    for one in found:
        place = (one.at - first) // step
        if 0 <= place < count:
            sums[place] = _plus(sums[place], one)
    return tuple(sums)


def together(all_series: Sequence[Series]) -> Series:
    """Series of the same stretches, added up."""
    return tuple(_sum(stretches) for stretches in zip(*all_series, strict=True))


def in_all(stretches: Series) -> Stretch:
    """A whole series as one stretch."""
    return _sum(stretches)


def _sum(stretches: Sequence[Stretch]) -> Stretch:
    total = Stretch(stretches[0].at)
    for one in stretches:
        total = _plus(total, one)
    return total


def _plus(total: Stretch, one: Stretch) -> Stretch:
    return Stretch(total.at, total.rows + one.rows, total.told + one.told, total.linked + one.linked)
