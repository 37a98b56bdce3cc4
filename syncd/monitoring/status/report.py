"""The whole picture at one moment, as `syncd status --json` and /api/status print it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from syncd.model.showing import json_moment
from syncd.monitoring.status.codes import FindingCode, QueryState
from syncd.monitoring.status.facts import FailureFacts, PauseFacts, QueryFacts, UploadFacts
from syncd.monitoring.status.findings import findings, nobody, readiness
from syncd.monitoring.status.wording import ENGLISH, Finding, Wording


@dataclass(frozen=True, slots=True)
class LastRun:
    """The latest run: the one going on, else the one that ended last."""

    started: datetime
    finished: datetime | None
    """None while it goes on, and where its process ended in it."""
    ok: bool | None
    """None while it goes on."""
    seconds: float
    """How long it took, or takes so far; 0 where its process ended in it, which nobody saw."""
    error: FailureFacts | None
    read: int = 0
    """Rows that the latest finished run read; known ones are read again and again."""


@dataclass(frozen=True, slots=True)
class RowCounts:
    """What became of the query's rows."""

    read: int
    """By the latest finished run alone; the other figures are of the query's whole life."""
    delivered: int
    rejected: Mapping[str, int]
    """By reason, only reasons that occur, the most frequent first."""
    waiting: int
    waiting_due: datetime | None

    @property
    def rejected_total(self) -> int:
        """All rejected rows."""
        return sum(self.rejected.values())


@dataclass(frozen=True, slots=True)
class UploadCounts:
    """The query's uploads."""

    total: int
    unsettled: int
    planned: int
    """Of the unsettled ones, those that Metrica certainly does not have."""


@dataclass(frozen=True, slots=True)
class LinkCounts:
    """What Metrica made of the rows, of the query's whole life; `dropped` and `too_old` of the last week."""

    processed: int
    linked: int
    """However often they had to be sent."""
    gained: int
    """Of these, rows linked only when they were sent again."""
    user_not_found: int
    goal_not_found: int
    dropped: int
    too_old: int


@dataclass(frozen=True, slots=True)
class QueryStatus:
    """One query, judged."""

    name: str
    enabled: bool
    counter: int
    kind: str
    """What its rows are: conversions, orders or calls."""
    state: QueryState
    alive: bool
    """It is known to be no reason for /readyz to be red."""
    findings: tuple[Finding, ...]
    """The worst first."""
    mark: tuple[str, ...]
    lag_seconds: float | None
    """How far the source may be ahead of what was delivered: since a run last brought all there was."""
    newest_sale: datetime | None
    """The latest DateTime that Metrica accepted."""
    next_run: datetime | None
    zone: str
    """Whose clock people look at for it."""
    paused: PauseFacts | None
    last_run: LastRun | None
    last_success: datetime | None
    rows: RowCounts
    uploads: UploadCounts
    match_rate: float | None
    """Linked rows by processed rows, 0 to 1; None while Metrica has processed none."""
    match_rate_recent: float | None
    """That of the latest rows at their first try; None while they are too few to say."""
    links: LinkCounts

    @property
    def words(self) -> tuple[str, ...]:
        """What there is to say, in English sentences."""
        return tuple(map(str, self.findings))

    @property
    def is_known(self) -> bool:
        """Whether the state store has told how it is."""
        return self.state is not QueryState.UNKNOWN

    def to_json(self, wording: Wording = ENGLISH) -> dict[str, object]:
        """Give the names and values that JSON prints; other programs rely on these names."""
        return {
            "name": self.name,
            "enabled": self.enabled,
            "counter": self.counter,
            "kind": self.kind,
            "state": self.state.value,
            "words": [wording.say(finding) for finding in self.findings],
            "mark": list(self.mark),
            "lag_seconds": self.lag_seconds,
            "newest_sale": _moment(self.newest_sale),
            "next_run": _moment(self.next_run),
            "paused": self.paused
            and {
                "since": _moment(self.paused.since),
                "until": _moment(self.paused.until),
                "by": self.paused.asked_by,
            },
            "last_run": _run_json(self.last_run),
            "last_success": _moment(self.last_success),
            "rows": {
                "read": self.rows.read,
                "delivered": self.rows.delivered,
                "rejected": dict(self.rows.rejected),
                "waiting": {"count": self.rows.waiting, "next_due": _moment(self.rows.waiting_due)},
            },
            "uploads": asdict(self.uploads),
            "match_rate": self.match_rate,
            "match_rate_recent": self.match_rate_recent,
            "links": asdict(self.links),
        }


@dataclass(frozen=True, slots=True)
class StatusReport:
    """Everything, at `now`."""

    version: str
    now: datetime
    state_ok: bool
    """The state store answers."""
    reasons: tuple[Finding, ...]
    """Why syncd is not ready; empty when it is."""
    queries: tuple[QueryStatus, ...]
    recent_uploads: tuple[UploadFacts, ...]
    """The newest first."""
    requests_left: int | None = None
    """Of the login that has the fewest left today; None: not known."""
    store: str = ""
    """Which state store it is about, without secrets."""
    notices: tuple[Finding, ...] = ()
    """What there is to say of the daemon itself, or that there is none; never why it is not ready."""

    @property
    def zone(self) -> str:
        """The zone that all queries have in common, else UTC."""
        zones = {query.zone for query in self.queries}
        return zones.pop() if len(zones) == 1 else "UTC"

    @property
    def ready(self) -> bool:
        """What /readyz answers."""
        return not self.reasons

    def to_json(self, wording: Wording = ENGLISH) -> dict[str, object]:
        """Give the names and values that JSON prints; other programs rely on these names.

        `wording` says its sentences, which are for people; all else is the same in every language.
        """
        return {
            "version": self.version,
            "now": _moment(self.now),
            "state_ok": self.state_ok,
            "store": self.store,
            "ready": self.ready,
            "reasons": [wording.say(reason) for reason in self.reasons],
            "requests_left": self.requests_left,
            "notices": [wording.say(notice) for notice in self.notices],
            "queries": [query.to_json(wording) for query in self.queries],
            "recent_uploads": [_upload_json(upload) for upload in self.recent_uploads],
        }


def build_report(
    *,
    version: str,
    now: datetime,
    state_ok: bool,
    queries: Sequence[QueryFacts],
    recent_uploads: Sequence[UploadFacts] = (),
    store: str = "",
) -> StatusReport:
    """Judge the facts as of `now` (aware, UTC)."""
    return StatusReport(
        version=version,
        now=now,
        state_ok=state_ok,
        reasons=tuple(readiness(queries, state_ok=state_ok, now=now)),
        queries=tuple(_judge(query, now, unknown=query.blank and not state_ok) for query in queries),
        recent_uploads=tuple(recent_uploads),
        store=store,
        requests_left=min(
            (one.requests_left for one in queries if one.requests_left is not None), default=None
        ),
        notices=(nobody(queries, now),) if any(one.unattended for one in queries) else (),
    )


def _judge(query: QueryFacts, now: datetime, *, unknown: bool) -> QueryStatus:
    found = () if unknown else tuple(findings(query, now))
    return QueryStatus(
        name=query.name,
        enabled=query.enabled,
        counter=query.counter,
        kind=query.kind,
        state=QueryState.UNKNOWN if unknown and query.enabled else _state(query, found),
        alive=not query.enabled or query.alive(now),
        findings=found,
        mark=query.mark,
        lag_seconds=_seconds(now - query.ok_at) if query.ok_at else None,
        newest_sale=query.newest_at,
        next_run=query.next_at if query.enabled and not query.halted else None,
        zone=query.zone,
        paused=query.paused,
        last_run=_last_run(query, now),
        last_success=query.ok_at,
        rows=RowCounts(
            read=query.read,
            delivered=query.delivered,
            rejected={
                reason: rows
                for reason, rows in sorted(query.rejected.items(), key=lambda item: (-item[1], item[0]))
                if rows
            },
            waiting=query.waiting,
            waiting_due=query.waiting_due,
        ),
        uploads=UploadCounts(total=query.uploads, unsettled=query.unsettled, planned=query.planned),
        match_rate=_rate(query.linked + query.gained, query.processed),
        match_rate_recent=round(query.recent.rate, 4) if query.recent else None,
        links=LinkCounts(
            processed=query.processed,
            linked=query.linked + query.gained,
            gained=query.gained,
            user_not_found=max(0, query.user_not_found - query.gained),
            goal_not_found=query.goal_not_found,
            dropped=query.dropped,
            too_old=query.old_rows,
        ),
    )


def _rate(linked: int, processed: int) -> float | None:
    return round(min(1.0, linked / processed), 4) if processed else None


def _state(query: QueryFacts, found: Sequence[Finding]) -> QueryState:
    """The first that holds, in the order of how much a person wants to know it."""
    codes = {finding.code for finding in found}
    ladder = (
        (not query.enabled, QueryState.DISABLED),
        (query.paused is not None, QueryState.PAUSED),
        (query.halted, QueryState.HALTED),
        (query.failures > 0, QueryState.FAILING),
        (query.sends_nothing, QueryState.REJECTING),
        (query.only_waits, QueryState.WAITING),
        (bool(codes & {FindingCode.LATE, FindingCode.STUCK, FindingCode.STOPPED}), QueryState.LATE),
        (query.running, QueryState.RUNNING),
        (bool(codes & {FindingCode.NEVER_RUN, FindingCode.SCHEDULED}), QueryState.NEVER_RUN),
    )
    return next((state for holds, state in ladder if holds), QueryState.OK)


def _last_run(query: QueryFacts, now: datetime) -> LastRun | None:
    if query.started_at is None:
        return None
    if query.cut_off:
        return LastRun(query.started_at, finished=None, ok=False, seconds=0.0, error=None)
    finished = None if query.running else query.finished_at
    return LastRun(
        started=query.started_at,
        finished=finished,
        ok=None if finished is None else query.failure is None and not query.failures,
        seconds=_seconds((finished or now) - query.started_at),
        error=query.failure,
        read=query.read,
    )


def _seconds(delta: timedelta) -> float:
    """Not below zero: two machines' clocks may differ by a little."""
    return round(max(0.0, delta.total_seconds()), 3)


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else json_moment(moment)


def _run_json(run: LastRun | None) -> dict[str, object] | None:
    if run is None:
        return None
    error = run.error
    return {
        "started": _moment(run.started),
        "finished": _moment(run.finished),
        "ok": run.ok,
        "seconds": run.seconds,
        "read": run.read,
        "error": error and {"code": error.code, "message": error.message, "action": error.action},
    }


def _upload_json(upload: UploadFacts) -> dict[str, object]:
    return {
        "id": upload.id,
        "query": upload.query,
        "at": _moment(upload.at),
        "rows": upload.rows,
        "state": upload.state,
        "metrica_id": upload.metrica_id,
        "linked": upload.linked,
        "user_not_found": upload.user_not_found,
        "goal_not_found": upload.goal_not_found,
    }
