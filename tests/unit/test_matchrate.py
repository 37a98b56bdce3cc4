"""When the match rate has fallen, and when it has recovered."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.model.links import Alarm, Links, MatchDay
from syncd.pipeline.uploading import matchrate
from syncd.pipeline.uploading.matchrate import ENOUGH_ROWS, FALLEN, RECOVERED, USED_TO, judge

TODAY = date(2026, 3, 31)
NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
ALARM = Alarm(NOW - timedelta(days=2), 0.6)

days_of_rows = st.lists(
    st.tuples(st.integers(0, 400), st.floats(0, 1), st.integers(1, 5)), min_size=1, max_size=40
)


def history(*rates: tuple[int, float], uploads: int = 5) -> list[MatchDay]:
    """Days up to today with so many rows and this share of them linked."""
    first = TODAY - timedelta(days=len(rates) - 1)
    return [
        MatchDay(first + timedelta(days=place), Links(uploads, rows, round(rows * rate)))
        for place, (rows, rate) in enumerate(rates)
    ]


GOOD = ((200, 0.6),) * 10


@pytest.mark.parametrize(
    ("days", "falls"),
    [
        ([], False),
        (history(*GOOD), False),
        (history(*GOOD, (200, 0.2)), True),
        (history(*GOOD, (200, 0.0)), True),
        (history(*GOOD, (200, 0.45)), False),  # lower, and not by enough
        (history(*GOOD, (99, 0.0)), True),  # with the day before there are enough: 299 rows, 40 %
        (history(*GOOD, (20, 0.0)), False),  # hardly any of the latest 220
        (history(*((20, 0.6),) * 3, (20, 0.0)), False),  # never enough rows
        (history((99, 0.6), (200, 0.1)), False),  # no past to speak of
        (history((200, 0.0), (200, 0.0)), False),  # it never was better
        (history((100, 0.1), (100, 0.05)), False),  # chance
        (history(*GOOD, (200, 0.1), uploads=1), False),  # the latest three files are mostly fine
        (
            history((500, 0.6), *((0, 0.0),) * 40, (200, 0.1)),
            False,
        ),  # too long ago
    ],
)
def test_a_fall(days: list[MatchDay], *, falls: bool) -> None:
    """Enough rows on both sides, clearly fewer linked, and not by chance."""
    alarm = judge(days, None, NOW)
    assert (alarm is not None) is falls
    if alarm is not None:
        assert alarm.since == NOW
        assert alarm.past == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("rate", "holds"), [(0.1, True), (0.45, True), (0.5, True), (0.52, False), (0.9, False)]
)
def test_a_recovery(rate: float, *, holds: bool) -> None:
    """It takes more to recover than not to fall, and the rate before the fall counts."""
    days = history(*((200, 0.1),) * 10, (200, rate))
    assert judge(days, ALARM, NOW) == (ALARM if holds else None)


def test_too_few_rows_change_nothing() -> None:
    """An alarm stays while there is nothing to say."""
    assert judge(history((99, 0.6)), ALARM, NOW) == ALARM
    assert judge([], ALARM, NOW) == ALARM


def test_a_lower_rate_that_lasts_is_the_new_past() -> None:
    """After five weeks the alarm ends, and the same rate raises none."""
    days = history(*((200, 0.2),) * 42)
    assert judge(days, ALARM, ALARM.since + USED_TO + timedelta(seconds=1)) is None
    assert judge(days, None, NOW) is None


@given(days_of_rows, st.none() | st.builds(Alarm, st.just(NOW - timedelta(days=1)), st.floats(0.01, 1)))
def test_whatever_came(rows: list[tuple[int, float, int]], alarm: Alarm | None) -> None:
    """An alarm is raised below the lower edge and dropped above the upper one only, and is stable."""
    days = [
        MatchDay(TODAY - timedelta(days=len(rows) - place), Links(uploads, count, round(count * rate)))
        for place, (count, rate, uploads) in enumerate(rows)
    ]
    lately, after = matchrate.recent(days), judge(days, alarm, NOW)
    if lately is None:
        assert after == alarm
    elif alarm is None and after is not None:
        assert lately.rows >= ENOUGH_ROWS
        assert lately.rate < FALLEN * after.past
        assert judge(days, after, NOW) == after
    elif alarm is not None:
        assert after == (None if lately.rate >= RECOVERED * alarm.past else alarm)
