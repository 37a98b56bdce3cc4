"""How far behind the mark is looked, and when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from syncd.model import Mark, MarkValue
from syncd.model.marks import grain
from syncd.pipeline.reading.late_commits import REREAD_EVERY, SLACK, RereadTimer

DAY, MINUTE, NONE = timedelta(days=1), timedelta(minutes=1), timedelta()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (date(2026, 1, 31), DAY),
        ("2026-01-31", DAY),
        ("2026-01-31 10:00", MINUTE),
        ("2026-01-31T10:00Z", MINUTE),
        ("2026-01-31 10:00:00", NONE),
        (datetime(2026, 1, 31, tzinfo=UTC), NONE),
        (1_769_817_600, NONE),
        (Decimal(7), NONE),
        ("A-17", NONE),
    ],
)
def test_whole_days_and_minutes_by_type_or_form(value: MarkValue, expected: timedelta) -> None:
    """Not by the digits."""
    assert grain(Mark((value, 1))) == expected


def test_once_when_nobody_can_be_late_any_more() -> None:
    """Whatever looked in between; and anew with each mark."""
    looks, mark, slack = RereadTimer(), Mark((datetime(2026, 1, 31, tzinfo=UTC),)), SLACK.total_seconds()
    assert not looks.is_due(0)
    looks.end(mark, 100, 101)
    assert not looks.is_due(101 + slack - 1)
    looks.end(mark, 105, 106)
    assert looks.is_due(101 + slack)
    looks.end(mark, 101 + slack, 102 + slack)
    assert not looks.is_due(10**9)
    looks.end(Mark((datetime(2026, 2, 1, tzinfo=UTC),)), 200, 200)
    assert looks.is_due(200 + slack)


def test_a_look_that_failed_is_repeated() -> None:
    """At once: what it was to find may have come."""
    looks = RereadTimer()
    looks.begin()
    assert looks.is_due(0)
    looks.end(None, 0, 1)
    assert not looks.is_due(10**9)


def test_a_day_is_looked_at_while_it_lasts() -> None:
    """Every minute, for a day after its first row."""
    looks, mark, every = RereadTimer(), Mark((date(2026, 1, 31),)), REREAD_EVERY.total_seconds()
    now, count = 0.0, 0
    looks.end(mark, now, now)
    while looks.is_due(now + every):
        now += every
        looks.end(mark, now, now)
        count += 1
    assert count == DAY / REREAD_EVERY
