"""The whole picture at one moment, as `syncd status --json` and /api/status print it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from syncd.model.showing import json_moment
from syncd.monitoring.status.codes import FindingCode, QueryState
from syncd.monitoring.status.facts import FailureFacts, PauseFacts, QueryFacts, UploadFacts
from syncd.monitoring.status.findings import findings, nobody, readiness
from syncd.monitoring.status.wording import ENGLISH, Finding, Wording


@dataclass(frozen=True, slots=True)
class LastRun:
    """The latest run: the one going on, else the one that ended last. JSON has these fields."""

    started: datetime
    finished: datetime | None
    """None while it goes on, and where its process ended in it."""
    ok: bool | None
    """None while it goes on."""
    seconds: float
    """How long it took, or takes so far; 0 where its process ended in it, which nobody saw."""
    read: int = 0
    """By the latest finished run."""
    error: FailureFacts | None = None


@dataclass(frozen=True, slots=True)
class QueryStatus:
    """One query, judged."""

    facts: QueryFacts
    state: QueryState
    alive: bool
    """It is known to be no reason for /readyz to be red."""
    findings: tuple[Finding, ...]
    """The worst first."""
    lag_seconds: float | None
    """How far the source may be ahead of what was delivered: since a run last brought all there was."""
    last_run: LastRun | None

    @property
    def name(self) -> str:
        """The query's name."""
        return self.facts.name

    @property
    def next_run(self) -> datetime | None:
        """When it runs next; None where it does not, or that is not known."""
        return self.facts.next_at if self.facts.enabled and not self.facts.halted else None

    @property
    def rejected(self) -> dict[str, int]:
        """Rows by reason, only reasons that occur, the most frequent first."""
        found = sorted(self.facts.rejected.items(), key=lambda item: (-item[1], item[0]))
        return {reason: rows for reason, rows in found if rows}

    @property
    def rejected_total(self) -> int:
        """All rejected rows."""
        return sum(self.facts.rejected.values())

    @property
    def linked(self) -> int:
        """Rows that Metrica linked, however often they had to be sent."""
        return self.facts.linked + self.facts.gained

    @property
    def match_rate(self) -> float | None:
        """Linked rows by processed rows, 0 to 1; None while Metrica has processed none."""
        processed = self.facts.processed
        return round(min(1.0, self.linked / processed), 4) if processed else None

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
        facts = self.facts
        return {
            "name": facts.name,
            "enabled": facts.enabled,
            "counter": facts.counter,
            "kind": facts.kind,
            "state": self.state.value,
            "words": [wording.say(finding) for finding in self.findings],
            "mark": list(facts.mark),
            "lag_seconds": self.lag_seconds,
            "newest_sale": _moment(facts.newest_at),
            "next_run": _moment(self.next_run),
            "paused": facts.paused and _json(facts.paused),
            "last_run": self.last_run and _json(self.last_run),
            "last_success": _moment(facts.ok_at),
            "rows": {
                "read": facts.read,
                "delivered": facts.delivered,
                "rejected": self.rejected,
                "waiting": {"count": facts.waiting, "next_due": _moment(facts.waiting_due)},
            },
            "uploads": {"total": facts.uploads, "unsettled": facts.unsettled, "planned": facts.planned},
            "match_rate": self.match_rate,
            "match_rate_recent": round(facts.recent.rate, 4) if facts.recent else None,
            "links": {
                "processed": facts.processed,
                "linked": self.linked,
                "gained": facts.gained,
                "user_not_found": max(0, facts.user_not_found - facts.gained),
                "goal_not_found": facts.goal_not_found,
                "dropped": facts.dropped,
                "too_old": facts.old_rows,
            },
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
        zones = {query.facts.zone for query in self.queries}
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
            "recent_uploads": [_json(upload) for upload in self.recent_uploads],
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
        query,
        state=QueryState.UNKNOWN if unknown and query.enabled else _state(query, found),
        alive=not query.enabled or query.alive(now),
        findings=found,
        lag_seconds=_seconds(now - query.ok_at) if query.ok_at else None,
        last_run=_last_run(query, now),
    )


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
        return LastRun(query.started_at, finished=None, ok=False, seconds=0.0)
    finished = None if query.running else query.finished_at
    return LastRun(
        started=query.started_at,
        finished=finished,
        ok=None if finished is None else query.failure is None and not query.failures,
        seconds=_seconds((finished or now) - query.started_at),
        read=query.read,
        error=query.failure,
    )


def _seconds(delta: timedelta) -> float:
    """Not below zero: two machines' clocks may differ by a little."""
    return round(max(0.0, delta.total_seconds()), 3)


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else json_moment(moment)


def _json(facts: LastRun | PauseFacts | UploadFacts) -> dict[str, object]:
    """The fields of a dataclass, by their own names and in their order."""
    return asdict(facts, dict_factory=_with_moments)


def _with_moments(fields: Iterable[tuple[str, object]]) -> dict[str, object]:
    return {name: json_moment(value) if isinstance(value, datetime) else value for name, value in fields}
