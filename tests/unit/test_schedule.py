"""When things happen next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.model.errors import (
    ERROR_CLASSES,
    AccessRefused,
    FileRefused,
    NotReceived,
    OutcomeUnknown,
    SourceUnavailable,
    StateUnavailable,
    StillUnclear,
    SyncdError,
)
from syncd.model.settings import QuerySettings
from syncd.service import schedule
from tests.support.mapping import a_query

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EVERY = timedelta(minutes=5)

spans = st.timedeltas(timedelta(0), timedelta(days=400))
failures = st.integers(1, 10_000)
seeds = st.integers(0, 1000).map(Random)


def with_cron(expression: str, zone: str = "UTC") -> QuerySettings:
    """A query with a cron schedule."""
    return a_query(zone=zone).model_copy(update={"cron": expression})


def at(text: str, zone: str = "UTC") -> datetime:
    """A local time of a zone, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("due", "now", "expected"),
    [
        ("12:00:00", "12:00:00", "12:05:00"),
        ("12:00:00", "12:00:02", "12:05:00"),
        ("12:00:00", "12:04:59", "12:05:00"),
        ("12:00:00", "12:05:00", "12:10:00"),
        ("12:00:00", "12:17:30", "12:20:00"),
        ("12:00:00", "11:00:00", "11:05:00"),
    ],
)
def test_the_next_turn_of_an_interval(due: str, now: str, expected: str) -> None:
    """On the interval's own grid; turns missed by a long run are left out; a clock set back begins anew."""
    day = "2026-03-01T"
    assert schedule.next_run(a_query(), at(day + due), at(day + now)) == at(day + expected)


@given(spans)
def test_intervals_keep_their_grid(late: timedelta) -> None:
    """However late a run ends, the next is in the future, at most one interval away, in step."""
    following = schedule.next_run(a_query(), NOW, NOW + late)
    assert NOW + late < following <= NOW + late + EVERY
    assert (following - NOW) % EVERY == timedelta(0)


@given(spans)
def test_a_clock_set_back_stops_nothing(back: timedelta) -> None:
    """After the clock was set back by a year the query still runs within its interval."""
    now = NOW - back
    assert now < schedule.next_run(a_query(), NOW, now) <= now + EVERY


@given(span=spans, back=st.booleans())
def test_a_clock_that_is_set_moves_what_is_due(span: timedelta, *, back: bool) -> None:
    """Just as many seconds later as before, for an interval and for the pause after a failure."""
    jump = -span if back else span
    assert schedule.after_jump(a_query(), NOW + EVERY, jump, NOW + jump) == NOW + EVERY + jump


def test_a_clock_that_is_set_and_cron() -> None:
    """Set back: the next time by the new clock; set ahead: what was passed over runs once, now."""
    query, due = with_cron("*/10 * * * *"), NOW.replace(minute=0, second=0) + timedelta(hours=1)
    hour = timedelta(hours=1)
    early = due - timedelta(minutes=1) - hour
    assert schedule.after_jump(query, due, -hour, early) == due - hour
    assert schedule.after_jump(query, due, hour, due + hour) == due


@pytest.mark.parametrize(
    ("expression", "zone", "now", "expected"),
    [
        ("*/10 * * * *", "UTC", "2026-03-01T12:00:00", "2026-03-01T12:10:00"),
        ("*/10 * * * *", "UTC", "2026-03-01T12:09:59", "2026-03-01T12:10:00"),
        ("0 9 * * 1-5", "Europe/Moscow", "2026-03-06T09:00:00", "2026-03-09T09:00:00"),
        ("30 2 * * *", "Asia/Kathmandu", "2026-03-01T02:29:59", "2026-03-01T02:30:00"),
        # The night without 02:30: cron's way is to run it right after the gap.
        ("30 2 * * *", "Europe/Berlin", "2026-03-29T01:59:00", "2026-03-29T03:00:00"),
        ("30 2 * * *", "Europe/Berlin", "2026-03-29T03:00:00", "2026-03-30T02:30:00"),
    ],
)
def test_the_next_turn_of_a_cron(expression: str, zone: str, now: str, expected: str) -> None:
    """In the query's zone, daylight saving time included; the answer is in UTC."""
    query = with_cron(expression, zone)
    following = schedule.next_run(query, at(now, zone), at(now, zone))
    assert following == at(expected, zone)
    assert following.tzinfo is UTC


@pytest.mark.parametrize(
    ("expression", "zone", "begin", "expected"),
    [
        # 02:30 comes twice: it fires at the first alone.
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T22:00", ["25T00:30", "26T01:30", "27T01:30"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T01:05", ["26T01:30", "27T01:30", "28T01:30"]),
        # 02:30 does not come: it fires when the clocks have been put forward.
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T22:00", ["29T01:00", "30T00:30", "31T00:30"]),
        ("15,45 2 * * *", "Europe/Berlin", "2026-03-28T22:00", ["29T01:00", "30T00:15", "30T00:45"]),
        # A rhythm goes on as time does, also where the clocks change by half an hour or by two.
        ("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:20", ["25T00:30", "25T01:00", "25T01:30"]),
        ("*/10 3 * * *", "Australia/Lord_Howe", "2026-10-03T15:20", ["03T16:00", "03T16:10", "03T16:20"]),
        ("*/20 1 * * *", "Australia/Lord_Howe", "2026-04-04T14:30", ["04T14:40", "04T15:10", "05T14:30"]),
        ("0 2 * * *", "Australia/Lord_Howe", "2026-10-03T10:00", ["03T15:30", "04T15:00", "05T15:00"]),
        ("0 2 * * *", "Antarctica/Troll", "2026-03-28T22:00", ["29T01:00", "30T00:00", "31T00:00"]),
    ],
)
def test_cron_where_the_clocks_change(expression: str, zone: str, begin: str, expected: list[str]) -> None:
    """Each time of day fires once a day, each rhythm at every moment that fits; expected in UTC."""
    query, now, turns = with_cron(expression, zone), at(begin), []
    for _ in expected:
        now = schedule.next_run(query, now, now)
        turns.append(f"{now:%dT%H:%M}")
    assert turns == expected


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-10-25T00:05", ["25T00:30", "26T01:30"]),
        ("2026-10-25T01:05", ["25T01:30", "26T01:30"]),
        ("2026-10-25T01:35", ["26T01:30", "27T01:30"]),
        ("2026-03-29T00:35", ["29T01:00", "30T00:30"]),
    ],
)
def test_a_process_that_starts_between_two_passes(start: str, expected: list[str]) -> None:
    """It runs once that night, whenever it starts before the second 02:30."""
    query = with_cron("30 2 * * *", "Europe/Berlin")
    first = schedule.first_run(query, 0, at(start))
    assert [f"{one:%dT%H:%M}" for one in (first, schedule.next_run(query, first, first))] == expected


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), st.sampled_from(["UTC", "Europe/Berlin"]))  # noqa: DTZ001 — given a zone below
def test_a_cron_is_never_late(moment: datetime, zone: str) -> None:
    """Every ten minutes means within ten minutes, on every day of the year."""
    now = moment.replace(tzinfo=UTC)
    following = schedule.next_run(with_cron("*/10 * * * *", zone), now, now)
    assert now < following <= now + timedelta(minutes=10)


def test_first_runs_are_spread() -> None:
    """At once, but not five hundred in the same instant; a cron waits for its time."""
    assert schedule.first_run(a_query(), 0, NOW) == NOW
    assert timedelta(0) < schedule.first_run(a_query(), 500, NOW) - NOW <= timedelta(seconds=20)
    assert schedule.first_run(with_cron("0 13 * * *"), 3, NOW) == NOW + timedelta(hours=1)


@given(failures, seeds)
def test_pauses_are_bounded(count: int, random: Random) -> None:
    """Doubling from a second, with jitter, never over five minutes, also after ten thousand failures."""
    pause = schedule.pause(count, random)
    longest = min(timedelta(seconds=2 ** min(count - 1, 20)), timedelta(minutes=5))
    assert longest / 2 <= pause <= longest


@given(failures, seeds)
def test_a_spent_quota_is_waited_for(count: int, random: Random) -> None:
    """Not before the moment the API gave, and not all queries in the same instant after it."""
    midnight = NOW + timedelta(hours=12)
    moment = schedule.retry_at(NotReceived("x", retry_at=midnight), count, NOW, random)
    assert midnight <= moment <= midnight + timedelta(minutes=1)


@given(failures, seeds)
def test_a_quota_that_is_over_leaves_the_pause(count: int, random: Random) -> None:
    """A moment that has passed shortens nothing."""
    error = NotReceived("x", retry_at=NOW - timedelta(days=1))
    assert schedule.retry_at(error, count, NOW, random) > NOW


@given(failures, seeds)
def test_a_lost_answer_is_looked_up_soon(count: int, random: Random) -> None:
    """Never later than the moment from which it may be sent again, however many looks there were."""
    until = NOW + timedelta(seconds=60)
    assert NOW <= schedule.retry_at(StillUnclear("x", retry_at=until), count, NOW, random) <= until
    assert schedule.retry_at(StillUnclear("x", retry_at=NOW - EVERY), count, NOW, random) == NOW


@given(st.sampled_from([SourceUnavailable("x"), OutcomeUnknown("x"), NotReceived("x")]), failures, seeds)
def test_other_errors_wait_for_their_pause(error: SyncdError, count: int, random: Random) -> None:
    """Growing pauses, at most five minutes."""
    assert NOW < schedule.retry_at(error, count, NOW, random) <= NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("error", "count", "final"),
    [
        (StillUnclear("x", retry_at=NOW), 1000, False),
        (OutcomeUnknown("x"), 1, False),
        (OutcomeUnknown("x"), schedule.TRIES_ONCE - 1, False),
        (OutcomeUnknown("x"), schedule.TRIES_ONCE, True),
        (NotReceived("x"), 1, False),
        (NotReceived("x"), schedule.TRIES_ONCE, True),
        (NotReceived("x", retry_at=NOW + timedelta(seconds=30)), 1, False),
        (NotReceived("x", retry_at=NOW + timedelta(hours=2)), 1, True),
        (AccessRefused("x"), 1, True),
        (FileRefused("x"), 1, True),
        (SourceUnavailable("x"), 1, True),
        (StateUnavailable("x"), 1, True),
        (SyncdError("x"), 1, True),
    ],
)
def test_when_once_gives_up(error: SyncdError, count: int, *, final: bool) -> None:
    """What passes in seconds is tried again; what needs a person, a database or midnight is left."""
    assert schedule.is_final_once(error, count, NOW) is final


def test_once_ends_for_every_error() -> None:
    """No error but an open upload, which `metrica.settle` ends, keeps `run --once` for ever."""
    for kind in ERROR_CLASSES:
        error = kind.__new__(kind)
        if isinstance(error, NotReceived):
            error.retry_at = None
        assert schedule.is_final_once(error, schedule.TRIES_ONCE, NOW), kind
