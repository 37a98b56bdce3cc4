"""The metrics are a closed list, and every event is known to the log."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from syncd import __version__
from syncd.model import Reason
from syncd.model.events import Event
from syncd.monitoring.status import QueryFacts, build_report
from syncd.monitoring.telemetry import Metrics, TelemetryObserver
from syncd.monitoring.telemetry.metrics import SPECS, PostOutcome
from syncd.monitoring.telemetry.observer import LEVELS, level_of

NOW = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
PRODUCT = {
    "rows_read_total": {"query"},
    "rows_uploaded_total": {"query"},
    "rows_rejected_total": {"query", "reason"},
    "uploads_total": {"query", "outcome"},
    "rows_linked_total": {"query"},
    "rows_user_not_found_total": {"query"},
    "rows_goal_not_found_total": {"query"},
    "run_duration_seconds": {"query"},
    "lag_seconds": {"query"},
    "last_success_timestamp_seconds": {"query"},
    "rows_waiting": {"query"},
    "api_requests_total": {"code"},
    "api_requests_left": set(),
    "up": set(),
}
"""The metrics that dashboards rely on."""
ADDED = {
    "query_info": {"query", "kind"},
    "newest_sale_timestamp_seconds": {"query"},
    "rejects": {"query", "reason"},
    "query_paused": {"query"},
    "rows_waiting_until_timestamp_seconds": {"query"},
    "api_requests_limit": set(),
    "query_up": {"query"},
    "build_info": {"version"},
}
"""The metrics that only alerts need."""

Sample = tuple[str, frozenset[tuple[str, str]]]


def _samples(metrics: Metrics) -> dict[Sample, float]:
    body, _ = metrics.render()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def _value(metrics: Metrics, name: str, **labels: str) -> float:
    return _samples(metrics)[f"syncd_{name}", frozenset(labels.items())]


class _Clock:
    """A clock that stands until it is told otherwise."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        """The moment it was told."""
        return self.moment

    def seconds(self) -> float:
        """Seconds that go as the moment does."""
        return self.moment.timestamp()


def _observer() -> tuple[Metrics, TelemetryObserver]:
    clock = _Clock()
    metrics = Metrics(["paid"], daily_requests=5000, clock=clock)
    return metrics, TelemetryObserver(metrics, clock)


def test_the_metrics_are_those_of_the_product() -> None:
    """Names and labels are exactly those users rely on, and the few that were added."""
    assert {spec.name: set(spec.labels) for spec in SPECS} == {
        f"syncd_{name}": labels for name, labels in (PRODUCT | ADDED).items()
    }


def test_what_is_served_is_what_is_listed() -> None:
    """/metrics shows the listed metrics, with their types and words, and no others."""
    metrics = Metrics(["paid"])
    metrics.request(200)
    body, content_type = metrics.render()
    served = dict(re.findall(r"^# TYPE (\S+) (\S+)$", body.decode(), re.MULTILINE))
    assert served == {spec.name: spec.kind for spec in SPECS}
    words = dict(re.findall(r"^# HELP (\S+) (.+)$", body.decode(), re.MULTILINE))
    assert words == {spec.name: spec.help for spec in SPECS}
    assert content_type.startswith("text/plain; version=0.0.4")
    assert b"_created" not in body


def test_a_new_query_has_all_its_series_at_zero() -> None:
    """Every series of a configured query is there before anything happens; only its lag is not known."""
    metrics = Metrics(["paid"])
    series = {key: value for key, value in _samples(metrics).items() if ("query", "paid") in key[1]}
    lag = series.pop(("syncd_lag_seconds", frozenset({("query", "paid")})))
    assert math.isnan(lag)
    assert set(series.values()) == {0.0}
    names = {name for name, _ in series}
    assert {f"syncd_{name}" for name, labels in (PRODUCT | ADDED).items() if "query" in labels} <= names | {
        "syncd_run_duration_seconds",
        "syncd_lag_seconds",
        "syncd_query_info",
    }
    assert sum(name == "syncd_rows_rejected_total" for name, _ in series) == len(Reason)
    assert sum(name == "syncd_uploads_total" for name, _ in series) == len(PostOutcome)


def test_a_removed_query_vanishes_and_stays_away() -> None:
    """The series of a removed query are gone, and a late event does not bring them back."""
    metrics, observer = _observer()
    metrics.set_queries(["other"])
    with capture_logs():
        for event in Event:
            observer.emit(event, query="paid", rows=1, read=1, seconds=1.0, linked=1, reason="no_id")
    labels = {label for _, labels in _samples(metrics) for label in labels}
    assert ("query", "paid") not in labels
    assert ("query", "other") in labels


def test_labels_are_a_closed_list() -> None:
    """No event, whatever it holds, makes a series outside the closed lists."""
    metrics, observer = _observer()
    before = {key for key in _samples(metrics) if key[0] != "syncd_api_requests_total"}
    observer.emit(Event.ROWS_REJECTED, query="paid", reason="made up", rows=1)
    observer.emit(Event.ROWS_REJECTED, query="unknown", reason="no_id", rows=1)
    for code in ("none", "abc", "99999", "-1", "", None):
        observer.emit(Event.API_REQUEST, method="GET", path="/", code=code, seconds=0.1)
    samples = _samples(metrics)
    assert {key for key in samples if key[0] != "syncd_api_requests_total"} == before
    assert _value(metrics, "api_requests_total", code="none") == 6


def test_events_are_counted() -> None:
    """Each event moves the metric that speaks of it."""
    metrics, observer = _observer()
    observer.emit(Event.QUERY_STARTED, query="paid")
    observer.emit(Event.QUERY_PROGRESS, query="paid", rows=70)
    assert _value(metrics, "rows_read_total", query="paid") == 70
    observer.emit(Event.ROWS_REJECTED, query="paid", reason=Reason.NO_ID, rows=2)
    observer.emit(Event.UPLOAD_ACCEPTED, query="paid", upload=1, rows=50)
    observer.emit(Event.UPLOAD_FOUND, query="paid", upload=2, rows=5)
    observer.emit(Event.UPLOAD_UNCLEAR, query="paid", upload=2)
    observer.emit(Event.UPLOAD_REFUSED, query="paid", upload=3, key="k")
    observer.emit(Event.API_REQUEST, code="200")
    observer.emit(Event.QUERY_FAILED, query="paid", read=90)
    observer.emit(Event.QUERY_STARTED, query="paid")
    observer.emit(Event.QUERY_FINISHED, query="paid", read=100, uploaded=55, seconds=2.5)
    assert _value(metrics, "rows_read_total", query="paid") == 190
    observer.emit(Event.LEASE_LOST, query="paid")
    observer.emit(Event.QUERY_STARTED, query="paid")
    observer.emit(Event.LEASE_LOST, query="paid", read=7)
    assert _value(metrics, "rows_read_total", query="paid") == 197
    assert _value(metrics, "api_requests_limit") == 5000
    assert _value(metrics, "build_info", version=__version__) == 1
    assert _value(metrics, "rows_rejected_total", query="paid", reason="no_id") == 2
    assert _value(metrics, "rows_rejected_total", query="paid", reason="refused_by_metrica") == 1
    assert _value(metrics, "rows_uploaded_total", query="paid") == 55
    for outcome in ("accepted", "found", "unclear", "refused"):
        assert _value(metrics, "uploads_total", query="paid", outcome=outcome) == 1
    assert _value(metrics, "api_requests_total", code="200") == 1
    assert _value(metrics, "api_requests_left") == 4999
    assert _value(metrics, "run_duration_seconds_count", query="paid") == 1
    assert _value(metrics, "last_success_timestamp_seconds", query="paid") == NOW.timestamp()


def test_the_days_quota_is_counted_down_and_begins_anew_at_midnight() -> None:
    """Each request takes one from the day's; 00:00 UTC gives them back; never below 0."""
    clock = _Clock()
    metrics = Metrics(daily_requests=3, clock=clock)
    shown = []
    for _ in range(5):
        shown.append(_value(metrics, "api_requests_left"))
        metrics.request(200)
    assert shown == [3, 2, 1, 0, 0]
    clock.moment += timedelta(days=1)
    assert _value(metrics, "api_requests_left") == 3
    metrics.set_requests_left(1)
    assert _value(metrics, "api_requests_left") == 1


def test_metricas_numbers_are_counted_once_when_they_are_final() -> None:
    """What Metrica says of an upload on the way is not counted, so that a restart counts nothing twice."""
    metrics, observer = _observer()
    for linked, missing, final in ((0, 0, False), (5, 1, False), (8, 1, True)):
        observer.emit(
            Event.UPLOAD_FOLLOWED,
            query="paid",
            upload=1,
            final=final,
            linked=linked,
            user_not_found=missing,
            goal_not_found=None,
        )
    last = {"linked": 1, "user_not_found": 0, "goal_not_found": 2}
    observer.emit(Event.UPLOAD_FOLLOWED, query="paid", upload=2, final=True, **last)
    assert _value(metrics, "rows_linked_total", query="paid") == 9
    assert _value(metrics, "rows_user_not_found_total", query="paid") == 1
    assert _value(metrics, "rows_goal_not_found_total", query="paid") == 2


def test_the_report_fills_what_events_cannot_know() -> None:
    """Lag, waiting rows, the last success and `up` come from the state store's report."""
    metrics = Metrics(["paid"])
    facts = QueryFacts(
        name="paid",
        enabled=True,
        counter=1,
        interval=timedelta(minutes=5),
        newest_at=NOW - timedelta(seconds=90),
        ok_at=NOW - timedelta(seconds=30),
        delivered=8,
        rejected={"no_id": 2},
        waiting=4,
        waiting_due=NOW + timedelta(minutes=1),
    )
    metrics.apply(build_report(version="1", now=NOW, state_ok=True, queries=[facts]))
    assert _value(metrics, "lag_seconds", query="paid") == 30
    assert _value(metrics, "newest_sale_timestamp_seconds", query="paid") == NOW.timestamp() - 90
    assert _value(metrics, "rejects", query="paid", reason="no_id") == 2
    assert _value(metrics, "rows_waiting", query="paid") == 4
    assert _value(metrics, "last_success_timestamp_seconds", query="paid") == NOW.timestamp() - 30
    assert _value(metrics, "up") == 1
    assert _value(metrics, "query_up", query="paid") == 1
    assert _value(metrics, "rows_waiting_until_timestamp_seconds", query="paid") == NOW.timestamp() + 60
    metrics.apply(None)
    assert _value(metrics, "up") == 0
    assert _value(metrics, "query_up", query="paid") == 0
    assert _value(metrics, "lag_seconds", query="paid") == 30


def test_every_event_has_a_level() -> None:
    """The table of levels covers the closed list of events."""
    assert set(LEVELS) == set(Event)


@pytest.mark.parametrize("event", Event)
def test_every_event_is_logged_with_its_fields(event: Event) -> None:
    """Each event is one line, under its own name, at its level, with the fields it came with."""
    structlog.reset_defaults()  # a log that was set up before may leave out what is debug
    _, observer = _observer()
    with capture_logs() as lines:
        observer.emit(event, query="paid", uploaded=1)
    assert lines == [{"event": event.value, "log_level": LEVELS[event], "query": "paid", "uploaded": 1}]


def test_a_run_that_moved_nothing_is_quiet() -> None:
    """QUERY_FINISHED is debug while nothing moved, info otherwise."""
    quiet = {"read": 3, "known": 3, "uploaded": 0, "uploads": 0, "rejected": 0, "waiting": 0}
    assert level_of(Event.QUERY_FINISHED, quiet) == "debug"
    for name in ("uploaded", "uploads", "rejected", "waiting"):
        assert level_of(Event.QUERY_FINISHED, quiet | {name: 1}) == "info"


# --- docs/observability.md ---------------------------------------------------------------------------------


def _table(first_cell: str) -> list[list[str]]:
    text = (Path(__file__).parents[2] / "docs" / "observability.md").read_text(encoding="utf-8")
    lines = text[text.index(f"| {first_cell} |") :].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_metrics_are_documented() -> None:
    """docs/observability.md lists every metric with its type, labels and words, and no other."""
    assert _table("metric") == [
        [f"`{spec.name}`", spec.kind, ", ".join(f"`{label}`" for label in spec.labels) or "-", spec.help]
        for spec in SPECS
    ]


def test_the_events_are_documented() -> None:
    """docs/observability.md lists every event with its level, and no other."""
    assert [row[:2] for row in _table("event")] == [[f"`{event.value}`", LEVELS[event]] for event in Event]
