"""When Metrica is asked again about an accepted upload."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.model import Followed
from syncd.pipeline.uploading.followup import FIRST_LOOK, LATE_PAUSE, LONGEST_PAUSE, OVERDUE, is_time

ACCEPTED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)

ages = st.timedeltas(timedelta(0), OVERDUE)


def a_followed(checked: timedelta | None = None) -> Followed:
    """An accepted upload that was last looked at when it was this old."""
    at = None if checked is None else ACCEPTED + checked
    return Followed(1, "orders", 7, "UPLOADED", ACCEPTED, at)


@pytest.mark.parametrize(
    ("checked", "age", "expected"),
    [
        (None, timedelta(0), False),
        (None, FIRST_LOOK - SECOND, False),
        (None, FIRST_LOOK, True),
        (None, OVERDUE + SECOND, True),
        (timedelta(minutes=5), timedelta(minutes=10) - SECOND, False),
        (timedelta(minutes=5), timedelta(minutes=10), True),
        (timedelta(minutes=40), timedelta(minutes=60) - SECOND, False),
        (timedelta(minutes=40), timedelta(minutes=60), True),
        (timedelta(hours=10), timedelta(hours=10, minutes=30) - SECOND, False),
        (timedelta(hours=10), timedelta(hours=10, minutes=30), True),
        (OVERDUE - SECOND, OVERDUE, True),
        (OVERDUE, OVERDUE + LATE_PAUSE - SECOND, False),
        (OVERDUE, OVERDUE + LATE_PAUSE, True),
    ],
)
def test_times(checked: timedelta | None, age: timedelta, *, expected: bool) -> None:
    """Soon at first, then after half its age, at least every half hour; after two days once a day."""
    assert is_time(a_followed(checked), ACCEPTED + age, FIRST_LOOK) is expected


@given(ages)
def test_requests_are_few(checked: timedelta) -> None:
    """Two looks are never closer than the first one, nor further apart than half an hour."""
    upload = a_followed(checked)
    soon = ACCEPTED + checked + FIRST_LOOK - SECOND
    assert not is_time(upload, soon, FIRST_LOOK) or checked < OVERDUE <= soon - ACCEPTED
    late = ACCEPTED + checked + LONGEST_PAUSE
    assert is_time(upload, late, FIRST_LOOK) or checked == OVERDUE


def test_the_number_of_looks_of_one_upload() -> None:
    """Two days of an upload that never ends cost about a hundred requests of the day's 5000."""
    checked, looks = None, 0
    for minute in range(int(OVERDUE.total_seconds() // 60) + 100):
        age = timedelta(minutes=minute)
        if is_time(a_followed(checked), ACCEPTED + age, FIRST_LOOK):
            checked, looks = age, looks + 1
    assert 90 <= looks <= 110


@given(ages)
def test_a_clock_set_back_asks_nothing(back: timedelta) -> None:
    """An upload that seems to have been looked at in the future is asked about when that has come."""
    assert not is_time(a_followed(back + SECOND), ACCEPTED, FIRST_LOOK)
