"""Findings: a closed list of what can be wrong, each with words that say so and what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from syncd.language import N_
from syncd.model import UNSEEN, UNTOLD, Reason, quota
from syncd.model.links import Alarm
from syncd.model.showing import shown_moment
from syncd.monitoring.status.codes import FindingCode, Severity
from syncd.monitoring.status.facts import LATELY, PauseFacts, QueryFacts
from syncd.monitoring.status.wording import NAME, Finding, Value

_ENOUGH_ROWS = 100
"""With fewer processed rows, a match rate of nothing may be chance."""


def readiness(queries: Sequence[QueryFacts], *, state_ok: bool, now: datetime) -> list[Finding]:
    """Why syncd is not ready; empty when it is. Disabled queries do not count.

    While the store does not answer, nothing is said of a query of which nothing is known.
    """
    reasons = [] if state_ok else [Finding(FindingCode.STATE_DOWN)]
    told = [query for query in queries if query.enabled and (state_ok or not query.blank)]
    return reasons + [_not_alive(query, now) for query in told if not query.alive(now)]


def nobody(queries: Sequence[QueryFacts], now: datetime) -> Finding:
    """What there is to say where no syncd works on the state store."""
    last = max((query.finished_at for query in queries if query.finished_at), default=None)
    if last is None:
        return Finding(FindingCode.NOBODY_YET)
    return Finding(FindingCode.NOBODY, {"ago": now - last})


def findings(query: QueryFacts, now: datetime) -> list[Finding]:
    """What there is to say about an enabled query, the worst first."""
    if not query.enabled:
        return []
    found = []
    if query.paused is not None:
        found.append(_paused(query, query.paused, now))
    elif not query.alive(now):
        found.append(_not_alive(query, now))
    elif query.is_before_first_firing(now) and query.next_at is not None and not query.running:
        wait = max(query.next_at - now, timedelta(0))
        found.append(Finding(FindingCode.SCHEDULED, {"query": query.name, "rest": wait}))
    elif query.failures:
        found.append(_failing(query))
    rest = [*quota_findings(query, now), *_counted(query)]
    if query.alarm is not None:
        rest.append(_fallen(query, query.alarm, now))
    rest += _of_source(query)
    return found + sorted(rest, key=lambda finding: list(Severity).index(finding.severity))


def _of_source(query: QueryFacts) -> list[Finding]:
    """What the last run noticed about the source's rows and transactions."""
    name: dict[str, Value] = {"query": query.name}
    found = []
    if query.waits_for == UNSEEN:
        found.append(Finding(FindingCode.LATE_UNSEEN, name))
    elif query.waits_for.startswith(UNTOLD):
        found.append(Finding(FindingCode.LATE_UNTOLD, name | {"what": query.waits_for.removeprefix(UNTOLD)}))
    elif query.waits_for:
        found.append(Finding(FindingCode.LATE_COMMITS, name | {"who": query.waits_for}))
    if query.outlying is not None:
        key, mark = query.outlying
        found.append(Finding(FindingCode.OUTLYING, name | {"key": key, "mark": mark}))
    if query.went_back:
        words = {"newest": query.went_back, "mark": ", ".join(query.mark)}
        found.append(Finding(FindingCode.WENT_BACK, name | words))
    return found


def _counted(query: QueryFacts) -> list[Finding]:
    """Find what a number above zero shows."""
    return [
        Finding(code, {"query": query.name, noun: count, "days": LATELY, "window": query.window.days})
        for code, noun, count in (
            (FindingCode.REJECTED, "rows", 0 if query.sends_nothing else sum(query.rejected.values())),
            (FindingCode.CURRENCY, "rows", query.rejected.get(Reason.CURRENCY_UNKNOWN, 0)),
            (FindingCode.NO_MATCH, "rows", _unmatched(query)),
            (FindingCode.GOAL_MISSING, "rows", query.lately.goal_not_found),
            (FindingCode.DROPPED, "rows", query.dropped),
            (FindingCode.OVERDUE, "uploads", query.overdue),
            (FindingCode.UNSETTLED, "uploads", query.unsettled - query.planned),
            (FindingCode.PLANNED, "uploads", query.planned),
            (FindingCode.WAITING, "rows", 0 if query.only_waits else query.waiting),
            (_not_seen(query), "rows", query.lately.user_not_found - query.lately.gained),
            (FindingCode.TOO_OLD, "rows", query.old_rows),
        )
        if count > 0
    ]


def quota_findings(query: QueryFacts, now: datetime) -> list[Finding]:
    """What there is to say of the login's requests."""
    left, limit = query.requests_left, query.requests_limit
    rest = quota.next_midnight(now) - now
    if query.requests_refused:
        return [Finding(FindingCode.QUOTA_REFUSED, {"query": query.name, "left_of_day": rest})]
    if left is None or not quota.is_short(left, limit, now):
        return []
    values: dict[str, Value] = {"query": query.name, "limit": limit, "left": left, "left_of_day": rest}
    return [Finding(FindingCode.QUOTA_SHORT if left else FindingCode.QUOTA_SPENT, values)]


def _fallen(query: QueryFacts, alarm: Alarm, now: datetime) -> Finding:
    recent = query.recent or query.lately
    return Finding(
        FindingCode.MATCH_FALLEN,
        {
            "query": query.name,
            "rate": f"{recent.rate:.0%}",
            "rows": recent.rows,
            "past": f"{alarm.past:.0%}",
            "ago": now - alarm.since,
        },
    )


def _not_seen(query: QueryFacts) -> FindingCode:
    return FindingCode.NOT_SEEN_YET if query.relinks else FindingCode.NOT_SEEN


def _unmatched(query: QueryFacts) -> int:
    return query.processed if query.processed >= _ENOUGH_ROWS and not query.linked else 0


def _not_alive(query: QueryFacts, now: datetime) -> Finding:
    name: dict[str, Value] = {"query": query.name}
    if query.halted:
        return Finding(FindingCode.HALTED, name | _failure(query))
    if query.failures:
        return _failing(query)
    if query.sends_nothing or query.only_waits:
        return _without_use(query, now)
    return _overdue(query, now)


def _without_use(query: QueryFacts, now: datetime) -> Finding:
    """Runs go well, and send nothing of what they read."""
    name: dict[str, Value] = {"query": query.name}
    if query.sends_nothing:
        counts: dict[str, Value] = {"rows": sum(query.rejected.values()), "delivered": query.delivered}
        return Finding(FindingCode.SENDS_NOTHING, name | counts)
    rest = max(query.waiting_due - now, timedelta(0)) if query.waiting_due else timedelta(0)
    return Finding(FindingCode.ONLY_WAITS, name | {"rows": query.waiting, "rest": rest})


def _overdue(query: QueryFacts, now: datetime) -> Finding:
    """No run has ended well for too long."""
    name: dict[str, Value] = {"query": query.name}
    if query.unattended and not query.blank:
        return Finding(FindingCode.STOPPED, name | {"allowance": query.allowance})
    if query.running and query.started_at is not None and not query.within_allowance(query.started_at, now):
        ago = now - query.started_at
        return Finding(FindingCode.STUCK, name | {"ago": ago, "allowance": query.allowance})
    if query.ok_at is not None:
        return Finding(FindingCode.LATE, name | {"ago": now - query.ok_at, "allowance": query.allowance})
    return Finding(FindingCode.FIRST_RUN if query.running else FindingCode.NEVER_RUN, name)


def _paused(query: QueryFacts, pause: PauseFacts, now: datetime) -> Finding:
    values: dict[str, Value] = {"query": query.name, "who": pause.by, "ago": now - pause.since}
    if pause.until is None:
        return Finding(FindingCode.PAUSED, values)
    return Finding(FindingCode.PAUSED_UNTIL, values | {"until": shown_moment(pause.until)})


def _failing(query: QueryFacts) -> Finding:
    values: dict[str, Value] = {"query": query.name, "failures": query.failures}
    return Finding(FindingCode.FAILING, values | _failure(query))


def _failure(query: QueryFacts) -> dict[str, Value]:
    if query.failure is None:
        return {"message": N_("the log says why."), "action": ""}
    message = query.failure.message.strip()
    return {
        "message": message if message.endswith((".", "!", "?")) else f"{message}.",
        # model/errors writes NAME where the query's name belongs.
        "action": re.sub(rf"\b{NAME}\b", query.name, query.failure.action),
    }
