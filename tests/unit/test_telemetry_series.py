"""The text of /metrics is the one that prometheus-client writes of the same values, byte for byte."""

from __future__ import annotations

import math

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics import disable_created_metrics

from syncd.monitoring.telemetry.series import Durations, PlainSeries, QuerySeries, Series, Spec

NUMBERS = (0, 1, 0.1, 2.5, 123456, 999999.5, 1234567, 1796000000.25, 1e15, 1e16, 1e300, -3e7, math.nan)
AWKWARD = 'a "name"\\with\nall'


def _text(*several: Series, queries: tuple[str, ...] = ()) -> str:
    return "".join(series.text(queries) for series in several)


def _theirs(registry: CollectorRegistry) -> str:
    return generate_latest(registry).decode()


@pytest.mark.parametrize("number", [*NUMBERS, math.inf, -math.inf])
def test_numbers_are_written_as_the_library_does(number: float) -> None:
    """With Go's exponents, and its words for what is no number."""
    registry, mine = CollectorRegistry(), PlainSeries(Spec("some", "gauge", (), "A\\b\nc."))
    Gauge("some", "A\\b\nc.", registry=registry).set(number)
    mine.set(number)
    assert _text(mine) == _theirs(registry)


def test_a_second_label_stands_where_the_library_puts_it() -> None:
    """Before the query or behind it, by its name; zero where nothing was said; odd letters escaped."""
    registry, mine = CollectorRegistry(), list[Series]()
    for name, second in (("one", "outcome"), ("two", "reason")):
        theirs = Gauge(name, "h", ("query", second), registry=registry)
        series = QuerySeries(Spec(name, "gauge", ("query", second), "h"), ("x", "y"))
        for query in ("q", AWKWARD):
            for value in ("x", "y"):
                theirs.labels(query, value)
        theirs.labels(AWKWARD, "y").set(7)
        series.set(7, AWKWARD, "y")
        mine.append(series)
    assert _text(*mine, queries=("q", AWKWARD)) == _theirs(registry)


def test_counters_and_durations_are_written_as_the_library_does() -> None:
    """Sums, and buckets with their bounds; one that lies on a bound is within."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left it without types
    registry, bounds = CollectorRegistry(), (0.1, 1, 5, 14400)
    counter = Counter("n_total", "h", ("query",), registry=registry)
    histogram = Histogram("took", "h", ("query",), registry=registry, buckets=bounds)
    mine = (
        QuerySeries(Spec("n_total", "counter", ("query",), "h")),
        Durations(Spec("took", "histogram", ("query",), "h"), bounds),
    )
    for query in ("a", "b"):
        counter.labels(query)
        histogram.labels(query)
    for seconds in (0.05, 0.1, 0.7, 5, 5.01, 99999):
        counter.labels("b").inc(seconds)
        histogram.labels("b").observe(seconds)
        mine[0].add(seconds, "b")
        mine[1].observe(seconds, "b")
    assert _text(*mine, queries=("a", "b")) == _theirs(registry)


def test_what_is_the_default_takes_no_room() -> None:
    """500 queries have thousands of series that stay at zero."""
    series = QuerySeries(Spec("n", "gauge", ("query", "reason"), "h"), ("x", "y"))
    series.set(3, "q", "x")
    series.set(0, "q", "x")
    series.set(0, "other", "y")
    assert not any(series.values.values())
