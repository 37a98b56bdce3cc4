"""The status in facts and in words: the one judgement behind `syncd status`, /readyz and the page.

Pure: the caller brings the facts from the state store, and the time.
"""

from __future__ import annotations

from syncd.monitoring.status.codes import FindingCode, Severity
from syncd.monitoring.status.facts import FailureFacts, PauseFacts, QueryFacts, UploadFacts
from syncd.monitoring.status.findings import ENGLISH, Finding, Wording, findings, readiness
from syncd.monitoring.status.report import (
    LastRun,
    LinkCounts,
    QueryState,
    QueryStatus,
    RowCounts,
    StatusReport,
    UploadCounts,
    build_report,
)

__all__ = [
    "ENGLISH",
    "FailureFacts",
    "Finding",
    "FindingCode",
    "LastRun",
    "LinkCounts",
    "PauseFacts",
    "QueryFacts",
    "QueryState",
    "QueryStatus",
    "RowCounts",
    "Severity",
    "StatusReport",
    "UploadCounts",
    "UploadFacts",
    "Wording",
    "build_report",
    "findings",
    "readiness",
]
