"""What is judged from the facts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.language import LANGUAGES
from syncd.model.links import Alarm, Links
from syncd.monitoring.status import (
    ENGLISH,
    Finding,
    FindingCode,
    QueryFacts,
    QueryState,
    StatusReport,
    Wording,
    build_report,
    readiness,
)
from tests.support.status import (
    CUT_OFF,
    DISABLED,
    FAILING,
    FIRST,
    GOOD,
    HALTED,
    LATE,
    NEVER,
    NOW,
    REFUSED,
    SITUATIONS,
    SPENT,
    STUCK,
    TROUBLED,
)

MOMENTS = st.none() | st.integers(0, 10_000).map(lambda seconds: NOW - timedelta(seconds=seconds))


@st.composite
def facts(draw: st.DrawFn) -> QueryFacts:
    """Any query that can be."""
    return QueryFacts(
        name=draw(st.sampled_from(["a", "b", "c"])),
        enabled=draw(st.booleans()),
        counter=1,
        interval=timedelta(seconds=draw(st.integers(1, 4000))),
        started_at=draw(MOMENTS),
        finished_at=draw(MOMENTS),
        ok_at=draw(MOMENTS),
        progress_at=draw(MOMENTS),
        failures=draw(st.integers(0, 2)),
        halted=draw(st.booleans()),
        rejected=draw(st.dictionaries(st.sampled_from(["no_id", "id_float"]), st.integers(0, 9))),
        waiting=draw(st.integers(0, 2)),
        unsettled=draw(st.integers(0, 2)),
        processed=draw(st.integers(0, 300)),
        linked=draw(st.integers(0, 300)),
        gained=draw(st.integers(0, 300)),
        lately=Links(1, 300, *draw(st.tuples(*[st.integers(0, 300)] * 4))),
        alarm=draw(st.none() | st.builds(Alarm, st.just(NOW), st.floats(0, 1))),
        requests_left=draw(st.none() | st.integers(0, 100)),
        requests_limit=100,
    )


def _one(query: QueryFacts) -> StatusReport:
    return build_report(version="1", now=NOW, state_ok=True, queries=[query])


@given(queries=st.lists(facts(), max_size=4), state_ok=st.booleans())
def test_ready_is_every_enabled_query_alive_and_the_store_answering(
    *, queries: list[QueryFacts], state_ok: bool
) -> None:
    """Ready means the store answers and each enabled query is alive; who is not is named as a reason."""
    reasons = readiness(queries, state_ok=state_ok, now=NOW)
    told = [query for query in queries if query.enabled and (state_ok or not query.blank)]
    dead = [query.name for query in told if not query.alive(NOW)]
    assert [reason.values.get("query") for reason in reasons] == ([] if state_ok else [None]) + dead
    assert all(str(reason) for reason in reasons)


@given(query=facts(), later=st.integers(0, 20_000))
def test_green_needs_something_that_really_happened(query: QueryFacts, later: int) -> None:
    """A query is alive only with a good run, or an upload of the run going on, within three intervals."""
    now = NOW + timedelta(seconds=later)
    happened = [moment for moment in (query.ok_at, query.progress_at) if moment is not None]
    if query.alive(now):
        assert not query.halted
        assert now - max(happened) <= 3 * query.interval


@given(query=facts(), later=st.integers(0, 20_000))
def test_time_alone_heals_nothing(query: QueryFacts, later: int) -> None:
    """Who is not alive does not become alive by waiting."""
    if not query.alive(NOW):
        assert not query.alive(NOW + timedelta(seconds=later))


@given(query=facts(), age=st.integers(0, 20_000))
def test_a_good_run_within_three_intervals_is_enough(query: QueryFacts, age: int) -> None:
    """The edge is exactly three intervals, whatever else is known of a query that sends what it reads."""
    plain = replace(
        query,
        halted=False,
        progress_at=None,
        ok_at=NOW - timedelta(seconds=age),
        delivered=1,
        rejected_today=0,
    )
    assert plain.alive(NOW) is (timedelta(seconds=age) <= 3 * query.interval)


@given(query=facts())
def test_a_new_query_is_ready_after_its_first_run(query: QueryFacts) -> None:
    """Without a finished run and without an upload, an enabled query is not ready."""
    new = replace(query, enabled=True, ok_at=None, progress_at=None)
    assert readiness([new], state_ok=True, now=NOW)


def test_a_long_run_that_delivers_is_alive() -> None:
    """A first load of hours is ready while its uploads go through, and not when they stop."""
    load = replace(NEVER, started_at=NOW - timedelta(hours=9), progress_at=NOW - timedelta(minutes=14))
    assert not readiness([load], state_ok=True, now=NOW)
    assert readiness([load], state_ok=True, now=NOW + timedelta(minutes=2))
    before_it_began = replace(load, started_at=NOW - timedelta(minutes=1))
    assert readiness([before_it_began], state_ok=True, now=NOW)


@pytest.mark.parametrize(
    ("query", "state"),
    [
        (GOOD, QueryState.OK),
        (replace(GOOD, started_at=NOW), QueryState.RUNNING),
        (FIRST, QueryState.RUNNING),
        (NEVER, QueryState.NEVER_RUN),
        (FAILING, QueryState.FAILING),
        (HALTED, QueryState.HALTED),
        (LATE, QueryState.LATE),
        (STUCK, QueryState.LATE),
        (DISABLED, QueryState.DISABLED),
        (replace(HALTED, enabled=False), QueryState.DISABLED),
    ],
)
def test_the_state_in_one_word(query: QueryFacts, state: QueryState) -> None:
    """Each situation has its word."""
    assert _one(query).queries[0].state is state


@given(query=facts())
def test_what_is_not_ready_says_why(query: QueryFacts) -> None:
    """A query that keeps syncd from being ready has the same words itself, first; ok has none bad."""
    report = _one(query)
    status = report.queries[0]
    for reason in report.reasons:
        assert status.words[0] == str(reason)
    if status.state is QueryState.OK:
        assert not any(finding.severity == "bad" for finding in status.findings)


@given(query=facts())
def test_the_report_is_json(query: QueryFacts) -> None:
    """The report survives JSON, and its rates and durations are sound."""
    document = json.loads(json.dumps(_one(query).to_json(), allow_nan=False))
    (status,) = document["queries"]
    assert status["match_rate"] is None or 0 <= status["match_rate"] <= 1
    assert status["last_run"] is None or status["last_run"]["seconds"] >= 0


def test_nothing_is_made_up_while_the_store_is_away() -> None:
    """Without the store, a query of which nothing is known is `unknown`, not `never_run`, without words."""
    report = SITUATIONS["state_lost"]
    assert {query.state for query in report.queries} == {QueryState.UNKNOWN}
    assert not any(query.words for query in report.queries)
    assert [reason.code for reason in report.reasons] == [FindingCode.STATE_DOWN]


def test_every_state_is_documented() -> None:
    """docs/observability.md explains every state's word."""
    text = (Path(__file__).parents[2] / "docs" / "observability.md").read_text(encoding="utf-8")
    assert all(f"| `{state}` |" in text for state in QueryState)


def test_the_names_of_the_json() -> None:
    """What scripts rely on, for one query after a failure."""
    document = build_report(
        version="0.1.0", now=NOW, state_ok=True, queries=[replace(HALTED, waiting=2)], recent_uploads=()
    ).to_json()
    assert {name: document[name] for name in ("version", "now", "ready", "state_ok", "recent_uploads")} == {
        "version": "0.1.0",
        "now": "2026-01-31T10:00:00Z",
        "ready": False,
        "state_ok": True,
        "recent_uploads": [],
    }
    queries = document["queries"]
    assert isinstance(queries, list)
    (query,) = queries
    words = query.pop("words")
    assert words[0] == (
        "leads: stopped until a person acts. Why: 1000 rows were rejected in one run. "
        "See `syncd rejects list leads`."
    )
    assert query == {
        "name": "leads",
        "enabled": True,
        "counter": 12345678,
        "kind": "conversions",
        "state": "halted",
        "mark": ["2026-01-31T09:57:00+00:00", "4711"],
        "lag_seconds": 60.0,
        "newest_sale": "2026-01-31T09:57:00Z",
        "next_run": None,
        "paused": None,
        "last_run": {
            "started": "2026-01-31T09:58:56Z",
            "finished": "2026-01-31T09:59:00Z",
            "ok": False,
            "seconds": 4.0,
            "read": 1234567,
            "error": {
                "code": "rejects.limit",
                "message": "1000 rows were rejected in one run",
                "action": "See `syncd rejects list NAME`.",
            },
        },
        "last_success": "2026-01-31T09:59:00Z",
        "rows": {
            "read": 1234567,
            "delivered": 1234001,
            "rejected": {"currency_unknown": 990, "no_id": 10},
            "waiting": {"count": 2, "next_due": "2026-01-31T12:00:00Z"},
        },
        "uploads": {"total": 25, "unsettled": 3, "planned": 2},
        "match_rate": 0.0,
        "match_rate_recent": None,
        "links": {
            "processed": 1000,
            "linked": 0,
            "gained": 0,
            "user_not_found": 222,
            "goal_not_found": 12,
            "dropped": 0,
            "too_old": 0,
        },
    }


def test_where_nobody_works_nothing_goes_on() -> None:
    """A run that ended with its process is not running, and nobody is said to be doing anything."""
    report = _one(CUT_OFF)
    (status,) = report.queries
    assert status.state is QueryState.LATE
    assert status.last_run is not None
    assert (status.last_run.finished, status.last_run.ok) == (None, False)
    assert "no syncd is running that would try" in status.words[0]
    (notice,) = map(str, report.notices)
    assert notice.startswith(
        "No syncd is running on this state store; the last run ended 1 h ago. Nothing is"
    )
    (idle,) = _one(replace(GOOD, unattended=True)).queries
    assert idle.state is QueryState.OK
    assert _one(GOOD).notices == ()


def test_what_is_not_known_is_null() -> None:
    """A query that never ran has no lag, no run, no success and no match rate."""
    (status,) = _one(NEVER).queries
    document = status.to_json()
    assert [document[name] for name in ("lag_seconds", "last_run", "last_success", "match_rate")] == [
        None
    ] * 4


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.9, "0 s"),
        (-5, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (125, "2 min 5 s"),
        (3600, "1 h"),
        (3601, "1 h"),
        (90061, "1 d 1 h"),
    ],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    """A duration is told in its two largest units."""
    assert ENGLISH.duration(timedelta(seconds=seconds)) == text


def test_what_was_recorded_in_english_is_told_in_russian() -> None:
    """What to do about an error, with the query's name in it, and a message that has no values in it."""
    action = "Correct the query's sql or columns; `syncd preview leads` shows the effect."
    values: dict[str, str | int | timedelta] = {"query": "leads", "failures": 2}
    values |= {"message": "no answer in time.", "action": action}
    said = Wording("ru").say(Finding(FindingCode.FAILING, values))
    assert "Причина: нет ответа за отведённое время. Исправьте sql" in said
    assert "`syncd preview leads`" in said


def test_every_situation_can_be_said() -> None:
    """Every finding that occurs is worded without a gap, in every language."""
    said = {
        finding.code: [Wording(code).say(finding) for code in LANGUAGES]
        for report in SITUATIONS.values()
        for finding in (
            *report.reasons,
            *report.notices,
            *(found for query in report.queries for found in query.findings),
        )
    }
    assert set(said) == set(FindingCode)
    assert all("{" not in text and "NAME" not in text for texts in said.values() for text in texts)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (TROUBLED, "Metrica links fewer rows than before: 8% of the latest 120, after 62%; noticed 5 h ago."),
        (TROUBLED, "rows of the last 7 d whose goal the counter does not have: 3. Target must be"),
        (TROUBLED, "rows of the last 7 d that Metrica left out of files it took: 4."),
        (TROUBLED, "uploads that Metrica has not finished with after two days: 1."),
        (HALTED, "uploads that are under way, or whose answer was lost: 1. Nothing to do: each is looked up"),
        (HALTED, "uploads recorded that Metrica has not taken: 2. Nothing to do: the next run"),
        (REFUSED, "spent, by syncd or by another program: nothing is sent until 00:00 GMT, in 14 h."),
        (TROUBLED, "of the 5,000 requests a day of its login 40 are left for 14 h."),
        (
            SPENT,
            "the 5,000 requests a day that metrica.daily_requests allows its login: nothing is sent",
        ),
        (TROUBLED, "whose visitor Metrica has not found: 198. Some visitors are seen only later"),
        (TROUBLED, "the option `relink` does so"),
        (SPENT, "whose visitor Metrica has not found yet: 198. Nothing to do"),
        (TROUBLED, "more than 21 days old when they were sent: 5."),
        (
            HALTED,
            "rows held back for an unknown currency, whose money Metrica would drop without a word: 990.",
        ),
    ],
)
def test_the_cause_in_plain_words(query: QueryFacts, words: str) -> None:
    """What became of the rows, why, and what to do."""
    assert any(words in said for said in _one(query).queries[0].words), _one(query).queries[0].words


def test_a_clock_that_is_behind_does_no_harm() -> None:
    """Moments a little in the future (another machine's clock) give no negative lag or duration."""
    ahead: datetime = NOW + timedelta(seconds=5)
    (status,) = _one(replace(GOOD, ok_at=ahead, started_at=ahead)).queries
    assert status.lag_seconds == 0
    assert status.last_run is not None
    assert status.last_run.seconds == 0
