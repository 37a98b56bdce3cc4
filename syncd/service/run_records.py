"""Records of runs: how each went, and whether that is written at once. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from syncd.ledger.rows import RunRow
from syncd.service.daemon import RunOutcome, Turn


def run_row(before: RunRow, turn: Turn, outcome: RunOutcome) -> RunRow:
    """The record after a run."""
    report, error = outcome.report, outcome.error
    newest = datetime.fromtimestamp(report.newest, UTC) if report.newest else None
    return RunRow(
        query=before.query,
        started_at=outcome.started,
        finished_at=outcome.finished,
        ok_at=before.ok_at if error else outcome.finished,
        failures=turn.failures,
        error_code=error.code if error else "",
        error=str(error) if error else "",
        action=error.action if error else "",
        halted=turn.halted,
        read=report.read,
        known=report.known,
        uploaded=report.uploaded,
        uploads=report.uploads,
        rejected=report.rejected,
        waiting=report.waiting,
        newest_at=max(filter(None, (before.newest_at, newest)), default=None),
    )


def is_running(row: RunRow) -> bool:
    """Whether the record says that a run goes on."""
    started, finished = row.started_at, row.finished_at
    return started is not None and (finished is None or finished < started)


def is_news(before: RunRow, after: RunRow) -> bool:
    """Whether a run is recorded at once: something moved, or went from good to bad or back."""
    moved = after.uploads or after.rejected or after.waiting
    changed = (before.failures, before.error, before.halted) != (after.failures, after.error, after.halted)
    return bool(moved) or changed or before.finished_at is None
