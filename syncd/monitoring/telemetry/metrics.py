"""The metrics: a closed list, kept in a registry of their own."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from syncd import __version__
from syncd.model import Reason
from syncd.model.clock import Clock, SystemClock
from syncd.model.kinds import QueryKind

if TYPE_CHECKING:  # reports come to daemons that are scraped, which have loaded them by then
    from syncd.monitoring.status import QueryStatus, StatusReport


class PostOutcome(StrEnum):
    """What became of one POST: the label `outcome` of `syncd_uploads_total`."""

    ACCEPTED = "accepted"
    UNCLEAR = "unclear"
    FOUND = "found"
    NOT_FOUND = "not_found"
    SPLIT = "split"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Spec:
    """One metric, as docs/observability.md lists it."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    help: str


SPECS: tuple[Spec, ...] = (
    Spec(
        "syncd_rows_read_total",
        "counter",
        ("query",),
        "Rows read from the source, those read again included.",
    ),
    Spec("syncd_rows_uploaded_total", "counter", ("query",), "Rows in uploads that Metrica accepted."),
    Spec("syncd_rows_rejected_total", "counter", ("query", "reason"), "Rows that cannot be sent, by reason."),
    Spec("syncd_uploads_total", "counter", ("query", "outcome"), "Uploads, by what became of the POST."),
    Spec(
        "syncd_rows_linked_total",
        "counter",
        ("query",),
        "Rows that Metrica linked to a visit, counted when it has finished with their upload.",
    ),
    Spec(
        "syncd_rows_user_not_found_total", "counter", ("query",), "Rows whose visitor Metrica did not find."
    ),
    Spec(
        "syncd_rows_goal_not_found_total", "counter", ("query",), "Rows whose goal the counter does not have."
    ),
    Spec("syncd_run_duration_seconds", "histogram", ("query",), "How long the finished runs took."),
    Spec(
        "syncd_lag_seconds",
        "gauge",
        ("query",),
        "How far the source may be ahead of what was delivered: since a run last brought all; NaN: none yet.",
    ),
    Spec(
        "syncd_newest_sale_timestamp_seconds",
        "gauge",
        ("query",),
        "The newest DateTime that Metrica accepted, unix seconds; 0: none yet.",
    ),
    Spec(
        "syncd_last_success_timestamp_seconds",
        "gauge",
        ("query",),
        "When the query last finished a run well, unix seconds; 0: never.",
    ),
    Spec(
        "syncd_rejects",
        "gauge",
        ("query", "reason"),
        "Rows that stand rejected now, by reason: until they are sent or dropped.",
    ),
    Spec("syncd_query_info", "gauge", ("query", "kind"), "Always 1; what the query's rows are."),
    Spec("syncd_query_paused", "gauge", ("query",), "1 while a person has paused the query, else 0."),
    Spec("syncd_rows_waiting", "gauge", ("query",), "Rows whose DateTime is still to come."),
    Spec(
        "syncd_rows_waiting_until_timestamp_seconds",
        "gauge",
        ("query",),
        "When the first of the waiting rows goes, unix seconds; 0: none waits.",
    ),
    Spec(
        "syncd_api_requests_total",
        "counter",
        ("code",),
        "Requests to Metrica, by HTTP status; none: no answer.",
    ),
    Spec(
        "syncd_api_requests_left",
        "gauge",
        (),
        "What is left of `metrica.daily_requests` until 00:00 GMT, of the login that has least.",
    ),
    Spec("syncd_api_requests_limit", "gauge", (), "`metrica.daily_requests`."),
    Spec("syncd_up", "gauge", (), "1 while /readyz answers 200, else 0."),
    Spec(
        "syncd_query_up",
        "gauge",
        ("query",),
        "1 while the query is known to be fine, as /readyz judges, else 0.",
    ),
    Spec("syncd_build_info", "gauge", ("version",), "Always 1; the version is in the label."),
)
"""Every metric there is: those that dashboards rely on, and the few that alerts need besides.

A test compares them with docs/observability.md and with what is served.
"""

_SPEC = {spec.name: spec for spec in SPECS}
_BUCKETS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400)
"""Seconds: from a run that finds nothing to a first load of millions of rows."""

_HTTP_STATUS = range(100, 600)

_MetricT = TypeVar("_MetricT", Counter, Gauge, Histogram)


class Metrics:
    """The metrics of this process. Safe to use from every thread; no method raises.

    Args:
        queries: the configured queries; each has all its series from the first scrape on, at zero.
        daily_requests: what may be spent in a day, for `api_requests_left`.
        clock: the time; the API's day begins at 00:00 GMT (docs/metrica.md, 3).
    """

    def __init__(
        self, queries: Iterable[str] = (), *, daily_requests: int = 0, clock: Clock | None = None
    ) -> None:
        # Process-wide, and wanted so: the `_created` series are not in the documented list.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left it without types
        self.registry = CollectorRegistry(auto_describe=True)
        self._lock = threading.Lock()
        self._queries: frozenset[str] = frozenset()
        self._unseen: frozenset[str] = frozenset()
        """Queries whose series are still to be made: 500 would take 0.2 s of every start."""
        self._by_query: list[Counter | Gauge | Histogram] = []
        """The metrics whose one label is the query."""
        self._rows_read = self._make(Counter, "syncd_rows_read_total")
        self._rows_uploaded = self._make(Counter, "syncd_rows_uploaded_total")
        self._rows_rejected = self._make(Counter, "syncd_rows_rejected_total")
        self._uploads = self._make(Counter, "syncd_uploads_total")
        self._linked = self._make(Counter, "syncd_rows_linked_total")
        self._user_not_found = self._make(Counter, "syncd_rows_user_not_found_total")
        self._goal_not_found = self._make(Counter, "syncd_rows_goal_not_found_total")
        self._run_seconds = self._make(partial(Histogram, buckets=_BUCKETS), "syncd_run_duration_seconds")
        self._lag = self._make(Gauge, "syncd_lag_seconds")
        self._newest_sale = self._make(Gauge, "syncd_newest_sale_timestamp_seconds")
        self._rejects = self._make(Gauge, "syncd_rejects")
        self._paused = self._make(Gauge, "syncd_query_paused")
        self._info = self._make(Gauge, "syncd_query_info")
        self._last_success = self._make(Gauge, "syncd_last_success_timestamp_seconds")
        self._waiting = self._make(Gauge, "syncd_rows_waiting")
        self._waiting_until = self._make(Gauge, "syncd_rows_waiting_until_timestamp_seconds")
        self._requests = self._make(Counter, "syncd_api_requests_total")
        self._requests_left = self._make(Gauge, "syncd_api_requests_left")
        self._up = self._make(Gauge, "syncd_up")
        self._query_up = self._make(Gauge, "syncd_query_up")
        self._make(Gauge, "syncd_build_info").labels(__version__).set(1)
        self._make(Gauge, "syncd_api_requests_limit").set(daily_requests)
        self._daily_requests = daily_requests
        self._clock = clock or SystemClock()
        self._spent: float = 0
        self._day = self._clock.now().date()
        self.set_queries(queries)

    def set_queries(self, queries: Iterable[str]) -> None:
        """Say which queries there are now: new ones get their series, those of removed ones vanish."""
        with self._lock:
            wanted = frozenset(queries)
            self._create_series()
            for query in self._queries - wanted:
                self._remove(query)
            self._queries, self._unseen = wanted, wanted - self._queries

    def rows_read(self, query: str, rows: float) -> None:
        """Count rows read."""
        self._add(self._rows_read, rows, query)

    def rows_uploaded(self, query: str, rows: float) -> None:
        """Count rows of an accepted upload."""
        self._add(self._rows_uploaded, rows, query)

    def rows_rejected(self, query: str, reason: str, rows: float) -> None:
        """Count rejected rows; a reason outside `model.Reason` is not counted: labels stay a closed list."""
        if reason in set(Reason):
            self._add(self._rows_rejected, rows, query, reason)

    def upload(self, query: str, outcome: PostOutcome) -> None:
        """Count one upload's outcome."""
        self._add(self._uploads, 1, query, outcome.value)

    def followed(self, query: str, linked: float, user_not_found: float, goal_not_found: float) -> None:
        """Count Metrica's last word on an upload."""
        self._add(self._linked, linked, query)
        self._add(self._user_not_found, user_not_found, query)
        self._add(self._goal_not_found, goal_not_found, query)

    def run_finished(self, query: str, seconds: float, now: float) -> None:
        """Record a run that ended well at `now` (unix seconds)."""
        with self._lock:
            if query in self._queries:
                self._run_seconds.labels(query).observe(seconds)
                self._last_success.labels(query).set(now)

    def request(self, code: int | None) -> None:
        """Count one request to Metrica by its HTTP status; None: there was no answer."""
        known = code is not None and code in _HTTP_STATUS
        self._requests.labels(str(code) if known else "none").inc()
        with self._lock:
            self._begin_day()
            self._spent += 1

    def set_requests_left(self, requests: float) -> None:
        """Correct the count of today's requests by what somebody knows better."""
        with self._lock:
            self._begin_day()
            self._spent = self._daily_requests - requests

    def apply(self, report: StatusReport | None) -> None:
        """Take over what only the state store knows, before a scrape; None: the store did not answer."""
        self._up.set(1 if report is not None and report.ready else 0)
        if report is not None and report.requests_left is not None:
            self.set_requests_left(report.requests_left)
        with self._lock:
            self._create_series()
            if report is None:
                for name in self._queries:
                    self._query_up.labels(name).set(0)
                return
            for query in report.queries:
                if query.name in self._queries:
                    self._query_up.labels(query.name).set(query.alive)
                    if query.is_known:
                        self._take_over(query)

    def render(self) -> tuple[bytes, str]:
        """All of it in Prometheus' text format 0.0.4, and that format's content type."""
        with self._lock:
            self._create_series()
            self._begin_day()
            self._requests_left.set(max(0, self._daily_requests - self._spent))
        return generate_latest(self.registry), CONTENT_TYPE_PLAIN_0_0_4

    # --- how it is done -----------------------------------------------------------------------------------

    def _take_over(self, query: QueryStatus) -> None:
        lag, due = query.lag_seconds, query.facts.waiting_due
        self._lag.labels(query.name).set(math.nan if lag is None else lag)
        sale = query.facts.newest_at
        self._newest_sale.labels(query.name).set(sale.timestamp() if sale else 0)
        self._paused.labels(query.name).set(query.facts.paused is not None)
        self._info.labels(query.name, query.facts.kind).set(1)
        for reason in Reason:
            self._rejects.labels(query.name, reason.value).set(query.facts.rejected.get(reason.value, 0))
        self._waiting.labels(query.name).set(query.facts.waiting)
        self._waiting_until.labels(query.name).set(due.timestamp() if due else 0)
        if query.facts.ok_at is not None:
            self._last_success.labels(query.name).set(query.facts.ok_at.timestamp())

    def _begin_day(self) -> None:
        today = self._clock.now().date()
        if today != self._day:
            self._day, self._spent = today, 0

    def _make(self, kind: Callable[..., _MetricT], name: str) -> _MetricT:
        spec = _SPEC[name]
        metric = kind(name, spec.help, spec.labels, registry=self.registry)
        if spec.labels == ("query",):
            self._by_query.append(metric)
        return metric

    def _add(self, counter: Counter, amount: float, query: str, *labels: str) -> None:
        # A late event of a query that was just removed must not bring its series back.
        with self._lock:
            if query in self._queries and amount > 0:
                counter.labels(query, *labels).inc(amount)

    def _create_series(self) -> None:
        for query in self._unseen:
            self._create(query)
        self._unseen = frozenset()

    def _create(self, query: str) -> None:
        for metric in self._by_query:
            metric.labels(query)
        self._lag.labels(query).set(math.nan)
        for reason in Reason:
            self._rows_rejected.labels(query, reason.value)
            self._rejects.labels(query, reason.value)
        for outcome in PostOutcome:
            self._uploads.labels(query, outcome.value)

    def _remove(self, query: str) -> None:
        for metric in self._by_query:
            metric.remove(query)
        for kind in QueryKind:
            with suppress(KeyError):  # the query was of one kind
                self._info.remove(query, kind.value)
        for reason in Reason:
            self._rows_rejected.remove(query, reason.value)
            self._rejects.remove(query, reason.value)
        for outcome in PostOutcome:
            self._uploads.remove(query, outcome.value)
