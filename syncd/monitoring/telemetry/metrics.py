"""The metrics: a closed list."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from syncd import __version__
from syncd.model import Reason
from syncd.model.clock import Clock, SystemClock
from syncd.monitoring.telemetry.series import CONTENT_TYPE, Durations, PlainSeries, QuerySeries, Series, Spec

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
_REASONS = [reason.value for reason in Reason]
_SeriesT = TypeVar("_SeriesT", PlainSeries, QuerySeries, Durations)


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
        self._lock = threading.Lock()
        self._queries: dict[str, None] = {}
        """Their names, in the order in which they came."""
        self._series: list[Series] = []
        """All of them, in the order in which they are shown."""
        self._rows_read = self._of_query("syncd_rows_read_total")
        self._rows_uploaded = self._of_query("syncd_rows_uploaded_total")
        self._rows_rejected = self._of_query("syncd_rows_rejected_total", _REASONS)
        self._uploads = self._of_query("syncd_uploads_total", [outcome.value for outcome in PostOutcome])
        self._linked = self._of_query("syncd_rows_linked_total")
        self._user_not_found = self._of_query("syncd_rows_user_not_found_total")
        self._goal_not_found = self._of_query("syncd_rows_goal_not_found_total")
        self._run_seconds = self._with(Durations(_SPEC["syncd_run_duration_seconds"], _BUCKETS))
        self._lag = self._of_query("syncd_lag_seconds", default=math.nan)
        self._newest_sale = self._of_query("syncd_newest_sale_timestamp_seconds")
        self._rejects = self._of_query("syncd_rejects", _REASONS)
        self._paused = self._of_query("syncd_query_paused")
        self._info = self._plain("syncd_query_info")
        self._last_success = self._of_query("syncd_last_success_timestamp_seconds")
        self._waiting = self._of_query("syncd_rows_waiting")
        self._waiting_until = self._of_query("syncd_rows_waiting_until_timestamp_seconds")
        self._requests = self._plain("syncd_api_requests_total")
        self._requests_left = self._plain("syncd_api_requests_left")
        self._up = self._plain("syncd_up")
        self._query_up = self._of_query("syncd_query_up")
        self._plain("syncd_build_info").set(1, __version__)
        self._plain("syncd_api_requests_limit").set(daily_requests)
        self._daily_requests = daily_requests
        self._clock = clock or SystemClock()
        self._spent: float = 0
        self._day = self._clock.now().date()
        self.set_queries(queries)

    def set_queries(self, queries: Iterable[str]) -> None:
        """Say which queries there are now: new ones get their series, those of removed ones vanish."""
        with self._lock:
            wanted = dict.fromkeys(queries)
            for query in self._queries.keys() - wanted.keys():
                for series in self._series:
                    series.forget(query)
            self._queries = wanted

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
                self._run_seconds.observe(seconds, query)
                self._last_success.set(now, query)

    def request(self, code: int | None) -> None:
        """Count one request to Metrica by its HTTP status; None: there was no answer."""
        known = code is not None and code in _HTTP_STATUS
        with self._lock:
            self._requests.add(1, str(code) if known else "none")
            self._begin_day()
            self._spent += 1

    def set_requests_left(self, requests: float) -> None:
        """Correct the count of today's requests by what somebody knows better."""
        with self._lock:
            self._begin_day()
            self._spent = self._daily_requests - requests

    def apply(self, report: StatusReport | None) -> None:
        """Take over what only the state store knows, before a scrape; None: the store did not answer."""
        if report is not None and report.requests_left is not None:
            self.set_requests_left(report.requests_left)
        with self._lock:
            self._up.set(1 if report is not None and report.ready else 0)
            if report is None:
                for name in self._queries:
                    self._query_up.set(0, name)
                return
            for query in report.queries:
                if query.name in self._queries:
                    self._query_up.set(query.alive, query.name)
                    if query.is_known:
                        self._take_over(query)

    def render(self) -> tuple[bytes, str]:
        """All of it in Prometheus' text format 0.0.4, and that format's content type."""
        with self._lock:
            self._begin_day()
            self._requests_left.set(max(0, self._daily_requests - self._spent))
        return b"".join(map(self._text, self._series)), CONTENT_TYPE

    # --- how it is done -----------------------------------------------------------------------------------

    def _take_over(self, query: QueryStatus) -> None:
        lag, due, name = query.lag_seconds, query.facts.waiting_due, query.name
        self._lag.set(math.nan if lag is None else lag, name)
        sale = query.facts.newest_at
        self._newest_sale.set(sale.timestamp() if sale else 0, name)
        self._paused.set(query.facts.paused is not None, name)
        self._info.set(1, name, query.facts.kind)
        for reason in _REASONS:
            self._rejects.set(query.facts.rejected.get(reason, 0), name, reason)
        self._waiting.set(query.facts.waiting, name)
        self._waiting_until.set(due.timestamp() if due else 0, name)
        if query.facts.ok_at is not None:
            self._last_success.set(query.facts.ok_at.timestamp(), name)

    def _text(self, series: Series) -> bytes:
        with self._lock:  # one after the other: events wait for no whole scrape
            return series.text(self._queries).encode()

    def _begin_day(self) -> None:
        today = self._clock.now().date()
        if today != self._day:
            self._day, self._spent = today, 0

    def _with(self, series: _SeriesT) -> _SeriesT:
        self._series.append(series)
        return series

    def _plain(self, name: str) -> PlainSeries:
        return self._with(PlainSeries(_SPEC[name]))

    def _of_query(self, name: str, seconds: Sequence[str] = (), default: float = 0) -> QuerySeries:
        return self._with(QuerySeries(_SPEC[name], seconds, default))

    def _add(self, counter: QuerySeries, amount: float, query: str, second: str = "") -> None:
        # A late event of a query that was just removed must not bring its series back.
        with self._lock:
            if query in self._queries and amount > 0:
                counter.add(amount, query, second)
