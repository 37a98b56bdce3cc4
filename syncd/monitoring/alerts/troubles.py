"""Troubles worth a message, read from the status report. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from syncd.model.errors import ERROR_CLASSES
from syncd.monitoring.status import Finding, FindingCode, StatusReport


class AlertKind(StrEnum):
    """What `alerts.on` may name."""

    FAILING = "failing"
    """The runs of a query fail, or the state store does not answer."""
    HALTED = "halted"
    """A query does not run again until a person acts."""
    REJECTS = "rejects"
    """Rows cannot be sent as they are."""
    MATCH_RATE = "match_rate"
    """Metrica links fewer rows than before, or none, or does not know the goal."""
    QUOTA = "quota"
    """The day's requests are spent or run short."""
    LATE = "late"
    """No run of a query has ended well for three of its intervals."""
    RECOVERED = "recovered"
    """A trouble that was told is over."""


KIND_OF: Mapping[FindingCode, AlertKind] = {
    FindingCode.STATE_DOWN: AlertKind.FAILING,
    FindingCode.FAILING: AlertKind.FAILING,
    FindingCode.HALTED: AlertKind.HALTED,
    FindingCode.REJECTED: AlertKind.REJECTS,
    FindingCode.NO_MATCH: AlertKind.MATCH_RATE,
    FindingCode.MATCH_FALLEN: AlertKind.MATCH_RATE,
    FindingCode.GOAL_MISSING: AlertKind.MATCH_RATE,
    FindingCode.QUOTA_SPENT: AlertKind.QUOTA,
    FindingCode.QUOTA_REFUSED: AlertKind.QUOTA,
    FindingCode.QUOTA_SHORT: AlertKind.QUOTA,
    FindingCode.LATE: AlertKind.LATE,
    FindingCode.STUCK: AlertKind.LATE,
    FindingCode.STOPPED: AlertKind.LATE,
}
"""The findings that are worth a message; all others are read where they stand."""

_CLASSES = {kind.code: kind for kind in reversed(ERROR_CLASSES)}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong. Two findings of one kind and query are one trouble."""

    kind: AlertKind
    query: str
    """Empty: it concerns all queries."""
    words: str
    """What is wrong and what to do; no value of a row and no secret is in it."""


def find_troubles(report: StatusReport) -> dict[tuple[str, str], Trouble]:
    """Everything that is wrong, by kind and query."""
    codes = {query.name: _failure_code(query.last_run) for query in report.queries}
    found = [finding for finding in report.reasons if finding.code is FindingCode.STATE_DOWN]
    found += [finding for query in report.queries for finding in query.findings]
    troubles: dict[tuple[str, str], Trouble] = {}
    for finding in found:
        kind = KIND_OF.get(finding.code)
        if kind is None:
            continue
        name = str(finding.values.get("query", ""))
        words = _without_values(finding, name, codes.get(name))
        before = troubles.get((kind, name))
        both = f"{before.words} {words}" if before is not None else words
        troubles[kind, name] = Trouble(kind, name, both)
    return troubles


def _failure_code(last_run: object) -> str | None:
    error = getattr(last_run, "error", None)
    return None if error is None else error.code


def _without_values(finding: Finding, query: str, code: str | None) -> str:
    """The finding's words; an error's message, which may quote a row, gives way to what its class means."""
    if "message" not in finding.values:
        return str(finding)
    kind = _CLASSES.get(code or "")
    if kind is None:
        return str(
            Finding(finding.code, {**finding.values, "message": "`syncd status` says why.", "action": ""})
        )
    meaning = (kind.__doc__ or "").splitlines()[0]
    action = re.sub(r"\bNAME\b", query, kind.action)
    return str(
        Finding(finding.code, {**finding.values, "message": f"{meaning} ({kind.code})", "action": action})
    )
