"""What is green is true: rejecting, waiting, paused and scheduled queries."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.monitoring.status import (
    FindingCode,
    PauseFacts,
    QueryFacts,
    QueryState,
    StatusReport,
    build_report,
)
from tests.support.status import GOOD, HALTED, LATE, NEVER, NOW


def _one(query: QueryFacts) -> StatusReport:
    return build_report(version="1", now=NOW, state_ok=True, queries=[query])


REJECTING = replace(GOOD, delivered=0, rejected={"no_id": 12}, rejected_today=12, waiting=0)


@pytest.mark.parametrize(
    ("query", "state", "code"),
    [
        (REJECTING, QueryState.REJECTING, FindingCode.SENDS_NOTHING),
        (replace(REJECTING, delivered=10_000), QueryState.REJECTING, FindingCode.SENDS_NOTHING),
        (replace(REJECTING, delivered=10_000, delivered_today=30), QueryState.OK, FindingCode.REJECTED),
        (replace(REJECTING, delivered=9, rejected_today=1), QueryState.OK, FindingCode.REJECTED),
        (replace(GOOD, delivered=0, waiting=5), QueryState.WAITING, FindingCode.ONLY_WAITS),
        (replace(GOOD, delivered=0, waiting=0), QueryState.OK, FindingCode.LATE_COMMITS),
    ],
)
def test_a_query_that_sends_nothing_of_what_it_reads_is_not_ok(
    query: QueryFacts, state: QueryState, code: FindingCode
) -> None:
    """Runs that end well are no good sign where the rows are rejected, or all are to come; one is none."""
    (status,) = _one(query).queries
    assert (status.state, status.findings[0].code) == (state, code)
    assert _one(query).ready is (state is QueryState.OK)


def test_a_fresh_daemon_with_cron_is_ready_until_a_firing_is_missed() -> None:
    """Before its time, and while the first run goes on; a minute after the time without a run it is not."""
    query = replace(NEVER, is_cron=True, interval=timedelta(days=1), next_at=NOW + timedelta(hours=6))
    (status,) = _one(query).queries
    assert _one(query).ready
    assert (status.state, status.next_run) == (QueryState.NEVER_RUN, NOW + timedelta(hours=6))
    assert "due in 6 h" in status.words[0]
    begun = replace(query, started_at=NOW - timedelta(hours=1), next_at=NOW - timedelta(hours=1))
    assert _one(begun).ready
    assert not _one(replace(query, next_at=NOW - timedelta(minutes=2))).ready
    assert not _one(replace(query, failures=1)).ready
    assert not _one(replace(query, is_cron=False)).ready


def test_a_paused_query_is_said_and_is_no_reason_to_be_red() -> None:
    """Until when, and by whom; also of a query whose last good run is long past."""
    pause = PauseFacts(NOW - timedelta(days=2), None, "anna@db1")
    for query in (replace(LATE, paused=pause), replace(HALTED, paused=pause)):
        (status,) = _one(query).queries
        assert _one(query).ready
        assert status.state is QueryState.PAUSED
        assert "paused by anna@db1 2 d ago" in status.words[0]
    until = replace(pause, until=NOW + timedelta(hours=1))
    assert "until 2026-01-31 11:00:00 UTC" in _one(replace(LATE, paused=until)).queries[0].words[0]
