"""Turns events into lines of log and into metrics: which level and which numbers, as two tables."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import structlog

from syncd.model import Origin, Reason
from syncd.model.clock import Clock, SystemClock
from syncd.model.events import Event
from syncd.monitoring.telemetry.logs import Level, is_shown
from syncd.monitoring.telemetry.metrics import Metrics, PostOutcome

LEVELS: Mapping[Event, Level] = {
    Event.DAEMON_STARTED: "info",
    Event.DAEMON_STOPPING: "info",
    Event.DAEMON_STOPPED: "info",
    Event.CONFIG_RELOADED: "info",
    Event.CONFIG_REFUSED: "error",
    Event.QUERY_STARTED: "debug",
    Event.QUERY_FINISHED: "info",
    Event.QUERY_FAILED: "warning",
    Event.QUERY_RECOVERED: "info",
    Event.QUERY_HALTED: "error",
    Event.QUERY_PAUSED: "warning",
    Event.QUERY_RESUMED: "info",
    Event.QUERY_TRIGGERED: "info",
    Event.LISTENING: "info",
    Event.LISTENING_FAILED: "warning",
    Event.QUERY_CHANGED: "warning",
    Event.SOURCE_WENT_BACK: "warning",
    Event.MARK_AHEAD: "warning",
    Event.TRANSACTION_OPEN: "warning",
    Event.TRANSACTIONS_HIDDEN: "warning",
    Event.QUERY_PROGRESS: "info",
    Event.ROW_REJECTED: "warning",
    Event.ROWS_REJECTED: "warning",
    Event.ROWS_WAITING: "info",
    Event.ROWS_WITHDRAWN: "info",
    Event.ROWS_MISPLACED: "warning",
    Event.ROWS_RETRIED: "info",
    Event.RETRY_LEFT: "warning",
    Event.UPLOAD_STARTED: "debug",
    Event.UPLOAD_ACCEPTED: "info",
    Event.UPLOAD_UNCLEAR: "warning",
    Event.UPLOAD_FOUND: "info",
    Event.UPLOAD_NOT_FOUND: "warning",
    Event.UPLOAD_SPLIT: "warning",
    Event.UPLOAD_REFUSED: "warning",
    Event.RESEND_REFUSED: "warning",
    Event.UPLOAD_FOLLOWED: "info",
    Event.UPLOAD_OVERDUE: "warning",
    Event.ROWS_DROPPED: "warning",
    Event.MATCH_FALLEN: "warning",
    Event.MATCH_RECOVERED: "info",
    Event.QUOTA_SHORT: "warning",
    Event.QUOTA_SPENT: "error",
    Event.LIST_FAILED: "warning",
    Event.API_REQUEST: "debug",
    Event.STATEMENT: "debug",
    Event.STATE_MIGRATED: "info",
    Event.STATE_TROUBLE: "error",
    Event.STATE_BEHIND: "warning",
    Event.STATE_WENT_BACK: "warning",
    Event.HTTP_LISTENING: "info",
    Event.LEASE_TAKEN: "debug",
    Event.ALERT_SENT: "info",
    Event.ALERT_FAILED: "warning",
    Event.LEASE_GIVEN: "debug",
    Event.LEASE_LOST: "warning",
    Event.INTERNAL_ERROR: "error",
}
"""Every event's level. QUERY_FINISHED falls to debug when nothing moved."""

Fields = Mapping[str, object]
_FOLLOWED = ("linked", "user_not_found", "goal_not_found")


class TelemetryObserver:
    """An Observer (ports.py) that logs each event and updates the metrics. Safe to use from every thread."""

    def __init__(self, metrics: Metrics, clock: Clock | None = None) -> None:
        self._metrics = metrics
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._read: dict[str, float] = {}
        self._updates: Mapping[Event, Callable[[str, Fields], None]] = {
            Event.QUERY_STARTED: self._query_started,
            Event.QUERY_PROGRESS: lambda query, fields: self._count_read(query, _number(fields, "rows")),
            Event.QUERY_FINISHED: self._query_finished,
            Event.QUERY_FAILED: self._run_ended,
            Event.QUERY_HALTED: self._run_ended,
            Event.LEASE_LOST: self._lease_lost,
            Event.ROWS_REJECTED: self._rows_rejected,
            Event.UPLOAD_ACCEPTED: self._upload(PostOutcome.ACCEPTED),
            Event.UPLOAD_UNCLEAR: self._upload(PostOutcome.UNCLEAR),
            Event.UPLOAD_FOUND: self._upload(PostOutcome.FOUND),
            Event.UPLOAD_NOT_FOUND: self._upload(PostOutcome.NOT_FOUND),
            Event.UPLOAD_SPLIT: self._upload(PostOutcome.SPLIT),
            Event.UPLOAD_REFUSED: self._upload_refused,
            Event.UPLOAD_FOLLOWED: self._upload_followed,
            Event.API_REQUEST: self._api_request,
        }

    def emit(self, event: Event, **fields: object) -> None:
        """Log one event and count what it says. Never raises."""
        update = self._updates.get(event)
        if update is not None:
            update(str(fields.get("query", "")), fields)
        level = level_of(event, fields)
        if not is_shown(level):
            return
        error = fields.get("error")
        traced = {"exc_info": error} if isinstance(error, Exception) and event is Event.INTERNAL_ERROR else {}
        getattr(structlog.get_logger(), level)(event.value, **fields, **traced)

    def _query_started(self, query: str, _fields: Fields) -> None:
        with self._lock:
            self._read[query] = 0

    def _count_read(self, query: str, rows: float) -> None:
        """`rows` of this run so far: count what is new, so that a long load shows before its end."""
        with self._lock:
            before = self._read.get(query, 0)
            self._read[query] = max(before, rows)
        self._metrics.rows_read(query, rows - before)

    def _query_finished(self, query: str, fields: Fields) -> None:
        self._run_ended(query, fields)
        self._metrics.run_finished(query, _number(fields, "seconds"), self._clock.now().timestamp())

    def _run_ended(self, query: str, fields: Fields) -> None:
        self._count_read(query, _number(fields, "read"))
        with self._lock:
            self._read.pop(query, None)

    def _lease_lost(self, query: str, fields: Fields) -> None:
        if "read" in fields:  # of a run that it ended
            self._run_ended(query, fields)

    def _rows_rejected(self, query: str, fields: Fields) -> None:
        self._metrics.rows_rejected(query, str(fields.get("reason", "")), _number(fields, "rows"))

    def _upload(self, outcome: PostOutcome) -> Callable[[str, Fields], None]:
        def count(query: str, fields: Fields) -> None:
            self._metrics.upload(query, outcome)
            if outcome in {PostOutcome.ACCEPTED, PostOutcome.FOUND} and fields.get("origin") != Origin.RESEND:
                self._metrics.rows_uploaded(query, _number(fields, "rows"))

        return count

    def _upload_refused(self, query: str, _fields: Fields) -> None:
        self._metrics.upload(query, PostOutcome.REFUSED)
        self._metrics.rows_rejected(query, Reason.REFUSED_BY_METRICA, 1)

    def _upload_followed(self, query: str, fields: Fields) -> None:
        # Each upload becomes final once, whatever restarts or changes hands meanwhile: it is counted then.
        # The rows of one that was sent again were counted with the upload before.
        if fields.get("final") and fields.get("origin") != Origin.RESEND:
            self._metrics.followed(query, *(_number(fields, name) for name in _FOLLOWED))

    def _api_request(self, _query: str, fields: Fields) -> None:
        code = fields.get("code")
        self._metrics.request(int(str(code)) if str(code).isdecimal() else None)
        if "left" in fields:
            self._metrics.set_requests_left(_number(fields, "left"))


def level_of(event: Event, fields: Fields) -> Level:
    """The level at which this event is logged."""
    if event is Event.QUERY_FINISHED and not any(
        _number(fields, name) for name in ("uploaded", "uploads", "rejected", "waiting")
    ):
        return "debug"
    return LEVELS[event]


def _number(fields: Fields, name: str) -> float:
    value = fields.get(name)
    return value if isinstance(value, int | float) else 0
