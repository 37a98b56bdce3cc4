"""Brings every recorded upload to its end. The one recovery path: after a crash, a cut, a refusal.

An upload is recorded with its exact lines before its POST. Whatever then happens, the next run of the query
begins here: what Metrica may have is looked up by its tag, what it certainly has not is sent, what it
refuses as a whole is halved until the rows at fault are known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from syncd.model import Origin, Receipt, RunReport, Upload, UploadState, keys
from syncd.model.clock import Clock
from syncd.model.errors import (
    AccessRefused,
    FileRefused,
    NotReceived,
    OutcomeUnknown,
    StillUnclear,
    TooManyRejects,
)
from syncd.model.events import Event, Observer
from syncd.model.faultpoints import Point, reach
from syncd.pipeline.ports import Destination, Ledger
from syncd.pipeline.uploading.payload import Tagger, render, unused_tag

EQUAL_ANSWERS = 3
"""Equal unclear answers to POSTs after which it is said that the request itself may be wrong."""
REFUSED_IN_A_ROW = 50
"""Single rows refused, and nothing of their file accepted: it is bad throughout. About 150 requests."""

LONGEST_POST = timedelta(hours=1)
"""From its begin until Metrica's list must have it: no POST of a gigabyte lasts longer."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How much is borne before an upload is sent again, or a person is asked for."""

    reject_limit: int
    """Rows refused in one run after which a person is asked for."""
    settle: timedelta
    """From the end of its POST until Metrica's list must have it, or does not have it for good."""
    inherited: timedelta = timedelta(0)
    """How long a POST may still go on that this process did not begin: that of a daemon which lost the query
    while it was at it, and lives."""


Listed = Callable[[], Mapping[str, Receipt]]
"""Uploads by tag; Metrica may have to be asked for them."""


class Settler:
    """Settles the uploads of one query."""

    def __init__(
        self,
        ledger: Ledger,
        destination: Destination,
        clock: Clock,
        observer: Observer,
        patience: Patience,
        fence: Callable[[], None],
        listed: Listed = dict,
    ) -> None:
        """`fence` raises LeaseLost when another daemon may have taken the query over.

        `listed` gives uploads that Metrica has, though the store does not say that they were ever sent.
        """
        self._ledger = ledger
        self._destination = destination
        self._clock = clock
        self._observer = observer
        self._patience = patience
        self._fence = fence
        self._refused_in_a_row = 0
        self._is_mixed = False
        """Whether something of the file that is being sent was accepted."""
        self._listed = listed
        self._equal_answers: tuple[str, int] = "", 0
        """What Metrica answered to the last POSTs, and how many times one after the other."""
        self._doubts = ""
        """What else such answers may mean; "" while they are few."""
        self._unclear_until: dict[int, float] = {}
        """By `clock.seconds`: until then an upload may yet show up in Metrica's list."""
        self._others_until: dict[int, float] = {}
        """By `clock.seconds`: until then another process may be at the POST of one that has no list."""

    def settle_all(self, report: RunReport) -> None:
        """Settle every open upload of the query, oldest first. Raises MetricaError or StateError."""
        for upload_id in self._ledger.unsettled():
            upload = self._ledger.load(upload_id)
            if upload.state is UploadState.PLANNED and upload.tag in self._listed():
                self.adopt(upload, self._listed()[upload.tag], report)
                continue
            if upload.state is UploadState.SENDING and not self._destination.lists_tags:
                self._wait_for_others(upload)
            elif upload.state is UploadState.SENDING and self._look_up(upload, report):
                continue
            self._send(self._ledger.sending(upload, self._clock.now()), report)

    def send(self, upload: Upload, report: RunReport) -> None:
        """POST an upload that is recorded as SENDING, and record the answer.

        Raises NotReceived and AccessRefused (it is PLANNED again), OutcomeUnknown (it stays SENDING).
        """
        self._is_mixed = False
        self._send(upload, report)

    def _send(self, upload: Upload, report: RunReport) -> None:
        started = self._clock.now()
        file = render(upload.header, upload.lines)
        self._tell(Event.UPLOAD_STARTED, upload, rows=len(upload.lines), bytes=sum(map(len, file)))
        reach(Point.POST)
        try:
            receipt = self._destination.upload(
                upload.counter,
                file,
                tag=upload.tag,
                header=upload.header,
                fence=self._fence,
            )
        except (NotReceived, AccessRefused):
            reach(Point.NOT_RECEIVED)
            self._ledger.not_received(upload)
            raise
        except OutcomeUnknown as error:
            reach(Point.UNCLEAR)
            self._unclear_until[upload.id] = self._clock.seconds() + self._patience.settle.total_seconds()
            doubt = self._doubt(upload, error)
            self._tell(Event.UPLOAD_UNCLEAR, upload, error=f"{error}{doubt}")
            if doubt:
                raise OutcomeUnknown(
                    f"{error}{doubt}", http_status=error.http_status, error_type=error.error_type
                ) from None
            raise
        except FileRefused as refusal:
            reach(Point.REFUSAL)
            self._halve(upload, refusal, report)
        else:
            reach(Point.ANSWER)
            seconds = (self._clock.now() - started).total_seconds()
            self._accept(upload, receipt, report)
            self._tell(
                Event.UPLOAD_ACCEPTED,
                upload,
                origin=upload.origin.value,
                rows=len(upload.lines),
                metrica_id=receipt.id,
                status=receipt.status,
                seconds=round(seconds, 3),
            )

    def adopt(self, upload: Upload, receipt: Receipt, report: RunReport) -> None:
        """Record an upload that Metrica has, though this store had not known of it (`restore`)."""
        # It may be a part of what was read, whose newest row is another's.
        self._accept(replace(upload, newest=0), receipt, report)
        self._tell_found(upload, receipt)

    def _tags_of_halves(self, upload: Upload) -> tuple[str, str]:
        tagger = Tagger(upload.query, upload.counter, upload.header)
        middle = len(upload.lines) // 2
        first = unused_tag(tagger, upload.lines[:middle], self._ledger.tag_is_used)
        # The halves may be the same lines, for rows of different keys.
        used = self._ledger.tag_is_used
        second = unused_tag(tagger, upload.lines[middle:], lambda tag: tag == first or used(tag))
        return first, second

    def _look_up(self, upload: Upload, report: RunReport) -> bool:
        """True when Metrica has it. Raises StillUnclear while it may yet show up there."""
        reach(Point.LOOK_UP)
        # An answer that takes long tells of this moment at the latest.
        asked, seconds = self._clock.now(), self._clock.seconds()
        receipt = self._destination.find(upload.counter, upload.tag)
        if receipt is not None:
            reach(Point.FOUND)
            self._accept(upload, receipt, report)
            self._tell_found(upload, receipt)
            return True
        until = self._unclear_until.setdefault(upload.id, seconds + self._longest(upload, asked))
        if seconds < until:
            raise StillUnclear(
                f"Metrica does not list an upload whose answer was lost; it may still appear{self._doubts}",
                retry_at=asked + timedelta(seconds=until - seconds),
            )
        reach(Point.GIVEN_UP)
        del self._unclear_until[upload.id]
        self._tell(Event.UPLOAD_NOT_FOUND, upload)
        return False

    def _wait_for_others(self, upload: Upload) -> None:
        """Raise StillUnclear while another process may be at the POST of an upload that cannot be looked up.

        It is then sent again as it was, so one file of a query is on its way at a time.
        """
        now, seconds = self._clock.now(), self._clock.seconds()
        if upload.id in self._unclear_until or upload.sent_at is None:
            return  # the POST was this process's, and is over
        over = min(upload.sent_at, now) + self._patience.inherited
        until = self._others_until.setdefault(upload.id, seconds + max(0.0, (over - now).total_seconds()))
        if seconds < until:
            raise StillUnclear(
                "another process may still be sending an upload; it is sent again after that",
                retry_at=now + timedelta(seconds=until - seconds),
            )

    def _doubt(self, upload: Upload, error: OutcomeUnknown) -> str:
        """Say what else it may be when every POST gets one and the same answer; "" for the first ones."""
        last, times = self._equal_answers
        answer = f"{error.http_status} {error.error_type}"
        self._equal_answers = answer, times + 1 if answer == last else 1
        self._doubts = ""
        if error.error_type and self._equal_answers[1] >= EQUAL_ANSWERS:
            self._doubts = (
                f". {error.error_type} came {self._equal_answers[1]} times in a row: Metrica is reported to"
                f" answer so to a wrong request as well. It was for counter {upload.counter}, its columns"
                f" {upload.header}: look at the counter's number, id_type and the columns"
            )
        return self._doubts

    def _longest(self, upload: Upload, now: datetime) -> float:
        """How many seconds more an upload that another process sent may take to show up."""
        longest = self._patience.inherited + self._patience.settle
        if upload.sent_at is not None:  # a process that restarts again and again must not wait for ever
            longest = min(longest, upload.sent_at + LONGEST_POST - now)
        return longest.total_seconds()

    def _accept(self, upload: Upload, receipt: Receipt, report: RunReport) -> None:
        self._ledger.accept(upload, receipt, self._clock.now())
        reach(Point.ACCEPTED)
        self._unclear_until.pop(upload.id, None)
        self._refused_in_a_row, self._is_mixed = 0, True
        self._equal_answers, self._doubts = ("", 0), ""
        dropped = receipt.dropped(len(upload.lines))
        if dropped:
            self._tell(Event.ROWS_DROPPED, upload, rows=len(upload.lines), dropped=dropped)
        report.uploads += 1
        if upload.origin is not Origin.RESEND:
            report.uploaded += len(upload.lines)
            report.newest = max(report.newest, upload.newest or _newest(upload))

    def _halve(self, upload: Upload, refusal: FileRefused, report: RunReport) -> None:
        """Metrica refused the file: its halves take its place, or its only row is the one at fault."""
        now = self._clock.now()
        if upload.origin is Origin.RESEND:  # delivered before, so to find the row at fault is worth nothing
            self._ledger.refuse(upload, str(refusal), now)
            self._tell(Event.RESEND_REFUSED, upload, rows=len(upload.lines), error=str(refusal))
            return
        if len(upload.lines) == 1:
            self._ledger.refuse(upload, str(refusal), now)
            report.rejected += 1
            self._tell(Event.UPLOAD_REFUSED, upload, key=upload.keys[0], error=str(refusal))
            self._stop_at_limit(refusal, report)
            return
        halves = self._ledger.split(upload, self._tags_of_halves(upload), now)
        self._tell(Event.UPLOAD_SPLIT, upload, rows=len(upload.lines), error=str(refusal))
        for half in halves:
            if half.tag in self._listed():
                self.adopt(half, self._listed()[half.tag], report)
            else:
                self._send(self._ledger.sending(half, self._clock.now()), report)

    def _stop_at_limit(self, refusal: FileRefused, report: RunReport) -> None:
        """Each row found costs requests of the daily quota, so a file that is bad throughout is given up.

        What is left of it stays PLANNED: nothing is lost, and nothing is sent until a person has looked.
        """
        self._refused_in_a_row += 1
        if self._refused_in_a_row >= REFUSED_IN_A_ROW and not self._is_mixed:
            self._refused_in_a_row = 0
            raise TooManyRejects(f"Metrica refused {REFUSED_IN_A_ROW} rows one after another: {refusal}")
        if report.rejected >= self._patience.reject_limit:
            raise TooManyRejects(
                f"{report.rejected} rows were rejected in one run (reject_limit); Metrica: {refusal}"
            )

    def _tell_found(self, upload: Upload, receipt: Receipt) -> None:
        self._tell(
            Event.UPLOAD_FOUND,
            upload,
            origin=upload.origin.value,
            rows=len(upload.lines),
            metrica_id=receipt.id,
        )

    def _tell(self, event: Event, upload: Upload, **fields: object) -> None:
        self._observer.emit(event, query=upload.query, upload=upload.id, tag=upload.tag, **fields)


def _newest(upload: Upload) -> int:
    """The newest DateTime of an upload, from its lines: of a half, or one that another run recorded."""
    split = keys.split_of(upload.header)
    return max(keys.moment(line, split) for line in upload.lines)
