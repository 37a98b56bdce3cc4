"""Chunks, the uploads that they become, and the position of a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from syncd.model.rows import Conversion, Mark, Reject, Rows

UNSEEN = "unseen"
"""Whom a query waits for where its database does not tell this user who has a transaction open."""
UNTOLD = "untold: "
"""Stands before the words for what tells of no transactions, where a query reads from such a thing: `untold:
materialized view public.paid`."""


class KindOfRows(NamedTuple):
    """What a query's rows are, as far as its ledger cares."""

    name: str
    """As the configuration names it."""
    window: timedelta
    """How old a row may be when it is sent and still be of use."""


CONVERSIONS = KindOfRows("conversions", timedelta(days=21))
"""Metrica links a conversion to a visit of the 21 days before (docs/metrica.md, 2)."""


class Origin(StrEnum):
    """Where a chunk's rows came from."""

    QUERY = "query"
    WAITING = "waiting"
    RETRY = "retry"
    RESEND = "resend"


@dataclass(slots=True)
class Chunk:
    """A span of source rows that is recorded as one: its conversions make one upload."""

    origin: Origin = Origin.QUERY
    header: str = ""
    """The CSV header its lines were made for."""
    rows_read: int = 0
    rows_known: int = 0
    """Rows that were delivered, rejected or waiting already: read again and left alone."""
    ready: Rows = field(default_factory=Rows)
    codes: list[Any] = field(default_factory=list)
    """Arrays of the codes (`key_codes`) of `ready`'s keys, if they are as many; for `chunking` alone."""
    waiting: list[Conversion] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)
    """Keys of rejects that are rejects no more, whatever else is in the chunk: forgotten with it."""
    mark: Mark | None = None
    """Where the query stands once this chunk is recorded; None leaves the mark as it is."""
    size: int = 0
    """Bytes of the lines in `ready`, line ends included."""


class UploadState(StrEnum):
    """The life of an upload (docs/architecture.md draws it)."""

    PLANNED = "planned"
    """Recorded; Metrica certainly does not have it."""
    SENDING = "sending"
    """Its POST began: Metrica may have it. After a crash or a lost answer it is looked up by its tag."""
    ACCEPTED = "accepted"
    """Metrica has it and is working on it."""
    PROCESSED = "processed"
    UNLINKED = "unlinked"
    """Metrica's LINKAGE_FAILURE: not a single visitor was found."""
    SPLIT = "split"
    """Metrica refused the file as a whole: its two halves took its place."""
    REFUSED = "refused"
    """Metrica refused its single row, which is now a reject."""


SETTLED = frozenset(
    {
        UploadState.ACCEPTED,
        UploadState.PROCESSED,
        UploadState.UNLINKED,
        UploadState.SPLIT,
        UploadState.REFUSED,
    }
)
"""The states in which the rows of an upload are accounted for; the others are settled before more is read."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One file for Metrica, exactly as it was recorded before its POST."""

    id: int
    tag: str
    """`syncd` and 32 hexadecimal digits; the upload's `comment`, unique per upload."""
    query: str
    counter: int
    state: UploadState
    header: str
    lines: Sequence[str]
    keys: Sequence[str]
    """The rows' keys, one per line, in the same order."""
    mark: Mark | None
    """The query's mark once this upload is settled; None leaves it."""
    sent_at: datetime | None = None
    """When its last POST began; None while PLANNED and never sent."""
    origin: Origin = Origin.QUERY
    newest: int = field(default=0, compare=False)
    """The newest DateTime among its rows, unix seconds; 0: not known but from its lines. Not recorded."""
    kind: str = "conversions"
    """What its rows are, as the configuration names it."""
    address: str = ""
    """Where it goes beside the counter (`places.address_of`); "": recorded before 0.2.0."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What Metrica says of an upload (docs/metrica.md, 1): all but `id` and `status` may be missing."""

    id: int
    status: str
    comment: str = ""
    source_quantity: int | None = None
    line_quantity: int | None = None
    linked_quantity: int | None = None
    user_not_found_quantity: int | None = None
    goal_not_found_quantity: int | None = None
    create_time: str = ""
    is_static: bool = False
    """Whether all its rows are static calls, which belong to no visitor."""
    is_final: bool = False
    """Whether Metrica has finished with it, so that there is nothing to follow."""

    def dropped(self, rows: int) -> int | None:
        """How many of the rows sent Metrica left out when it checked the file; None when it does not say."""
        taken = self.line_quantity if self.line_quantity is not None else self.source_quantity
        return None if taken is None else max(rows - taken, 0)


@dataclass(frozen=True, slots=True)
class Followed:
    """An accepted upload that Metrica is still working on."""

    id: int
    query: str
    metrica_id: int
    status: str
    """Metrica's status when it was last asked."""
    settled_at: datetime
    """When Metrica accepted it."""
    checked_at: datetime | None
    rows: int = 0
    dropped: int | None = None
    """What `Receipt.dropped` said when Metrica was last asked."""
    origin: Origin = Origin.QUERY


@dataclass(frozen=True, slots=True)
class Position:
    """How far a query has been read."""

    mark: Mark | None
    """None: begun, but no row has been seen yet."""
    safe: Mark | None
    """Behind this no row can appear any more, while between it and `mark` rows may still be committed late.

    None: nothing is known, so from the beginning.
    """
    fingerprint: str
    """Digest of the SQL, mark and key under which the mark was reached."""
    floor: Mark | None = None
    """Where the query began, or a person moved it forward to: no overlap reaches behind it."""
    begun_after: int | None = None
    """The newest upload when `floor` was recorded; None: there was none, so the query began there."""


@dataclass(slots=True)
class RunReport:
    """What one run of a query did."""

    query: str
    read: int = 0
    known: int = 0
    uploaded: int = 0
    uploads: int = 0
    rejected: int = 0
    waiting: int = 0
    newest: int = 0
    """The newest DateTime among the rows that Metrica accepted, unix seconds; 0: none."""

    def add(self, other: RunReport) -> None:
        """Add another run's numbers to these."""
        self.read += other.read
        self.known += other.known
        self.uploaded += other.uploaded
        self.uploads += other.uploads
        self.rejected += other.rejected
        self.waiting += other.waiting
        self.newest = max(self.newest, other.newest)


DELIVERED = (UploadState.ACCEPTED, UploadState.PROCESSED, UploadState.UNLINKED)
"""The states of uploads that Metrica has."""
