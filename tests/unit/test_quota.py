"""How a day's requests are shared out, and counted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.metrica.budget import Budget, BudgetTerms, OwnRequestCounter
from syncd.model import quota
from syncd.model.errors import NotReceived
from syncd.model.events import Event
from tests.support.centre import Listener

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31))  # noqa: DTZ001 - hypothesis takes naive ones


class StandingClock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> datetime:
        """The moment it shows."""
        return self.moment

    def seconds(self) -> float:
        """Seconds that go as the moment does."""
        return self.moment.timestamp()


@pytest.fixture
def clock() -> StandingClock:
    """Noon in GMT."""
    return StandingClock()


@pytest.fixture
def listener() -> Listener:
    """Who listens."""
    return Listener()


def a_budget(
    clock: StandingClock, listener: Listener, limit: int, requests: OwnRequestCounter | None = None
) -> Budget:
    """A login with so many requests a day, shared by two queries."""
    return Budget(BudgetTerms("metrica", limit, 2), requests or OwnRequestCounter(), clock, listener)


@pytest.mark.parametrize(
    ("left", "ask", "repeat", "short"),
    [
        (5000, True, True, False),
        (1900, True, True, False),
        (1875, True, False, False),
        (1250, False, False, False),
        (500, False, False, False),
        (499, False, False, True),
        (0, False, False, True),
    ],
)
def test_what_yields(left: int, *, ask: bool, repeat: bool, short: bool) -> None:
    """At noon half of 5000 would be even: sending again stops first, then asking; then somebody is told."""
    assert quota.may_repeat(left, 5000, NOON) is repeat
    assert quota.may_ask(left, 5000, NOON) is ask
    assert quota.is_short(left, 5000, NOON) is short


def test_the_end_of_the_day_is_not_short() -> None:
    """A minute before midnight a few requests are plenty."""
    late = MIDNIGHT - timedelta(minutes=1)
    assert quota.may_ask(10, 5000, late)
    assert not quota.is_short(10, 5000, late)


@given(st.integers(0, 10_000), st.integers(1, 10_000), MOMENTS, st.integers(1, 500))
def test_uploads_come_first(left: int, limit: int, moment: datetime, queries: int) -> None:
    """Rows are sent again only while it may be asked, and uploads are stretched only while it may not."""
    now = moment.replace(tzinfo=UTC)
    assert quota.may_ask(left, limit, now) or not quota.may_repeat(left, limit, now)
    stretched = quota.spacing(left, limit, now, queries)
    assert (stretched == timedelta(0)) is quota.may_ask(left, limit, now)
    assert stretched * left <= (quota.next_midnight(now) - now) * queries + timedelta(seconds=1)


def test_spent_until_midnight(clock: StandingClock, listener: Listener) -> None:
    """After the last request none is made; the next is not before 00:00 GMT, and then there are all again."""
    budget = a_budget(clock, listener, 3)
    assert [budget.take(1) for _ in range(3)] == [2, 1, 0]
    with pytest.raises(NotReceived, match="daily_requests") as caught:
        budget.take(1)
    assert caught.value.retry_at == MIDNIGHT
    assert budget.spacing() == timedelta(hours=24)
    assert len(listener.of(Event.QUOTA_SPENT)) == 1
    clock.moment = MIDNIGHT
    assert budget.take(1) == 2
    assert budget.may_ask()


def test_many_requests_are_counted_one_by_one(clock: StandingClock, listener: Listener) -> None:
    """Setting aside a few at a time neither makes nor loses any."""
    budget = a_budget(clock, listener, 4000)
    assert [budget.take(1) for _ in range(4000)] == list(range(3999, -1, -1))
    assert [told["left"] for told in listener.of(Event.QUOTA_SHORT)] == [399]


def test_another_process_goes_on_where_this_one_ended(clock: StandingClock, listener: Listener) -> None:
    """What was set aside and not spent is given back at the end."""
    requests = OwnRequestCounter()
    first = a_budget(clock, listener, 1000, requests)
    for _ in range(15):
        first.take(1)
    first.close()
    second = a_budget(clock, listener, 1000, requests)
    assert second.left() == 985


@pytest.mark.parametrize(
    ("error_type", "other_counter"),
    [("quota_requests_by_uid", False), ("quota_requests_by_counter_id", True)],
)
def test_metricas_word_counts(
    clock: StandingClock, listener: Listener, error_type: str, *, other_counter: bool
) -> None:
    """Where Metrica says that the day is spent, nothing more is sent: of the login, or to the counter."""
    budget = a_budget(clock, listener, 1000)
    budget.refused(1, NotReceived("HTTP 429", error_type=error_type, http_status=429, retry_at=MIDNIGHT))
    with pytest.raises(NotReceived) as caught:
        budget.take(1)
    assert caught.value.retry_at == MIDNIGHT
    if other_counter:
        assert budget.take(2) == 999
    else:
        assert budget.left() == 0
        with pytest.raises(NotReceived):
            budget.take(2)
    clock.moment = MIDNIGHT
    assert budget.take(1) == 999


def test_requests_of_one_process() -> None:
    """It gives no more than there is."""
    requests = OwnRequestCounter()
    assert requests.set_aside("a", date(2026, 3, 1), 7, 10) == (7, 7)
    assert requests.set_aside("a", date(2026, 3, 1), 7, 10) == (3, 10)
    assert requests.set_aside("a", date(2026, 3, 1), 7, 10) == (0, 10)
    assert requests.set_aside("b", date(2026, 3, 1), 7, 10) == (7, 7)
