"""Marks moved back, limited and compared, in whatever form a column holds time."""

from __future__ import annotations

import math
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.model import Mark, MarkValue
from syncd.model.marks import as_start, ceiling, earlier, is_beyond

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FORMS: list[tuple[MarkValue, MarkValue]] = [
    (NOON, NOON - timedelta(minutes=5)),
    (datetime(2026, 3, 1, 0, 1), datetime(2026, 2, 28, 23, 56)),  # noqa: DTZ001 — a naive column
    (date(2026, 3, 1), date(2026, 2, 28)),
    (1_772_000_000, 1_771_999_700),
    (Decimal("1772000000.5"), Decimal("1771999700.5")),
    (1_772_000_000_000, 1_771_999_700_000),
    ("2026-03-01 00:01:00", "2026-02-28 23:56:00"),
    ("2026-03-01T00:01:00.123456+03:00", "2026-02-28T23:56:00.123456+03:00"),
    ("2026-03-01T00:01:00Z", "2026-02-28T23:56:00Z"),
    ("2026-03-01 00:01", "2026-02-28 23:56"),
    ("2026-03-01", "2026-02-28"),
]


@pytest.mark.parametrize(("value", "before"), FORMS)
def test_a_time_is_moved_back_in_its_own_form(value: MarkValue, before: MarkValue) -> None:
    """Five minutes earlier, whole days for dates; only the first value counts."""
    assert earlier(Mark((value, 7)), timedelta(minutes=5)) == Mark((before,))


@pytest.mark.parametrize("value", [5, 4711, "A-17", UUID(int=1), b"x", date.min, "0001-01-01"])
def test_what_is_no_time_or_has_no_earlier_is_not_moved(value: MarkValue) -> None:
    """Numbers of orders, codes and the beginning of time."""
    assert earlier(Mark((value,)), timedelta(minutes=5)) is None


@given(st.datetimes(min_value=datetime(1, 1, 2)), st.timedeltas(timedelta(0), timedelta(hours=12)))  # noqa: DTZ001 — hypothesis wants it naive
def test_what_is_moved_back_is_not_beyond(moment: datetime, by: timedelta) -> None:
    """The moved mark never lies behind the one it was made from."""
    moved = earlier(Mark((moment,)), by)
    assert moved is not None
    assert not is_beyond(moved, Mark((moment,)))


@pytest.mark.parametrize(
    ("one", "other", "beyond"),
    [
        ((NOON, 2), (NOON, 1), True),
        ((NOON, 1), (NOON, 1), False),
        ((NOON, 1), (NOON, 2), False),
        ((NOON + timedelta(microseconds=1), 0), (NOON, 9), True),
        ((NOON, UUID(int=2)), (NOON, UUID(int=1)), False),
        (("2026-03-02",), ("2026-03-01",), True),
        ((5,), ("4",), False),
        ((5,), (4.5,), True),
        ((Decimal("4.5"),), (5,), False),
        ((Decimal("NaN"),), (5,), True),
        ((5,), (Decimal("NaN"),), False),
        ((NOON,), (NOON.replace(tzinfo=None, year=2000),), False),
    ],
)
def test_beyond_only_where_python_can_tell(
    one: tuple[MarkValue, ...], other: tuple[MarkValue, ...], *, beyond: bool
) -> None:
    """Times and numbers are compared value by value; UUIDs and mixed types are left to the database."""
    assert is_beyond(Mark(one), Mark(other)) is beyond
    assert is_beyond(Mark(one), None)


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        (NOON, NOON + timedelta(minutes=1)),
        (datetime(2020, 1, 1), datetime(2026, 3, 1, 15, 1)),  # noqa: DTZ001 — a naive column, in Moscow
        (date(2020, 1, 1), date(2026, 3, 1)),
        ("2020-01-01 00:00:00.123", "2026-03-01 15:01:00"),
        ("2020-01-01T00:00:00Z", "2026-03-01T12:01:00"),
        ("2020-01-01", "2026-03-01"),
        (math.inf, sys.float_info.max),
        (Decimal("NaN"), Decimal("1e1000")),
    ],
)
def test_the_future_begins_a_minute_from_now(value: MarkValue, limit: MarkValue) -> None:
    """In the mark's own form and zone; in the query's zone where it carries none."""
    assert ceiling(Mark((value, 1)), NOON, ZoneInfo("Europe/Moscow")) == Mark((limit,))


@pytest.mark.parametrize("value", [4711, "A-17", UUID(int=1), 1.5])
def test_what_is_no_time_has_no_future(value: MarkValue) -> None:
    """Numbers and codes may be as high as they like."""
    assert ceiling(Mark((value,)), NOON, UTC) is None


@pytest.mark.parametrize(
    ("start", "value", "expected"),
    [
        (5, 4711, 5),
        ("5", 4711, "5"),
        ("x", 4711, None),
        ("2026-01-01", Decimal("1.5"), None),
        ("2026-01-01", NOON, datetime(2025, 12, 31, 21, tzinfo=UTC)),
        ("2026-01-01", NOON.replace(tzinfo=None), datetime(2026, 1, 1)),  # noqa: DTZ001 — a column without zone
        ("2026-01-01T00:00:00Z", NOON.replace(tzinfo=None), datetime(2026, 1, 1, 3)),  # noqa: DTZ001 — so
        ("2026-01-01 05:00:00.5+05:00", NOON, datetime(2026, 1, 1, 0, 0, 0, 500000, tzinfo=UTC)),
        ("2026-01-01T22:00:00Z", date(2026, 3, 1), date(2026, 1, 2)),
        ("2026-01-01", date(2026, 3, 1), date(2026, 1, 1)),
        (2026, NOON, None),
        ("today", NOON, None),
        ("A-17", "B-1", "A-17"),
        (17, "B-1", None),
        ("2026-01-01T10:00", "2026-03-01 12:00:00", "2026-01-01 10:00"),
        ("2026-01-01 10:00:00", "2026-03-01T12:00:00.5", "2026-01-01T10:00:00"),
        ("2026-01-01", "2026-03-01 12:00:00", "2026-01-01"),
        ("2026-01-01T00:00:00Z", "2026-03-01 12:00:00", "2026-01-01 03:00:00"),
        ("2026-01-01", "2026-03-01T12:00:00Z", "2025-12-31T21:00:00"),
        ("2026-01-01 00:00:00", "2026-03-01T12:00:00+05:00", "2026-01-01T02:00:00"),
        ("2026-01-01T22:00:00Z", "2026-03-01", "2026-01-02"),
        ("2026-31-10", "2026-03-01 12:00:00", None),
        ("01.11.2026", "2026-03-01 12:00:00", None),
        ("zzz", "2026-03-01", None),
        (str(UUID(int=1)), UUID(int=2), str(UUID(int=1))),
        ("x", UUID(int=2), None),
    ],
)
def test_a_start_is_taken_in_the_form_of_the_marks(
    start: str | float, value: MarkValue, expected: MarkValue | None
) -> None:
    """What a database would compare as the person means it, in Moscow; None for the rest."""
    assert as_start(start, value, ZoneInfo("Europe/Moscow")) == expected
