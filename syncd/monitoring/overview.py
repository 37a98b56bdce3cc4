"""Gathers the facts of all queries from the state store for `syncd status`, /readyz and the page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from syncd import __version__
from syncd.config.firings import next_firing
from syncd.ledger import Store
from syncd.ledger.control import Control
from syncd.ledger.history import delivered_by_hour, rejected_since
from syncd.ledger.rows import PositionRow, RejectRow, RunRow, UploadRow, UploadTotals
from syncd.model import UploadState
from syncd.model.clock import Clock
from syncd.model.errors import StateError
from syncd.model.keys import value_text
from syncd.model.kinds import WINDOWS
from syncd.model.links import Links
from syncd.model.marks import mark_from_text
from syncd.model.settings import QuerySettings
from syncd.monitoring.status import (
    FailureFacts,
    PauseFacts,
    QueryFacts,
    StatusReport,
    UploadFacts,
    build_report,
)
from syncd.monitoring.status.facts import LATELY, TODAY, RejectFacts
from syncd.monitoring.status.history import (
    DAY,
    DAYS,
    HOUR,
    HOURS,
    QueryPast,
    Series,
    Stretch,
    first_of,
    series,
)
from syncd.pipeline.uploading import matchrate
from syncd.pipeline.uploading.followup import OVERDUE

LATEST_UPLOADS = 20
SHOWN_REJECTS = 20
OVERDUE_TOLD = timedelta(days=21)
"""An upload that is overdue for longer is told no more: nothing of it can be linked by then."""


def overview(
    store: Store,
    queries: Sequence[QuerySettings],
    clock: Clock,
    requests: Requests | None = None,
    own: OwnDaemon | None = None,
    *,
    unattended: bool = False,
) -> StatusReport:
    """The status of `queries` now.

    Args:
        store: The state store; when it does not answer, the report says so.
        queries: The configured queries, disabled ones too.
        clock: The time.
        requests: How many a login has in a day, and what this process knows of those left.
        own: What the daemon of this very process knows.
        unattended: No syncd works on the store.
    """
    try:
        names = [query.name for query in queries]
        own = own or OwnDaemon()
        with store.database.read_together():
            known = _Known(store, names, own, clock.now(), requests or Requests(0))
            facts = [
                replace(
                    known.facts(query),
                    unattended=unattended,
                    next_at=None if unattended else known.next_run(query),
                )
                for query in queries
            ]
            latest = [_upload_facts(upload) for upload in store.uploads(limit=LATEST_UPLOADS)]
    except StateError:
        facts = [_blank(query) for query in queries]
        return build_report(
            version=__version__, now=clock.now(), state_ok=False, queries=facts, store=store.shown
        )
    return build_report(
        version=__version__,
        now=clock.now(),
        state_ok=not own.is_troubled,
        queries=facts,
        recent_uploads=latest,
        store=store.shown,
    )


def nothing_yet(queries: Sequence[QuerySettings], clock: Clock, store: str) -> StatusReport:
    """The status before the first run made a state store: every query is there and has never run."""
    facts = [replace(_blank(query), unattended=True) for query in queries]
    return build_report(version=__version__, now=clock.now(), state_ok=True, queries=facts, store=store)


@dataclass(frozen=True, slots=True)
class OwnDaemon:
    """What the daemon of this very process knows, which is newer than the record in the store."""

    runs: Mapping[str, RunRow] = field(default_factory=dict)
    """Of the queries that it runs."""
    next_runs: Mapping[str, datetime] = field(default_factory=dict)
    is_troubled: bool = False
    """It cannot write to the store, though that may be readable."""


@dataclass(frozen=True, slots=True)
class Requests:
    """The daily requests of each login."""

    limit: int
    """0: not known."""
    left: Mapping[str, int] = field(default_factory=dict)
    """By login, where this process knows better than the store, which is a few requests ahead."""


class History:
    """What the store knows of the last hours and days, for the page's plots (`status.history.Past`).

    Its cost is bounded by the time looked at, not by how long syncd has run.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def recent(self) -> dict[str, Series]:
        """The last 24 hours of each query that delivered anything. Raises StateError."""
        now = self._clock.now()
        found = self._hours(now, HOUR, HOURS)
        return {query: series(stretches, now, HOUR, HOURS) for query, stretches in found.items()}

    def of(self, query: str) -> QueryPast:
        """The last 24 hours and 30 days of one query, and its latest uploads. Raises StateError."""
        now = self._clock.now()
        found = self._hours(now, DAY, DAYS, query).get(query, [])
        latest = self._store.uploads(query, limit=LATEST_UPLOADS)
        return QueryPast(
            hours=series(found, now, HOUR, HOURS),
            days=series(found, now, DAY, DAYS),
            uploads=tuple(map(_upload_facts, latest)),
            rejects=tuple(map(_reject_facts, self._store.rejects(query, SHOWN_REJECTS))),
        )

    def _hours(
        self, now: datetime, step: timedelta, count: int, query: str | None = None
    ) -> dict[str, list[Stretch]]:
        found: dict[str, list[Stretch]] = {}
        for row in delivered_by_hour(self._store.database, first_of(now, step, count), query):
            found.setdefault(row.query, []).append(Stretch(row.hour, row.rows, row.told, row.linked))
        return found


class _Known:
    """What the store says of all queries, in a handful of statements however many queries there are."""

    def __init__(
        self,
        store: Store,
        names: Sequence[str],
        own: OwnDaemon,
        now: datetime,
        requests: Requests,
    ) -> None:
        self._store = store
        self._runs = {**store.runs(), **own.runs}
        self._next_runs = own.next_runs
        self._positions = store.positions()
        self._totals = store.delivered_counts()
        self._rejected = store.reject_counts()
        self._waiting = store.waiting_counts()
        self._outlying = store.outlying_rows()
        self._days = store.match_days((now - matchrate.RECENT).date(), names)
        self._week = (now - LATELY).date()
        self._alarms = store.match_alarms()
        self._dropped = store.dropped_counts(now - LATELY, names)
        self._old = store.old_counts(now - LATELY, names)
        self._now = now
        self._rejected_today = rejected_since(store.database, now - TODAY)
        self._delivered_today: Counter[str] = Counter()
        if self._rejected_today:  # else there is nothing to weigh
            for row in delivered_by_hour(store.database, now - TODAY):
                self._delivered_today[row.query] += row.rows
        self._overdue = store.overdue_counts(now, OVERDUE, OVERDUE_TOLD, names)
        self._spent = store.spent(now.date())
        self._refused = store.refusals(now.date())
        pauses = Control(store.database).pauses()
        self._pauses = {name: row for name, row in pauses.items() if row.is_in_force(now)}
        self._requests = requests
        self._zones = store.counter_time_zones()

    def facts(self, query: QuerySettings) -> QueryFacts:
        name = query.name
        run, totals = self._runs.get(name, RunRow(name)), self._totals.get(name, UploadTotals(name))
        waiting, position = self._waiting.get(name), self._positions.get(name)
        days, pause = self._days.get(name, []), self._pauses.get(name)
        return replace(
            _blank(query),
            mark=_mark_texts(position),
            newest_at=run.newest_at,
            zone=_known_zone(self._zones.get(query.counter)) or query.timezone.key,
            paused=PauseFacts(pause.since, pause.until, pause.asked_by) if pause else None,
            started_at=run.started_at,
            finished_at=run.finished_at,
            ok_at=run.ok_at,
            progress_at=self._progress(run),
            failures=run.failures,
            failure=FailureFacts(run.error_code, run.error, run.action) if run.error_code else None,
            halted=run.halted,
            read=run.read,
            delivered=totals.rows,
            rejected={reason.value: rows for reason, rows in self._rejected.get(name, {}).items()},
            rejected_today=self._rejected_today.get(name, 0),
            delivered_today=self._delivered_today[name],
            waiting=waiting.rows if waiting else 0,
            waiting_due=waiting.next_due if waiting else None,
            waits_for=position.waits_for if position else "",
            outlying=self._farthest(name),
            went_back=", ".join(_texts_of(position.went_back)) if position else "",
            uploads=totals.uploads,
            unsettled=totals.unsettled,
            planned=totals.planned,
            processed=totals.rows_told,
            linked=totals.linked,
            user_not_found=totals.user_not_found,
            goal_not_found=totals.goal_not_found,
            gained=totals.gained,
            lately=sum((one.links for one in days if one.day >= self._week), Links()),
            recent=matchrate.recent(days),
            alarm=self._alarms.get(name),
            dropped=self._dropped.get(name, 0),
            old_rows=self._old.get(name, 0),
            overdue=self._overdue.get(name, 0),
            relinks=query.relink is not None,
            requests_left=self._left(query.login),
            requests_limit=self._requests.limit,
            requests_refused=not self._refused.isdisjoint(
                {(query.login, None), (query.login, query.counter)}
            ),
        )

    def next_run(self, query: QuerySettings) -> datetime | None:
        """When the query runs next: as this very daemon has it or, of another's, by its schedule."""
        run, due = self._runs.get(query.name), self._next_runs.get(query.name)
        if due is not None or not query.enabled:
            return due
        if query.cron is not None:
            return next_firing(query.cron, query.timezone, self._now)
        if run is None or run.started_at is None or run.failures:
            return None
        missed = max((self._now - run.started_at) // query.every, 0)
        return run.started_at + query.every * (missed + 1)

    def _farthest(self, query: str) -> tuple[str, str] | None:
        found = self._outlying.get(query)
        return None if found is None else (found[0], ", ".join(_texts_of(found[1])))

    def _left(self, login: str) -> int | None:
        limit = self._requests.limit
        if not limit:
            return None
        if (login, None) in self._refused:
            return 0
        return self._requests.left.get(login, max(0, limit - self._spent.get(login, 0)))

    def _progress(self, run: RunRow) -> datetime | None:
        """When a run that is still going on last delivered something."""
        if run.started_at is None or (run.finished_at and run.finished_at >= run.started_at):
            return None
        uploads = self._store.uploads(run.query, limit=1)
        return uploads[0].settled_at if uploads else None


def _blank(query: QuerySettings) -> QueryFacts:
    """A query of which nothing is known."""
    interval = query.longest_pause or query.every
    return QueryFacts(
        name=query.name,
        enabled=query.enabled,
        counter=query.counter,
        kind=query.kind.value,
        window=WINDOWS[query.kind],
        interval=interval,
        is_cron=query.cron is not None,
        zone=query.timezone.key,
    )


def _known_zone(name: str | None) -> str | None:
    """The zone's name where this machine knows it."""
    try:
        return name and ZoneInfo(name).key
    except (ValueError, OSError):
        return None


def _mark_texts(position: PositionRow | None) -> tuple[str, ...]:
    return _texts_of(position.mark if position else None)


def _texts_of(mark: str | None) -> tuple[str, ...]:
    """The values of a recorded mark as texts."""
    return () if mark is None else tuple(value_text(value) for value in mark_from_text(mark).values)


def _reject_facts(reject: RejectRow) -> RejectFacts:
    key = ", ".join("null" if value is None else str(value) for value in json.loads(reject.key))
    return RejectFacts(key, reject.reason.value, reject.column, reject.created_at)


def _upload_facts(upload: UploadRow) -> UploadFacts:
    return UploadFacts(
        id=upload.id,
        query=upload.query,
        rows=upload.rows,
        state=upload.state.value,
        # A planned one may have been tried, and did not arrive.
        at=None if upload.state is UploadState.PLANNED else upload.sent_at,
        metrica_id=upload.metrica_id,
        linked=upload.linked,
        user_not_found=upload.user_not_found,
        goal_not_found=upload.goal_not_found,
    )
