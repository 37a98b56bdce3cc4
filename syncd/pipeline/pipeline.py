"""The way of a row: source → mapping → chunk → upload → ledger. `Pipeline.run` is where to start reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from syncd.model import Chunk, RunReport
from syncd.model.clock import Clock, Stop
from syncd.model.events import Observer
from syncd.model.settings import QuerySettings
from syncd.pipeline.chunking.intake import Intake
from syncd.pipeline.ports import Ledger, Source
from syncd.pipeline.reading.context import ReadContext
from syncd.pipeline.reading.due_rows import DueRows
from syncd.pipeline.reading.misplaced import MisplacedRows
from syncd.pipeline.reading.reading import Reading
from syncd.pipeline.reading.retry_rejects import RejectRetry
from syncd.pipeline.uploading.followup import Follower
from syncd.pipeline.uploading.relink import Relinker
from syncd.pipeline.uploading.sender import Backlog, ChunkSender, SentChunks
from syncd.pipeline.uploading.settle import Settler

FOLLOW_SHARE = 10
"""Whether it is time to ask about uploads is looked up so often within the first look, not in each run."""


@dataclass(frozen=True, slots=True)
class Job:
    """One query and all it works with."""

    query: QuerySettings
    source: Source
    ledger: Ledger
    settler: Settler
    backlog: Backlog
    follower: Follower
    relinker: Relinker
    fingerprint: str
    clock: Clock
    observer: Observer
    stop: Stop
    first_look: timedelta
    """How long after an upload Metrica is first asked what became of it."""
    spacing: Callable[[], timedelta] = timedelta
    """How far apart uploads should be that could be larger; zero while there are requests enough."""


class Pipeline:
    """Runs one query; keeps between runs only what is cheap to lose."""

    def __init__(self, job: Job) -> None:
        query, source, ledger, clock, observer = job.query, job.source, job.ledger, job.clock, job.observer
        self._job = job
        self._intake = intake = Intake(query, ledger)
        self._reading = Reading(ReadContext(query, source, ledger, job.fingerprint, clock, observer), intake)
        self._retry = RejectRetry(query, source, ledger, intake, clock, observer)
        self._due = DueRows(query, source, ledger, intake, clock, observer)
        self._misplaced = MisplacedRows(query, source, intake, clock, observer)
        self._sender = ChunkSender(
            query, ledger, job.settler, job.backlog, clock, observer, job.stop, job.spacing
        )
        self._follow_at = clock.seconds()

    def run(self, report: RunReport) -> None:
        """Bring the query up to date: what is left over first, then the news, then what may follow.

        A row that waited and has changed is among the news, so those come before the rows that are due; the
        rows that bear a mark of the future come just before the news, since they are the last of their keys.
        `report` is filled as the run goes, so that it also tells of a run that failed. Raises SyncdError;
        whatever it was, the next run begins by settling what this one left open.
        """
        job, send = self._job, self._sender.send
        position, is_open = job.ledger.position_and_work(job.clock.now())
        if is_open:
            job.settler.settle_all(report)
            send(self._retry.chunks(), report)
            position = job.ledger.position()
        while (sent := send(self._reading.chunks(position), report)) is SentChunks.FOUND:
            position = job.ledger.position()
        if sent is SentChunks.ALL and not job.stop.is_set():  # else rows that wait might be sent as they were
            if is_open:
                send(self._due.chunks(), report)
            send(self._misplaced.chunks(), report)
            job.backlog.end()
        self._follow_up(report)
        if not job.stop.is_set():
            job.relinker.run(report)

    def retry_rejects(self, report: RunReport) -> None:
        """Settle what is open, then try the rejects that a person wants tried again. Raises SyncdError."""
        self.send_chunks(lambda _: self._retry.chunks(), report)

    def send_chunks(self, chunks: Callable[[Intake], Iterator[Chunk]], report: RunReport) -> None:
        """Settle what is open, then send the rows of these chunks, as of every other. Raises SyncdError."""
        self._job.settler.settle_all(report)
        while self._sender.send(chunks(self._intake), report) is SentChunks.FOUND:
            pass  # the uploads that were found are known now

    def _follow_up(self, report: RunReport) -> None:
        """Ask Metrica what became of uploads, when it is time to."""
        now = self._job.clock.seconds()
        if report.uploads or now >= self._follow_at:
            self._follow_at = now + self._job.first_look.total_seconds() / FOLLOW_SHARE
            self._job.follower.follow()
