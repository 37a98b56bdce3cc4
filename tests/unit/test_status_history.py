"""Hours and days up to now, without a gap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from syncd.monitoring.status.history import DAY, DAYS, HOUR, HOURS, Stretch, in_all, series, together

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants them bare
FOUND = st.lists(
    st.builds(
        Stretch,
        st.integers(0, 60 * 24).map(lambda hours: datetime(2026, 1, 31, 10, tzinfo=UTC) - HOUR * hours),
        st.integers(0, 99),
        st.integers(0, 99),
        st.integers(0, 99),
    )
)


@given(now=MOMENTS, step=st.sampled_from([(HOUR, HOURS), (DAY, DAYS)]))
def test_a_series_is_even_and_ends_with_now(now: datetime, step: tuple[timedelta, int]) -> None:
    """As many stretches as asked for, one step apart, the last of which holds the moment."""
    length, count = step
    made = series((), now, length, count)
    assert len(made) == count
    assert {after.at - before.at for before, after in pairwise(made)} == {length}
    assert made[-1].at <= now < made[-1].at + length


@given(found=FOUND)
def test_what_was_found_is_in_its_stretch(found: list[Stretch]) -> None:
    """Hours and days hold the same sums, of what lies in them and nothing else."""
    now = datetime(2026, 1, 31, 10, 59, 59, tzinfo=UTC)
    days = series(found, now, DAY, DAYS)
    inside = [one for one in found if one.at >= days[0].at]
    assert in_all(days).rows == sum(one.rows for one in inside)
    for day in days:
        of_it = [one for one in found if day.at <= one.at < day.at + DAY]
        assert (day.rows, day.told, day.linked) == (
            sum(one.rows for one in of_it),
            sum(one.told for one in of_it),
            sum(one.linked for one in of_it),
        )


def test_days_are_those_of_utc() -> None:
    """Whatever zone the moment is given in."""
    now = datetime(2026, 1, 31, 2, 0, tzinfo=timezone(timedelta(hours=5)))
    assert series((), now, DAY, DAYS)[-1].at == datetime(2026, 1, 30, tzinfo=UTC)
    assert series((), now, HOUR, HOURS)[-1].at == datetime(2026, 1, 30, 21, tzinfo=UTC)


def test_the_rate_needs_metricas_word() -> None:
    """Without it there is none, and it never passes one."""
    at = datetime(2026, 1, 31, tzinfo=UTC)
    assert Stretch(at, 10).rate is None
    assert Stretch(at, 10, 10, 0).rate == 0
    assert Stretch(at, 10, 10, 11).rate == 1


def test_series_are_added_up() -> None:
    """Stretch by stretch."""
    now = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
    one = series([Stretch(now, 1, 2, 3)], now, HOUR, HOURS)
    assert together([one, one])[-1] == Stretch(now, 2, 4, 6)
    assert in_all(together([one, one])).rows == 2
