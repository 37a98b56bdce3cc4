"""The status in facts and in words: the one judgement behind `syncd status`, /readyz and the page.

Pure: the caller brings the facts from the state store, and the time.
"""

from __future__ import annotations

from syncd.monitoring.status.codes import FindingCode, QueryState, Severity
from syncd.monitoring.status.facts import FailureFacts, PauseFacts, QueryFacts, UploadFacts
from syncd.monitoring.status.findings import findings, readiness
from syncd.monitoring.status.report import (
    LastRun,
    QueryStatus,
    StatusReport,
    build_report,
)
from syncd.monitoring.status.wording import ENGLISH, Finding, Wording

__all__ = [
    "ENGLISH",
    "FailureFacts",
    "Finding",
    "FindingCode",
    "LastRun",
    "PauseFacts",
    "QueryFacts",
    "QueryState",
    "QueryStatus",
    "Severity",
    "StatusReport",
    "UploadFacts",
    "Wording",
    "build_report",
    "findings",
    "readiness",
]
