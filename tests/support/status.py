"""Situations of the daemon, as the status sees them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from syncd.model import UNSEEN, UNTOLD, UploadState
from syncd.model.links import Alarm, Links
from syncd.monitoring.status import (
    FailureFacts,
    Finding,
    FindingCode,
    PauseFacts,
    QueryFacts,
    StatusReport,
    UploadFacts,
    build_report,
)

NOW = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
EVERY = timedelta(minutes=5)
HOSTILE = "<script>alert(1)</script>"

GOOD = QueryFacts(
    name="paid_orders",
    enabled=True,
    counter=12345678,
    interval=EVERY,
    mark=("2026-01-31T09:57:00+00:00", "4711"),
    newest_at=NOW - timedelta(minutes=3),
    started_at=NOW - timedelta(seconds=64),
    finished_at=NOW - timedelta(seconds=60),
    ok_at=NOW - timedelta(seconds=60),
    progress_at=NOW - timedelta(seconds=61),
    read=1234567,
    delivered=1234001,
    waiting=3,
    waiting_due=NOW + timedelta(hours=2),
    waits_for="process 4711, user app, idle in transaction; seen since 2026-03-01 11:00:00 UTC",
    uploads=25,
    processed=1000,
    linked=778,
    user_not_found=222,
)
NEVER = QueryFacts(name="refunds", enabled=True, counter=1, interval=EVERY)
FIRST = replace(NEVER, name="calls", started_at=NOW - timedelta(seconds=5))
DISABLED = replace(NEVER, name="old", enabled=False)
FAILING = replace(
    GOOD,
    name="x" * 64,
    failures=7,
    failure=FailureFacts(
        "source.unavailable", f"no connection to {'db' * 40} {HOSTILE}", "See `syncd preview NAME`."
    ),
    mark=("m" * 300,),
)
LATE = replace(GOOD, name="late", ok_at=NOW - timedelta(hours=1))
STUCK = replace(
    LATE,
    name="stuck",
    started_at=NOW - timedelta(minutes=16),
    finished_at=NOW - timedelta(hours=1),
    progress_at=NOW - timedelta(hours=1),
)
CUT_OFF = replace(STUCK, name="cut_off", unattended=True)
HALTED = replace(
    GOOD,
    name="leads",
    halted=True,
    failures=1,
    failure=FailureFacts(
        "rejects.limit", "1000 rows were rejected in one run", "See `syncd rejects list NAME`."
    ),
    rejected={"no_id": 10, "currency_unknown": 990, "id_float": 0},
    linked=0,
    goal_not_found=12,
    lately=Links(20, 1000, 0, 0, 222, 12),
    unsettled=3,
    planned=2,
)
TROUBLED = replace(
    GOOD,
    name="troubled",
    lately=Links(5, 400, 40, 2, 200, 3),
    recent=Links(3, 120, 10),
    alarm=Alarm(NOW - timedelta(hours=5), 0.625),
    gained=2,
    dropped=4,
    old_rows=5,
    overdue=1,
    requests_left=40,
    requests_limit=5000,
)
SPENT = replace(TROUBLED, name="spent", relinks=True, requests_left=0, waits_for=UNSEEN)
REFUSED = replace(SPENT, name="refused", requests_refused=True)
PAUSED = replace(GOOD, name="paused", paused=PauseFacts(NOW - timedelta(hours=3), None, "anna@db1"))
RESTING = replace(PAUSED, name="resting", paused=PauseFacts(NOW, NOW + timedelta(hours=2), "anna@db1"))
REJECTING = replace(GOOD, name="rejecting", delivered=0, rejected={"no_id": 12}, waiting=0)
WAITING = replace(GOOD, name="waiting", delivered=0)
ODD = replace(
    GOOD,
    name="odd",
    waits_for=f"{UNTOLD}it reads the materialized view paid_orders",
    outlying=('["9000000000"]', "9000000000"),
    went_back="2026-01-30T09:57:00+00:00",
)
NIGHTLY = replace(
    NEVER, name="nightly", is_cron=True, interval=timedelta(days=1), next_at=NOW + timedelta(hours=16)
)
UPLOADS = tuple(
    UploadFacts(id=number, query="paid_orders", rows=100, state=state, at=NOW - timedelta(minutes=number))
    for number, state in enumerate(UploadState)
)


def report_of(*queries: QueryFacts) -> StatusReport:
    """The report of these queries, without uploads."""
    return build_report(version="0.1.0", now=NOW, state_ok=True, queries=queries)


SITUATIONS: dict[str, StatusReport] = {
    name: build_report(version="0.1.0", now=NOW, state_ok=state_ok, queries=queries, recent_uploads=uploads)
    for name, state_ok, queries, uploads in (
        ("good", True, (GOOD, DISABLED), UPLOADS),
        ("bad", True, (GOOD, HALTED, FAILING, LATE, STUCK), UPLOADS),
        ("starting", True, (NEVER, FIRST), ()),
        ("empty", True, (), ()),
        ("state_down", False, (GOOD,), UPLOADS),
        ("state_lost", False, (NEVER, replace(NEVER, name="calls")), ()),
        ("troubled", True, (TROUBLED, SPENT, REFUSED), UPLOADS),
        ("stopped", True, (CUT_OFF, replace(GOOD, unattended=True)), UPLOADS),
        ("useless", True, (REJECTING, WAITING, PAUSED, RESTING, NIGHTLY), UPLOADS),
        ("odd", True, (ODD,), ()),
        ("unbegun", True, (replace(NEVER, unattended=True),), ()),
        ("looks", True, (replace(GOOD, rejected={"no_id": 2}),), UPLOADS),
    )
}
SITUATIONS["reloaded"] = replace(
    SITUATIONS["good"],
    notices=(
        Finding(FindingCode.RELOAD_REFUSED, {"message": "config.yaml:3: queries.<b>: unknown key."}),
        Finding(FindingCode.NEEDS_RESTART, {"keys": "http.listen, state.url"}),
        Finding(FindingCode.ALERT_FAILED, {"receiver": "json://hook", "error": "error 500"}),
    ),
)
