"""Facts about a query and its uploads: plain numbers, as the state store holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from syncd.model.links import Alarm, Links

TODAY = timedelta(days=1)
"""What is rejected is weighed against what was delivered in this time."""
FEW_REJECTS = 3
"""So many rejects may be chance, where other rows were delivered before."""
MISSED_AFTER = timedelta(minutes=1)
"""How long after its time a firing of cron counts as missed where no run has begun."""
LATELY = timedelta(days=7)
"""What is told of rows is told of those accepted within a week: older troubles are over, or told before."""
INTERVALS_ALLOWED = 3
"""A query is fine while it finished a run within three of its intervals."""


@dataclass(frozen=True, slots=True)
class FailureFacts:
    """Why the last run failed, in `model/errors`'s three parts; no secrets in them. JSON has these fields."""

    code: str
    message: str
    action: str


@dataclass(frozen=True, slots=True)
class PauseFacts:
    """A pause that a person asked for. JSON has these fields."""

    since: datetime
    until: datetime | None
    """None: until `syncd resume`."""
    by: str
    """Who asked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryFacts:
    """One query. Moments are aware, in UTC; None: it never happened. Counts are of the query's whole life."""

    name: str
    enabled: bool
    counter: int
    kind: str = "conversions"
    """What its rows are."""
    window: timedelta = timedelta(days=21)
    """How old a row may be when it is sent and still be of use."""
    interval: timedelta
    """`every`; for a cron expression the longest pause between two of its moments."""
    mark: tuple[str, ...] = ()
    """The mark's values as texts; empty when there is none yet."""
    is_cron: bool = False
    """It runs at times of the clock, so that a fresh daemon may wait long for the first."""
    newest_at: datetime | None = None
    """The newest sale: the latest DateTime that Metrica accepted; None while there is none."""
    next_at: datetime | None = None
    """When it runs next, or should have run; None where that is not known."""
    zone: str = "UTC"
    """The counter's zone, as far as it is known, else the query's."""
    paused: PauseFacts | None = None
    """A person has paused it."""
    started_at: datetime | None = None
    """When the latest run began."""
    finished_at: datetime | None = None
    """When the latest finished run ended, well or not."""
    ok_at: datetime | None = None
    """When the latest run that ended well did so."""
    progress_at: datetime | None = None
    """When an upload was last delivered."""
    failures: int = 0
    """Runs that failed since the last good one."""
    failure: FailureFacts | None = None
    """Why the latest finished run failed; None when it ended well."""
    halted: bool = False
    """It does not run again until a person acts."""
    read: int = 0
    """By the latest finished run alone; known ones are read again and again."""
    delivered: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    """Rows in the rejects now, by reason."""
    rejected_today: int = 0
    """Of these, the rows rejected within TODAY."""
    delivered_today: int = 0
    """Rows in uploads accepted within TODAY."""
    waiting: int = 0
    """Rows whose DateTime is still to come."""
    waiting_due: datetime | None = None
    """When the first of them goes."""
    waits_for: str = ""
    """The session of the source that has long had a transaction open, in words; empty: none."""
    outlying: tuple[str, str] | None = None
    """Key and mark of the newest row that the mark does not follow."""
    went_back: str = ""
    """The newest mark of a source that was put back to an older state."""
    uploads: int = 0
    unsettled: int = 0
    """Uploads that are not settled."""
    planned: int = 0
    """Of these, those that Metrica certainly does not have."""
    processed: int = 0
    """Rows of the uploads that Metrica has finished with."""
    linked: int = 0
    """At the first try; `gained` beside it."""
    gained: int = 0
    """Rows linked only when they were sent again."""
    user_not_found: int = 0
    goal_not_found: int = 0
    lately: Links = field(default_factory=Links)
    """The links of what was accepted within LATELY."""
    recent: Links | None = None
    """The latest rows that are enough for a rate (`matchrate`)."""
    alarm: Alarm | None = None
    """The match rate has fallen."""
    dropped: int = 0
    """Rows that Metrica left out of files it accepted within LATELY."""
    old_rows: int = 0
    """Rows accepted within LATELY that were too old to be linked."""
    overdue: int = 0
    """Uploads that Metrica has not finished with after two days."""
    relinks: bool = False
    """The option `relink`."""
    requests_left: int | None = None
    """Of the login's day; None: not known."""
    requests_limit: int = 0
    requests_refused: bool = False
    """Metrica said that the day of its login or its counter is spent."""

    unattended: bool = False
    """No syncd works on the state store, so that nothing goes on."""

    @property
    def running(self) -> bool:
        """True while a run is going on."""
        return self._begun and not self.unattended

    @property
    def cut_off(self) -> bool:
        """True when the last run began, and ended with its process."""
        return self._begun and self.unattended

    @property
    def _begun(self) -> bool:
        return self.started_at is not None and (
            self.finished_at is None or self.finished_at < self.started_at
        )

    @property
    def blank(self) -> bool:
        """True when nothing is known of any run."""
        return self.started_at is None and self.finished_at is None and self.ok_at is None

    @property
    def sends_nothing(self) -> bool:
        """True when most of what it read is rejected: nothing was ever sent, or less than that today."""
        if self.running or self.unsettled:
            return False  # it is not known yet
        if not self.delivered:
            return sum(self.rejected.values()) > self.waiting
        return FEW_REJECTS <= self.rejected_today > self.delivered_today

    @property
    def only_waits(self) -> bool:
        """True when all that it ever read has a DateTime to come, as where the time zone is a wrong one."""
        return self.waiting > 0 and not self.delivered and not self.sends_nothing and not self.unsettled

    def is_before_first_firing(self, now: datetime) -> bool:
        """True when its first time of the clock is to come, or its first run is on its way."""
        if not self.is_cron or self.ok_at is not None or self.failures or self.unattended:
            return False
        if self.running:
            return self.within_allowance(self.started_at, now)
        return self.next_at is not None and now <= self.next_at + MISSED_AFTER

    @property
    def allowance(self) -> timedelta:
        """How old the last good run may be."""
        return self.interval * INTERVALS_ALLOWED

    def within_allowance(self, moment: datetime | None, now: datetime) -> bool:
        """True when `moment` is not older than the allowance."""
        return moment is not None and now - moment <= self.allowance

    def alive(self, now: datetime) -> bool:
        """True when rows really move: a good run, or an upload of the run going on, recently enough."""
        if self.paused is not None:
            return True
        if self.halted or self.sends_nothing or self.only_waits:
            return False
        if self.is_before_first_firing(now):
            return True
        in_progress = (
            self.running
            and self.progress_at is not None
            and self.started_at is not None
            and self.progress_at >= self.started_at
        )
        return self.within_allowance(self.ok_at, now) or (
            in_progress and self.within_allowance(self.progress_at, now)
        )


@dataclass(frozen=True, slots=True)
class RejectFacts:
    """A row that stands rejected: which, why and since when; nothing else of what it holds."""

    key: str
    reason: str
    column: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadFacts:
    """One upload, for the list of the latest. JSON has these fields."""

    id: int
    query: str
    at: datetime | None = None
    """When it was sent; None: not yet."""
    rows: int
    state: str
    """`model.UploadState`'s word."""
    metrica_id: int | None = None
    linked: int | None = None
    """None until Metrica has said."""
    user_not_found: int | None = None
    goal_not_found: int | None = None
