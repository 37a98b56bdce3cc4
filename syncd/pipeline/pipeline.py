"""The way of a row: source → mapping → chunk → upload → ledger. `Pipeline.run` is where to start reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from syncd.model import Chunk, Origin, Position, Receipt, Rows, RunReport
from syncd.model.clock import Clock, Stop
from syncd.model.errors import TooManyRejects
from syncd.model.events import Event, Observer
from syncd.model.faultpoints import Point, reach
from syncd.model.settings import QuerySettings
from syncd.pipeline.chunking import chunking
from syncd.pipeline.chunking.intake import Intake
from syncd.pipeline.chunking.same_conversion import set_apart
from syncd.pipeline.ports import Ledger, Source
from syncd.pipeline.reading.ranges import Reader
from syncd.pipeline.reading.reading import Reading
from syncd.pipeline.reading.retry_rejects import Retry
from syncd.pipeline.uploading.payload import Tagger, unused_tag
from syncd.pipeline.uploading.settle import Settler
from syncd.pipeline.uploading.unrecorded import search

REJECTS_NAMED = 5
"""Rejects of a chunk that the log names one by one; all of them are in the state store."""
MISPLACED_AT_ONCE = 1000
MISPLACED_PAUSE = timedelta(minutes=5)
MISPLACED_SHARE = 1000
"""The search for rows with null marks may scan the table, so it takes at most 1/1000 of the time."""


@dataclass(frozen=True, slots=True)
class Job:
    """One query and all it works with."""

    query: QuerySettings
    source: Source
    ledger: Ledger
    settler: Settler
    fingerprint: str
    clock: Clock
    observer: Observer
    stop: Stop
    unrecorded: Callable[[], Mapping[str, Receipt]] = dict
    """The uploads at Metrica that the state store should know and does not, by tag (`restore`)."""
    spacing: Callable[[], timedelta] = timedelta
    """How far apart uploads should be that could be larger; zero while there are requests enough."""

    @property
    def reader(self) -> Reader:
        """What of it reading needs."""
        return Reader(self.query, self.source, self.ledger, self.fingerprint, self.clock, self.observer)


class Pipeline:
    """Runs one query; keeps between runs only what is cheap to lose."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._intake = Intake(job.query, job.ledger)
        self._reading = Reading(job.reader, self._intake)
        self._retry = Retry(job.query, job.source, job.ledger, self._intake, job.clock, job.observer)
        self._next_search: float | None = None
        """By `clock.seconds`, as what spaces uploads: a clock that is set moves neither."""
        self._unrecorded: Mapping[str, Receipt] | None = None
        self._sent_at: float | None = None
        """By `clock.seconds`, which nobody sets."""
        self._held_back = False
        job.settler.listed = self._listed
        self._position: Position | None = None
        self._is_open = True
        """Where the query stood as the run began, and whether something was to be finished first."""

    def run(self, report: RunReport) -> None:
        """Send every row beyond the mark, oldest first, until nothing is new or a stop is asked for.

        `report` is filled as the run goes, so that it also tells of a run that failed. Raises SyncdError;
        whatever it was, the next run begins by settling what this one left open.
        """
        while not self._work(self._chunks(), report):
            pass  # what was found at Metrica is known now
        if self._unrecorded is not None and not self._job.stop.is_set() and not self._held_back:
            self._unrecorded = {}  # the backlog was read

    def retry(self, report: RunReport) -> None:
        """Only what is open, and the rejects that a person wants tried again. Raises SyncdError."""
        self.carry(lambda _: self._retry.chunks(), report)

    def carry(self, chunks: Callable[[Intake], Iterator[Chunk]], report: RunReport) -> None:
        """Only what is open, and the rows of these chunks, as of every other. Raises SyncdError."""
        while not self._work(chunks(self._intake), report):
            pass

    def _work(self, chunks: Iterator[Chunk], report: RunReport) -> bool:
        """Settle what is open, then record and send chunk by chunk; False when it has to begin anew."""
        job = self._job
        self._position, self._is_open = job.ledger.standing(job.clock.now())
        if self._is_open:
            job.settler.settle_all(report)
        self._held_back = False
        for read in chunks:
            reach(Point.READ)
            if self._may_grow(read):
                self._held_back = True
                continue
            self._set_apart(read)
            chunk = self._recall(read, report)
            if chunk is None:
                return False
            if chunk.origin is not Origin.RETRY:  # rows that stay rejected are no new rejects
                self._stop_at_limit(chunk, report)
                self._tell_rejects(chunk, report)
            self._note(chunk, report)
            if chunk.ready:
                tag = unused_tag(self._tagger(chunk), chunk.ready.lines, job.ledger.tag_is_used)
                self._sent_at = job.clock.seconds()
                job.settler.send(job.ledger.begin(chunk, tag, job.clock.now()), report)
            elif chunk.mark is not None or chunk.rejects or chunk.waiting or chunk.resolved:
                job.ledger.record(chunk)
            if job.stop.is_set():
                break
        return True

    def _may_grow(self, chunk: Chunk) -> bool:
        """While the day's requests are short, an upload that is not full waits for more rows to share it.

        It is left unread: the mark stays, so a later run reads its rows again, with those that came after.
        """
        job = self._job
        if (
            self._sent_at is None
            or not chunk.ready
            or chunk.origin is not Origin.QUERY
            or chunking.is_full(chunk, job.query.chunk_rows)
        ):
            return False
        return job.clock.seconds() - self._sent_at < job.spacing().total_seconds()

    def _set_apart(self, chunk: Chunk) -> None:
        """Reject or move rows that Metrica would take for another key's conversion."""
        job = self._job
        rejects = set_apart(chunk, job.query, job.ledger, int(job.clock.now().timestamp()))
        if (
            rejects and chunk.origin is not Origin.RETRY
        ):  # one that was tried again is to be recorded as tried
            recorded = job.ledger.known_rejects(rejects)
            chunk.rows_known += len(recorded)
            rejects = [reject for reject in rejects if reject.key not in recorded]
        chunk.rejects += rejects

    def _listed(self) -> Mapping[str, Receipt]:
        """Uploads that the store should know and does not; Metrica is asked when something is to be sent."""
        if self._unrecorded is None:
            self._unrecorded = self._job.unrecorded()
        return self._unrecorded

    def _recall(self, chunk: Chunk, report: RunReport) -> Chunk | None:
        """Record what of a chunk Metrica has already; gives the rest, None when it has to be read anew."""
        if not chunk.ready or not self._listed():
            return chunk
        job = self._job
        open_tags = {tag: one for tag, one in self._listed().items() if not job.ledger.tag_is_used(tag)}
        found = search(chunk, self._tagger(chunk), open_tags)
        for part, tag, receipt in found.uploads:
            job.settler.adopt(job.ledger.begin(part, tag, job.clock.now()), receipt, report)
        if found.uploads and found.rest and chunk.origin is Origin.QUERY:
            return None  # its end may be the beginning of an upload that the rows after it complete
        return replace(chunk, ready=found.rest)

    def _tagger(self, chunk: Chunk) -> Tagger:
        return Tagger(self._job.query.name, self._job.query.counter, chunk.header)

    def _chunks(self) -> Iterator[Chunk]:
        """Rejects to try again, the news, rows that waited and are due, rows without a place in the order.

        A row that waited and has changed is among the news: it is not to be sent as it was.
        """
        if self._is_open:
            yield from self._retry.chunks()
            self._position = self._job.ledger.position()
        for chunk in self._reading.chunks(self._position):
            yield chunk
            if self._held_back:
                break
        if self._is_open and not self._held_back:  # else they might be sent as they were
            yield from self._due()
        if not self._held_back:
            yield from self._misplaced()

    def _due(self) -> Iterator[Chunk]:
        job = self._job
        while True:
            header, due = job.ledger.due(job.clock.now(), job.query.chunk_rows)
            if not due:  # what was accepted waits no more, so this comes
                return
            yield Chunk(Origin.WAITING, header=header, ready=Rows.of(due))

    def _misplaced(self) -> Iterator[Chunk]:
        """Rows with a null in mark or key: no ordered read returns them, so they are looked for."""
        job, began = self._job, self._job.clock.seconds()
        if self._next_search is not None and began < self._next_search:
            return
        page = job.source.without_place(MISPLACED_AT_ONCE)
        took = job.clock.seconds() - began
        self._next_search = began + max(MISPLACED_PAUSE.total_seconds(), took * MISPLACED_SHARE)
        chunk = Chunk()
        self._intake.add(chunk, page, job.clock.now())
        if chunk.rejects:
            job.observer.emit(Event.ROWS_MISPLACED, query=job.query.name, rows=len(chunk.rejects))
            yield chunk
        yield from self._reading.ahead()

    def _stop_at_limit(self, chunk: Chunk, report: RunReport) -> None:
        """Too many bad rows: record those up to the limit, leave the mark, and ask for a person."""
        job = self._job
        left = job.query.reject_limit - report.rejected
        if len(chunk.rejects) < left:
            return
        told = chunking.rejects_only(chunk, left)
        self._note(told, report)
        self._tell_rejects(told, report)
        job.ledger.record(told)
        raise TooManyRejects(
            f"{report.rejected} rows were rejected in one run (reject_limit); {told.rejects[-1].reason}: "
            f"column {told.rejects[-1].column or '-'}, key {told.rejects[-1].key}"
        )

    def _note(self, chunk: Chunk, report: RunReport) -> None:
        """Count a chunk."""
        job = self._job
        report.read += chunk.rows_read
        report.known += chunk.rows_known
        report.waiting += len(chunk.waiting)
        if chunk.waiting:
            job.observer.emit(Event.ROWS_WAITING, query=job.query.name, rows=len(chunk.waiting))

    def _tell_rejects(self, chunk: Chunk, report: RunReport) -> None:
        job = self._job
        report.rejected += len(chunk.rejects)
        for reject in chunk.rejects[:REJECTS_NAMED]:
            job.observer.emit(
                Event.ROW_REJECTED,
                query=job.query.name,
                key=reject.key,
                reason=reject.reason,
                column=reject.column,
                value=reject.value,
            )
        for reason, rows in Counter(reject.reason for reject in chunk.rejects).items():
            job.observer.emit(Event.ROWS_REJECTED, query=job.query.name, reason=reason, rows=rows)
