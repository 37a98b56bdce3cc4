"""How a query is, what can be found, and how much that matters: closed lists."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    BAD = "bad"
    """Rows do not move: a person is needed, or syncd is trying again."""
    WARNING = "warning"
    """Rows move; somebody should look when there is time."""
    NOTE = "note"
    """Worth knowing; nothing to do."""


class QueryState(StrEnum):
    """How a query is, in one word."""

    OK = "ok"
    RUNNING = "running"
    FAILING = "failing"
    HALTED = "halted"
    DISABLED = "disabled"
    NEVER_RUN = "never_run"
    LATE = "late"
    PAUSED = "paused"
    REJECTING = "rejecting"
    """Most of what it reads is rejected."""
    WAITING = "waiting"
    """All that it ever read waits for its DateTime."""
    UNKNOWN = "unknown"
    """The state store does not answer, and nothing else is known."""


class FindingCode(StrEnum):
    """What can be found."""

    STATE_DOWN = "state_down"
    HALTED = "halted"
    FAILING = "failing"
    LATE = "late"
    STUCK = "stuck"
    STOPPED = "stopped"
    NEVER_RUN = "never_run"
    FIRST_RUN = "first_run"
    SCHEDULED = "scheduled"
    PAUSED = "paused"
    PAUSED_UNTIL = "paused_until"
    SENDS_NOTHING = "sends_nothing"
    ONLY_WAITS = "only_waits"
    REJECTED = "rejected"
    NO_MATCH = "no_match"
    MATCH_FALLEN = "match_fallen"
    GOAL_MISSING = "goal_missing"
    DROPPED = "dropped"
    OVERDUE = "overdue"
    QUOTA_SPENT = "quota_spent"
    QUOTA_REFUSED = "quota_refused"
    QUOTA_SHORT = "quota_short"
    CURRENCY = "currency"
    NOT_SEEN = "not_seen"
    NOT_SEEN_YET = "not_seen_yet"
    TOO_OLD = "too_old"
    UNSETTLED = "unsettled"
    PLANNED = "planned"
    WAITING = "waiting"
    LATE_COMMITS = "late_commits"
    LATE_UNSEEN = "late_unseen"
    LATE_UNTOLD = "late_untold"
    OUTLYING = "outlying"
    WENT_BACK = "went_back"
    RELOAD_REFUSED = "reload_refused"
    NEEDS_RESTART = "needs_restart"
    ALERT_FAILED = "alert_failed"
    NOBODY = "nobody"
    NOBODY_YET = "nobody_yet"


SEVERITY: Mapping[FindingCode, Severity] = {
    FindingCode.STATE_DOWN: Severity.BAD,
    FindingCode.HALTED: Severity.BAD,
    FindingCode.FAILING: Severity.BAD,
    FindingCode.LATE: Severity.BAD,
    FindingCode.STUCK: Severity.BAD,
    FindingCode.STOPPED: Severity.BAD,
    FindingCode.NEVER_RUN: Severity.NOTE,
    FindingCode.FIRST_RUN: Severity.NOTE,
    FindingCode.SCHEDULED: Severity.NOTE,
    FindingCode.PAUSED: Severity.NOTE,
    FindingCode.PAUSED_UNTIL: Severity.NOTE,
    FindingCode.SENDS_NOTHING: Severity.BAD,
    FindingCode.ONLY_WAITS: Severity.BAD,
    FindingCode.REJECTED: Severity.WARNING,
    FindingCode.NO_MATCH: Severity.WARNING,
    FindingCode.MATCH_FALLEN: Severity.WARNING,
    FindingCode.GOAL_MISSING: Severity.WARNING,
    FindingCode.DROPPED: Severity.WARNING,
    FindingCode.OVERDUE: Severity.WARNING,
    FindingCode.QUOTA_SPENT: Severity.WARNING,
    FindingCode.QUOTA_REFUSED: Severity.WARNING,
    FindingCode.QUOTA_SHORT: Severity.WARNING,
    FindingCode.CURRENCY: Severity.WARNING,
    FindingCode.NOT_SEEN: Severity.NOTE,
    FindingCode.NOT_SEEN_YET: Severity.NOTE,
    FindingCode.TOO_OLD: Severity.NOTE,
    FindingCode.UNSETTLED: Severity.NOTE,
    FindingCode.PLANNED: Severity.NOTE,
    FindingCode.WAITING: Severity.NOTE,
    FindingCode.LATE_COMMITS: Severity.NOTE,
    FindingCode.LATE_UNSEEN: Severity.WARNING,
    FindingCode.LATE_UNTOLD: Severity.WARNING,
    FindingCode.OUTLYING: Severity.WARNING,
    FindingCode.WENT_BACK: Severity.WARNING,
    FindingCode.RELOAD_REFUSED: Severity.WARNING,
    FindingCode.NEEDS_RESTART: Severity.WARNING,
    FindingCode.ALERT_FAILED: Severity.WARNING,
    FindingCode.NOBODY: Severity.NOTE,
    FindingCode.NOBODY_YET: Severity.NOTE,
}
