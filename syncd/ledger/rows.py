"""What the state store tells its readers: plain rows, all moments in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from syncd.model import Origin, Reason, UploadState


@dataclass(frozen=True, slots=True)
class UploadRow:
    """One upload without its lines."""

    id: int
    tag: str
    query: str
    counter: int
    state: UploadState
    origin: Origin
    rows: int
    header: str
    mark: str | None
    """The mark's text (`marks.mark_from_text`)."""
    parent_id: int | None
    """The upload of which this is a half or, of a RESEND, whose rows it sends again."""
    root_id: int | None
    """The first of its ancestors; None when it was never split off."""
    attempts: int
    created_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    metrica_id: int | None
    metrica_status: str | None
    source_quantity: int | None
    line_quantity: int | None
    linked: int | None
    user_not_found: int | None
    goal_not_found: int | None
    checked_at: datetime | None
    """When Metrica was last asked about it."""
    detail: str
    old_rows: int | None
    """Rows whose DateTime was too long past to be linked when they were recorded; of halves not known."""
    dropped: int | None
    """Rows that Metrica left out when it checked the file."""
    again_at: datetime | None
    """When its rows were last sent again; the first one's, not the resend's."""
    gained: int | None
    """Rows that were linked only when they were sent again, by the best of the tries."""
    api_url: str | None = None
    """The address it went to (`places.address_of`); None: recorded before 0.2.0."""
    kind: str = "conversions"


@dataclass(frozen=True, slots=True)
class UploadTotals:
    """All uploads of one query in figures, those forgotten since among them."""

    query: str
    uploads: int = 0
    unsettled: int = 0
    """Of those, the ones that are not settled."""
    rows: int = 0
    """Rows in uploads that Metrica accepted, those sent again by `syncd resend` not counted twice."""
    rows_told: int = 0
    """Rows of uploads that Metrica has finished with and told the links of: the base of the match rate."""
    linked: int = 0
    """At the first try."""
    gained: int = 0
    """Linked only when they were sent again."""
    user_not_found: int = 0
    goal_not_found: int = 0
    planned: int = 0
    """Of the unsettled, the ones that Metrica certainly does not have; it may have the others."""


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A key that was delivered, and by which upload last."""

    query: str
    key: str
    upload_id: int | None
    """None for a row that was there before a query with `start: now` began, and was passed over."""


@dataclass(frozen=True, slots=True)
class RejectRow:
    """A row that could not be sent."""

    id: int
    query: str
    key: str
    reason: Reason
    column: str
    value: str
    row: str
    """The source row as JSON; for `refused_by_metrica` the CSV line, whose header is its upload's."""
    detail: str
    upload_id: int | None
    """The upload that Metrica refused; None for rows that never were in one."""
    created_at: datetime
    retry_at: datetime | None
    """When a person asked for it to be tried again; None: nobody did, or it was."""
    dropped_at: datetime | None
    """When a person said that it is never to be sent; just as it is, it is no reject any more."""


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A valid row whose DateTime is still to come."""

    query: str
    key: str
    due: datetime
    header: str
    line: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingCount:
    """How many rows of a query wait, and when the next of them goes."""

    rows: int
    next_due: datetime


@dataclass(frozen=True, slots=True)
class RunRow:
    """The last run of a query, and how it has fared lately."""

    query: str
    started_at: datetime | None = None
    finished_at: datetime | None = None
    """None while the first run is under way; older than `started_at` while another is."""
    ok_at: datetime | None = None
    """The end of the last run that went well."""
    failures: int = 0
    """Runs that failed since then."""
    error_code: str = ""
    error: str = ""
    action: str = ""
    halted: bool = False
    """It does not run again until a person acts."""
    read: int = 0
    known: int = 0
    uploaded: int = 0
    uploads: int = 0
    rejected: int = 0
    waiting: int = 0
    newest_at: datetime | None = None
    """The newest DateTime that Metrica accepted so far, for the lag."""


@dataclass(frozen=True, slots=True)
class PositionRow:
    """How far a query was read, as texts."""

    query: str
    mark: str | None
    safe: str | None
    waits_for: str
    fingerprint: str
    updated_at: datetime
    floor: str | None
    begun_after: int | None
    went_back: str | None
    """The source's newest mark, where the source was put back to an older state."""


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """The lease of a query: the daemon that runs it."""

    query: str
    owner: str
    """Empty when nobody does."""
    epoch: int
    expires_at: datetime
