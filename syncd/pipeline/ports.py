"""What the centre of syncd needs from the outside: the source, Metrica, the ledger, time and a listener.

The pipeline knows these protocols only; `service/application.py` says who stands behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from syncd.mapping import Form
from syncd.model import (
    Chunk,
    Conversion,
    Followed,
    Known,
    Mark,
    Page,
    Position,
    Receipt,
    Reject,
    TextPage,
    Upload,
    UploadState,
)
from syncd.model.keys import Split
from syncd.model.links import Alarm, MatchDay

PageT_co = TypeVar("PageT_co", bound="Page | TextPage", covariant=True)


class Scan(Protocol[PageT_co]):
    """The pages of one range, in order, with a cursor of its own: nothing that is read beside it moves it.

    The last page is the one that is exhausted, and may be empty; there is always one.
    """

    page_rows: int
    """Rows of the next page, at most; may be set anew between two pages."""

    def __iter__(self) -> Iterator[PageT_co]:
        """Itself."""
        ...

    def __next__(self) -> PageT_co:
        """The next page, read in one short transaction. Raises SourceError."""
        ...


class Source(Protocol):
    """One query on its database: read-only, bound values, short transactions.

    Every method raises SourceUnavailable or SourceRefused.
    """

    def columns(self) -> tuple[str, ...]:
        """The names of the result's columns, as the database gives them."""
        ...

    def scan(self, after: Mark | None, *, upto: Mark | None = None, page_rows: int = ...) -> Scan[Page]:
        """The rows from `after` on (None: the query's `start`), in the mark's order, not beyond `upto`.

        Rows whose mark equals `after` are among them, so that one that was committed late with an equal mark
        is not lost.
        """
        ...

    def scan_lines(
        self, after: Mark | None, form: Callable[[], Form | None], *, upto: Mark | None, page_rows: int
    ) -> Scan[Page | TextPage]:
        """Scan, and have the rows as lines of the upload where the database can write them by the form.

        `form` is asked before each page; None has the page come as values.
        """
        ...

    def carried(self, mark: Mark) -> Mark:
        """A recorded mark in the form that its columns have now: their types may have been altered since.

        Raises MarkUnusable where a value has no such form.
        """
        ...

    def newest(self, *, upto: Mark | None = None) -> Mark | None:
        """The highest mark there is, or is up to this one; None when there is no row."""
        ...

    def newest_marks(self, limit: int) -> list[Mark]:
        """The highest marks there are, the highest first; one for each row."""
        ...

    def start(self) -> Mark | None:
        """The configured `start` as a mark in the form of the others; None: `beginning` or `now`."""
        ...

    def open_transactions(self) -> Mapping[str, str] | None:
        """List the open transactions, identity → words; None where the database cannot tell."""
        ...

    @property
    def hides_transactions(self) -> bool:
        """Whether the last `open_transactions` gave None because the database refused to tell this user."""
        ...

    def unseen_relations(self) -> list[str]:
        """Name what of the query shows rows without a transaction that `open_transactions` could list."""
        ...

    @property
    def lists_late(self) -> bool:
        """Whether a transaction may take a number some seconds before `open_transactions` tells of it."""
        ...

    def count(self, after: Mark | None) -> int | None:
        """How many rows are still to come; None when that takes too long to find out."""
        ...

    def by_key(self, keys: Sequence[Sequence[str]]) -> list[Page]:
        """The rows of each of these keys, given as the texts of `keys.value_text`; no page is long."""
        ...

    def without_place(self, limit: int) -> Page:
        """Rows with a null in their mark or key, which no ordered read can find."""
        ...


class Destination(Protocol):
    """Metrica, for one token and one kind of upload."""

    @property
    def lists_tags(self) -> bool:
        """Whether an upload can be found by its tag; one that cannot is sent again if its answer was lost."""
        ...

    def upload(
        self,
        counter: int,
        file: Sequence[bytes],
        *,
        tag: str,
        header: str,
        fence: Callable[[], None],
    ) -> Receipt:
        """POST one CSV file, given in pieces.

        Raises NotReceived, OutcomeUnknown, FileRefused or AccessRefused.

        `fence` is called when nothing more has to be waited for before the POST; what it raises ends it.
        """
        ...

    def find(self, counter: int, tag: str) -> Receipt | None:
        """The upload whose comment is `tag`, if Metrica's list has it. Raises MetricaError."""
        ...


class UploadList(Protocol):
    """Metrica's lists of uploads, for one token and one kind of upload, counter by counter."""

    @property
    def list_path(self) -> str:
        """The list's path, `{counter}` for the counter; empty where there is no list of tags."""
        ...

    def one(self, counter: int, upload_id: int) -> Receipt | None:
        """Ask for one upload by Metrica's id; None when there is none. Raises MetricaError."""
        ...

    def pages(self, counter: int, offset: int = 0) -> Iterator[list[Receipt]]:
        """Read the counter's list of uploads from an offset on, page by page. Raises MetricaError."""
        ...

    def page(self, counter: int, offset: int, limit: int) -> list[Receipt]:
        """Read one page of the list. Raises MetricaError."""
        ...


class Allowance(Protocol):
    """Whether a login's daily requests leave room for what can wait; uploads come first."""

    def may_ask(self) -> bool:
        """For asking what became of uploads. Raises StateError."""
        ...

    def note_asked(self) -> None:
        """Count a request that asks what became of uploads."""
        ...

    def may_repeat(self) -> bool:
        """For sending rows again. Raises StateError."""
        ...

    def spacing(self) -> timedelta:
        """How far apart the uploads of one query should be; zero while there is plenty."""
        ...


class KnownKeys(Protocol):
    """The part of the ledger that tells news from what is known."""

    def position(self) -> Position | None:
        """How far the query was read; None when it never began."""
        ...

    def find_known(self, keys: Sequence[str]) -> Mapping[str, Known]:
        """Find which of the keys are delivered or waiting already, or were refused by Metrica.

        For a refused key, identity and money are those of the refused line, so that a row that has been put
        right since can be told from the same row read again.
        """
        ...

    def known_rejects(self, rejects: Sequence[Reject]) -> frozenset[str]:
        """Find the keys of those rejects that are recorded already with the same reason, column and value.

        A value that was forgotten for its age is any. Also where a person dropped them: what was given up
        does not come back by being read again.
        """
        ...


class Ledger(KnownKeys, Protocol):
    """The state store as one query sees it. Every method is one transaction; raises StateError.

    They are described here alone, and not once more where they are implemented.
    """

    def begin_query(
        self,
        mark: Mark | None,
        passed: Sequence[str] = (),
        safe: Mark | None = None,
        floor: Mark | None = None,
    ) -> None:
        """Record where the query begins, or that its SQL changed, or that a person moved the mark.

        `passed` are keys of rows at that very mark that were there before (`start: now`): they count as
        delivered, in no upload. Behind `floor` nothing is read. Nobody is waited for.
        """
        ...

    def go_on_elsewhere(self) -> None:
        """Count what was delivered at the former place; what comes goes to this ledger's."""
        ...

    def deliver_again_elsewhere(self) -> None:
        """Have nothing count that was delivered at the former place; the mark is moved by `begin_query`."""
        ...

    def mark_reached_by(self, then: datetime) -> Mark | None:
        """The newest mark of which it is known that the query had reached it by then; None: of none.

        Since it began where it did, or a person moved it.
        """
        ...

    def set_safe(self, safe: Mark | None, waits_for: str) -> None:
        """Record behind which mark no row can appear any more, and whom that waits for ("": nobody)."""
        ...

    def position_and_work(self, now: datetime) -> tuple[Position | None, bool]:
        """Give `position`, and whether there are open uploads, due rows or requested retries.

        Raises DestinationChanged, and StateWentBack where the store has lost the newest upload that this
        process recorded: a failover to a copy that lags.
        """
        ...

    def unsettled(self) -> list[int]:
        """The ids of uploads whose fate is open, oldest first; of halves, the one with the mark last.

        So the mark never passes a row that is still open, however often halves were halved.
        """
        ...

    def load(self, upload_id: int) -> Upload:
        """One upload with its lines."""
        ...

    def tag_is_used(self, tag: str) -> bool:
        """Whether an upload has this tag."""
        ...

    def delivered_conversions(self, lines: Sequence[str], split: Split) -> Mapping[str, Mapping[str, str]]:
        """Find which conversions of these lines were delivered: the heads, with keys and lines that did."""
        ...

    def rejected(self, keys: Sequence[str]) -> Mapping[str, bool]:
        """Find which of the keys are rejects, for whatever reason; True: a person dropped it."""
        ...

    def requested_retries(self, limit: int) -> list[str]:
        """The keys of rejects that a person wants tried again, oldest first."""
        ...

    def leave_rejected(self, keys: Sequence[str], detail: str) -> None:
        """Say of rejects that were to be tried again why they stay as they are."""
        ...

    def fetch_due_rows(self, now: datetime, limit: int) -> tuple[str, list[Conversion]]:
        """Waiting rows whose DateTime has come, oldest first, with the header their lines were made for.

        All of one header: rows that were kept before the query's columns changed come by themselves.
        """
        ...

    def set_outlying(self, rows: Mapping[str, Mark]) -> None:
        """Record the rows that the mark does not follow, key → mark, in place of those recorded before."""
        ...

    def set_went_back(self, newest: Mark | None) -> None:
        """Record that the source's newest row stands behind the mark; None: it does not."""
        ...

    def latest_keys(self, limit: int) -> list[str]:
        """The keys of the rows that were delivered last, as far as they are at hand."""
        ...

    def withdraw(self, keys: Sequence[str], rejects: Sequence[Reject]) -> None:
        """Let these keys wait no more; keep the rejects, which tell why, as dropped ones."""
        ...

    def record(self, chunk: Chunk) -> None:
        """Record a chunk that has nothing to send: rejects, waiting rows and the mark."""
        ...

    def begin(self, chunk: Chunk, tag: str, now: datetime, *, again: int | None = None) -> Upload:
        """Make the intent durable before the POST: the exact lines, the rejects, the mark after them.

        `again` is the upload whose rows these are, where they are sent again (Origin.RESEND).
        """
        ...

    def sending(self, upload: Upload, now: datetime) -> Upload:
        """Say that a POST of this upload begins now (again); gives it back as SENDING."""
        ...

    def not_received(self, upload: Upload) -> None:
        """Say that Metrica certainly does not have it: back to PLANNED."""
        ...

    def accept(self, upload: Upload, receipt: Receipt, now: datetime) -> None:
        """Metrica has it: deliveries, receipt and mark in one transaction. Idempotent."""
        ...

    def split(self, upload: Upload, tags: tuple[str, str], now: datetime) -> tuple[Upload, Upload]:
        """Replace an upload that Metrica refused as a whole by its halves, both PLANNED.

        The second half carries the mark.
        """
        ...

    def followed(self) -> list[Followed]:
        """Find the uploads of the last week whose final status is not known, oldest first.

        What went to another place is not asked for here.
        """
        ...

    def follow(self, upload: Followed, state: UploadState, receipt: Receipt | None, now: datetime) -> None:
        """Record what Metrica now says of an upload (None: its list has it no more)."""
        ...

    def match_days(self, since: date) -> Sequence[MatchDay]:
        """The links of the query's uploads by day, from that day on, oldest first."""
        ...

    def alarm(self) -> Alarm | None:
        """Whether the query's match rate has fallen."""
        ...

    def set_alarm(self, alarm: Alarm | None) -> None:
        """Note that the match rate has fallen, or (None) that it has recovered."""
        ...

    def to_send_again(self, since: datetime, before: datetime, limit: int) -> Sequence[int]:
        """Uploads not all of whose rows were linked, accepted after `since` and last sent before `before`."""
        ...

    def passed_over(self, upload_id: int) -> None:
        """Say that an upload's turn to be sent again has come, and there was nothing of it to send."""
        ...

    def refuse(self, upload: Upload, detail: str, now: datetime) -> None:
        """Turn the single row of a refused upload into a reject, and move the mark.

        Of a RESEND, whatever its rows: they stay delivered by the upload before, and are no rejects.
        """
        ...
