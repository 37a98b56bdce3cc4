"""What is wrong, and what to do: a closed list of findings, each with its words.

Words are tables, so that the page can say the same in another language (`syncd.web.texts`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from syncd.status.facts import QueryFacts

_ENOUGH_ROWS = 100
"""With fewer processed rows, a match rate of nothing may be chance."""


class Severity(StrEnum):
    """How much a finding matters."""

    BAD = "bad"
    """Rows do not move: a person is needed, or syncd is trying again."""
    WARNING = "warning"
    """Rows move; somebody should look when there is time."""
    NOTE = "note"
    """Worth knowing; nothing to do."""


class FindingCode(StrEnum):
    """What can be found."""

    STATE_DOWN = "state_down"
    HALTED = "halted"
    FAILING = "failing"
    LATE = "late"
    STUCK = "stuck"
    NEVER_RUN = "never_run"
    FIRST_RUN = "first_run"
    REJECTED = "rejected"
    NO_MATCH = "no_match"
    GOAL_MISSING = "goal_missing"
    UNSETTLED = "unsettled"
    WAITING = "waiting"
    LATE_COMMITS = "late_commits"
    RELOAD_REFUSED = "reload_refused"
    NEEDS_RESTART = "needs_restart"


@dataclass(frozen=True, slots=True)
class Wording:
    """How one language says things."""

    sentences: Mapping[FindingCode, str]
    day: str
    hour: str
    minute: str
    second: str
    thousands: str

    def number(self, value: int) -> str:
        """1234567 as 1,234,567 or the language's like."""
        return f"{value:,}".replace(",", self.thousands)

    def duration(self, value: timedelta) -> str:
        """The two largest units: 3 d 4 h, 2 min 5 s; below a second: 0 s."""
        seconds = max(0, int(value.total_seconds()))
        parts = (
            (seconds // 86400, self.day),
            (seconds // 3600 % 24, self.hour),
            (seconds // 60 % 60, self.minute),
            (seconds % 60, self.second),
        )
        first = next((index for index, (count, _) in enumerate(parts) if count), len(parts) - 1)
        shown = [f"{count} {unit}" for count, unit in parts[first : first + 2] if count]
        return " ".join(shown) or f"0 {self.second}"

    def say(self, finding: Finding) -> str:
        """The finding as sentences: what is wrong, then what to do."""
        return self.sentences[finding.code].format_map(
            {name: self._value(value) for name, value in finding.values.items()}
        )

    def _value(self, value: Value) -> str:
        if isinstance(value, timedelta):
            return self.duration(value)
        return self.number(value) if isinstance(value, int) else value


ENGLISH = Wording(
    sentences={
        FindingCode.STATE_DOWN: "The state store does not answer: nothing is sent until it does. "
        "Check that its file or server is there, writable and not full.",
        FindingCode.HALTED: "{query}: stopped until a person acts. Why: {message} {action}",
        FindingCode.FAILING: "{query}: failed runs in a row: {failures}. Why: {message} {action} "
        "It is tried again by itself.",
        FindingCode.LATE: "{query}: the last good run ended {ago} ago; {allowance} is allowed. "
        "See the log for what it is doing.",
        FindingCode.STUCK: "{query}: the run began {ago} ago and has delivered nothing for longer than "
        "{allowance}. See the log and the database's list of running statements.",
        FindingCode.NEVER_RUN: "{query}: has not run yet. Nothing to do if the daemon has just started.",
        FindingCode.FIRST_RUN: "{query}: the first run has not ended yet. Nothing to do but wait.",
        FindingCode.REJECTED: "{query}: rows that cannot be sent as they are: {rows}. "
        "`syncd rejects list {query}` shows them, `syncd rejects retry {query}` tries again.",
        FindingCode.NO_MATCH: "{query}: Metrica linked no row to a visitor; rows processed: {rows}. "
        "Check that the id column holds what the site's counter gave out, and id_type.",
        FindingCode.GOAL_MISSING: "{query}: rows whose goal the counter does not have: {rows}. "
        "Create the goal in Metrica, or correct Target; `syncd check` compares them.",
        FindingCode.UNSETTLED: "{query}: uploads whose fate is open: {uploads}. "
        "Nothing to do: each is looked up at Metrica before anything is sent again.",
        FindingCode.WAITING: "{query}: rows that wait until their DateTime is past: {rows}. Nothing to do.",
        FindingCode.LATE_COMMITS: "{query}: a long transaction may yet commit older rows ({who}). They will "
        "be sent then, and nothing waits for them; end the session if it was forgotten.",
        FindingCode.RELOAD_REFUSED: "The changed configuration is not in force, the one before it is. "
        "Why: {message} Correct it and reload.",
        FindingCode.NEEDS_RESTART: "Changed in the configuration, but not in force before a restart: {keys}.",
    },
    day="d",
    hour="h",
    minute="min",
    second="s",
    thousands=",",
)

Value = str | int | timedelta

SEVERITY: Mapping[FindingCode, Severity] = {
    FindingCode.STATE_DOWN: Severity.BAD,
    FindingCode.HALTED: Severity.BAD,
    FindingCode.FAILING: Severity.BAD,
    FindingCode.LATE: Severity.BAD,
    FindingCode.STUCK: Severity.BAD,
    FindingCode.NEVER_RUN: Severity.NOTE,
    FindingCode.FIRST_RUN: Severity.NOTE,
    FindingCode.REJECTED: Severity.WARNING,
    FindingCode.NO_MATCH: Severity.WARNING,
    FindingCode.GOAL_MISSING: Severity.WARNING,
    FindingCode.UNSETTLED: Severity.NOTE,
    FindingCode.WAITING: Severity.NOTE,
    FindingCode.LATE_COMMITS: Severity.NOTE,
    FindingCode.RELOAD_REFUSED: Severity.WARNING,
    FindingCode.NEEDS_RESTART: Severity.WARNING,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found, with the values its words need."""

    code: FindingCode
    values: Mapping[str, Value] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        return SEVERITY[self.code]

    def __str__(self) -> str:
        return ENGLISH.say(self)


def readiness(queries: Sequence[QueryFacts], *, state_ok: bool, now: datetime) -> list[Finding]:
    """Why syncd is not ready; empty when it is (product.md 6). Disabled queries do not count.

    While the store does not answer, nothing is said of a query of which nothing is known.
    """
    reasons = [] if state_ok else [Finding(FindingCode.STATE_DOWN)]
    told = [query for query in queries if query.enabled and (state_ok or not query.blank)]
    return reasons + [_not_alive(query, now) for query in told if not query.alive(now)]


def findings(query: QueryFacts, now: datetime) -> list[Finding]:
    """What there is to say about an enabled query, the worst first."""
    if not query.enabled:
        return []
    found = []
    if not query.alive(now):
        found.append(_not_alive(query, now))
    elif query.failures:
        found.append(_failing(query))
    found += [
        Finding(code, {"query": query.name, noun: count})
        for code, noun, count in (
            (FindingCode.REJECTED, "rows", sum(query.rejected.values())),
            (FindingCode.NO_MATCH, "rows", _unmatched(query)),
            (FindingCode.GOAL_MISSING, "rows", query.goal_not_found),
            (FindingCode.UNSETTLED, "uploads", query.unsettled),
            (FindingCode.WAITING, "rows", query.waiting),
        )
        if count
    ]
    if query.waits_for:
        found.append(Finding(FindingCode.LATE_COMMITS, {"query": query.name, "who": query.waits_for}))
    return found


def _unmatched(query: QueryFacts) -> int:
    return query.processed if query.processed >= _ENOUGH_ROWS and not query.linked else 0


def _not_alive(query: QueryFacts, now: datetime) -> Finding:
    name: dict[str, Value] = {"query": query.name}
    if query.halted:
        return Finding(FindingCode.HALTED, name | _failure(query))
    if query.failures:
        return _failing(query)
    if query.running and query.started_at is not None and not query.within_allowance(query.started_at, now):
        ago = now - query.started_at
        return Finding(FindingCode.STUCK, name | {"ago": ago, "allowance": query.allowance})
    if query.ok_at is not None:
        return Finding(FindingCode.LATE, name | {"ago": now - query.ok_at, "allowance": query.allowance})
    return Finding(FindingCode.FIRST_RUN if query.running else FindingCode.NEVER_RUN, name)


def _failing(query: QueryFacts) -> Finding:
    values: dict[str, Value] = {"query": query.name, "failures": query.failures}
    return Finding(FindingCode.FAILING, values | _failure(query))


def _failure(query: QueryFacts) -> dict[str, Value]:
    if query.failure is None:
        return {"message": "the log says why.", "action": ""}
    message = query.failure.message.strip()
    return {
        "message": message if message.endswith((".", "!", "?")) else f"{message}.",
        # errors.py writes NAME where the query's name belongs.
        "action": re.sub(r"\bNAME\b", query.name, query.failure.action),
    }
