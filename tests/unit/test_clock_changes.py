"""Hours that come twice, and hours that are left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from syncd.model import Mark, MarkValue
from syncd.pipeline.reading.clock_changes import (
    highest_reading,
    local_time,
    repeated_hour,
    reread_start,
    unsettled_for,
)

BERLIN, LORD_HOWE = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")
NEW_YORK = ZoneInfo("America/New_York")
SLACK = timedelta(seconds=10)


def at(text: str) -> datetime:
    """A local time."""
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("zone", "inside", "start", "end", "over"),
    [
        (BERLIN, "2026-10-25 02:58:58", "2026-10-25 02:00", "2026-10-25 03:00", "2026-10-25 02:00+00:00"),
        (LORD_HOWE, "2026-04-05 01:45", "2026-04-05 01:30", "2026-04-05 02:00", "2026-04-04 15:30+00:00"),
        (NEW_YORK, "2026-11-01 01:00", "2026-11-01 01:00", "2026-11-01 02:00", "2026-11-01 07:00+00:00"),
    ],
)
def test_an_hour_that_comes_twice(zone: ZoneInfo, inside: str, start: str, end: str, over: str) -> None:
    """Mostly it is one, and it is over when it has come for the second time."""
    assert repeated_hour(at(inside), zone) == (at(start), at(end), at(over))
    assert repeated_hour(at(end), zone) is None
    assert repeated_hour(at(start) - timedelta(seconds=1), zone) is None
    assert repeated_hour(at(inside), ZoneInfo("Europe/Moscow")) is None


@pytest.mark.parametrize(
    ("value", "by", "expected"),
    [
        (at("2026-10-25 02:58:58"), SLACK, at("2026-10-25 01:59:59")),
        (at("2026-10-25 03:00:05"), SLACK, at("2026-10-25 01:59:59")),
        (at("2026-10-25 03:00:15"), SLACK, at("2026-10-25 03:00:05")),
        (at("2026-10-25 02:58:58"), timedelta(), at("2026-10-25 01:59:59")),
        (at("2026-10-25 03:58:58"), timedelta(), None),
        ("2026-10-25 02:58:58.123", SLACK, "2026-10-25 01:59:59.123"),
        ("2026-10-25T02:58", SLACK, "2026-10-25T01:59"),
        (at("2026-03-29 03:00:05"), SLACK, at("2026-03-29 01:59:55")),  # clocks went forward
        (at("2026-10-25 00:58:58").replace(tzinfo=UTC), SLACK, at("2026-10-25 00:58:48+00:00")),
        (17, SLACK, None),
    ],
)
def test_from_where_to_read_again(value: MarkValue, by: timedelta, expected: MarkValue | None) -> None:
    """From the beginning of an hour that comes twice; marks with a zone know no such hour."""
    found = reread_start(Mark((value, 1)), by, [BERLIN])
    assert found == (None if expected is None else Mark((expected,)))


def test_how_long_rows_may_come() -> None:
    """Until the hour has come for the second time."""
    mark = Mark((at("2026-10-25 02:30"),))
    assert unsettled_for(mark, at("2026-10-25 00:40+00:00"), [BERLIN]) == timedelta(minutes=80)
    assert not unsettled_for(mark, at("2026-10-25 02:40+00:00"), [BERLIN])
    assert not unsettled_for(Mark((at("2026-10-25 03:30"),)), at("2026-10-25 00:40+00:00"), [BERLIN])


def test_the_highest_reading_of_a_clock() -> None:
    """In the second pass it is the end of the first."""
    assert highest_reading(at("2026-10-25 01:10+00:00"), BERLIN) == at("2026-10-25 00:59:59+00:00")
    assert highest_reading(at("2026-10-25 02:10+00:00"), BERLIN) == at("2026-10-25 02:10+00:00")


@pytest.mark.parametrize("value", ["2026-02-31 10:00", "zzz", 5, at("2026-01-01 00:00+00:00")])
def test_what_is_no_local_time(value: MarkValue) -> None:
    """It has a zone, or is no moment."""
    assert local_time(Mark((value,))) is None
