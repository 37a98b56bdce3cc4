"""Records chunks and sends what they hold, one after the other: the way from reading to the Settler.

While a restored store is behind Metrica (`unrecorded`), a chunk is first held against the uploads that
Metrica has and the store does not know: rows that are there already are recorded, not sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum

from syncd.model import Chunk, Origin, Receipt, RunReport
from syncd.model.clock import Clock, Stop
from syncd.model.errors import TooManyRejects
from syncd.model.events import Event, Observer
from syncd.model.faultpoints import Point, reach
from syncd.model.settings import QuerySettings
from syncd.pipeline.chunking import chunking
from syncd.pipeline.chunking.same_conversion import set_apart
from syncd.pipeline.ports import Ledger
from syncd.pipeline.uploading.payload import Tagger, unused_tag
from syncd.pipeline.uploading.settle import Settler
from syncd.pipeline.uploading.unrecorded import search

REJECTS_NAMED = 5
"""Rejects of a chunk that the log names one by one; all of them are in the state store."""


class SentChunks(Enum):
    """How sending some chunks ended."""

    ALL = "all"
    HELD_BACK = "held back"
    """A chunk that is not full waits for more rows; it was left unread."""
    FOUND = "found"
    """Uploads that the store did not know were recorded; the rows are to be read anew."""


class Backlog:
    """The uploads that Metrica has and the store should know, until the query has read all there is."""

    def __init__(self, ask: Callable[[], Mapping[str, Receipt]]) -> None:
        """`ask` compares Metrica's list with the store; it is called when something is to be sent."""
        self._ask = ask
        self._uploads: Mapping[str, Receipt] | None = None

    def uploads(self) -> Mapping[str, Receipt]:
        """Give the uploads by their tags. Raises StateError."""
        if self._uploads is None:
            self._uploads = self._ask()
        return self._uploads

    def end(self) -> None:
        """Forget the uploads: the query has read all there is, so nothing more can be found."""
        if self._uploads is not None:
            self._uploads = {}


@dataclass(slots=True)
class ChunkSender:
    """Records and sends the chunks of one query."""

    query: QuerySettings
    ledger: Ledger
    settler: Settler
    backlog: Backlog
    clock: Clock
    observer: Observer
    stop: Stop
    spacing: Callable[[], timedelta] = timedelta
    """How far apart uploads should be that could be larger; zero while there are requests enough."""
    _sent_at: float | None = field(default=None, init=False)
    """When the last upload was begun, by `clock.seconds`, which nobody sets."""

    def send(self, chunks: Iterable[Chunk], report: RunReport) -> SentChunks:
        """Record and send chunk by chunk; each is accounted for before the next is asked for.

        Raises SyncdError; whatever it was, the next run begins by settling what this one left open.
        """
        for read in chunks:
            reach(Point.READ)
            if self._waits_for_more(read):
                return SentChunks.HELD_BACK
            self._set_apart(read)
            chunk = self._without_unrecorded(read, report)
            if chunk is None:
                return SentChunks.FOUND
            self._check_rejects(chunk, report)
            self._count(chunk, report)
            self._carry_out(chunk, report)
            if self.stop.is_set():
                break
        return SentChunks.ALL

    def _carry_out(self, chunk: Chunk, report: RunReport) -> None:
        if chunk.ready:
            tag = unused_tag(self._tagger(chunk), chunk.ready.lines, self.ledger.tag_is_used)
            self._sent_at = self.clock.seconds()
            self.settler.send(self.ledger.begin(chunk, tag, self.clock.now()), report)
        elif chunk.mark is not None or chunk.rejects or chunk.waiting or chunk.resolved:
            self.ledger.record(chunk)

    def _waits_for_more(self, chunk: Chunk) -> bool:
        """While the day's requests are short, let an upload that is not full wait for rows to share it.

        It is left unread: the mark stays, so a later run reads its rows again, with those that came after.
        """
        if (
            self._sent_at is None
            or not chunk.ready
            or chunk.origin is not Origin.QUERY
            or chunking.is_full(chunk, self.query.chunk_rows)
        ):
            return False
        return self.clock.seconds() - self._sent_at < self.spacing().total_seconds()

    def _set_apart(self, chunk: Chunk) -> None:
        """Reject or move rows that Metrica would take for another key's conversion."""
        rejects = set_apart(chunk, self.query, self.ledger, int(self.clock.now().timestamp()))
        if rejects and chunk.origin is not Origin.RETRY:  # one that was tried again is recorded as tried
            recorded = self.ledger.known_rejects(rejects)
            chunk.rows_known += len(recorded)
            rejects = [reject for reject in rejects if reject.key not in recorded]
        chunk.rejects += rejects

    def _without_unrecorded(self, chunk: Chunk, report: RunReport) -> Chunk | None:
        """Record what of a chunk Metrica has already; give the rest, None when it has to be read anew."""
        uploads = self.backlog.uploads() if chunk.ready else {}
        if not uploads:
            return chunk
        open_tags = {tag: one for tag, one in uploads.items() if not self.ledger.tag_is_used(tag)}
        found = search(chunk, self._tagger(chunk), open_tags)
        for part, tag, receipt in found.uploads:
            self.settler.adopt(self.ledger.begin(part, tag, self.clock.now()), receipt, report)
        if found.uploads and found.rest and chunk.origin is Origin.QUERY:
            return None  # its end may be the beginning of an upload that the rows after it complete
        return replace(chunk, ready=found.rest)

    def _tagger(self, chunk: Chunk) -> Tagger:
        return Tagger(self.query.name, self.query.counter, chunk.header)

    def _check_rejects(self, chunk: Chunk, report: RunReport) -> None:
        """Tell of a chunk's rejects; stop at `reject_limit`.

        With too many of them, those up to the limit are recorded, the mark stays, and a person is asked for.
        """
        if chunk.origin is Origin.RETRY:  # rows that stay rejected are no new rejects
            return
        left = self.query.reject_limit - report.rejected
        if len(chunk.rejects) < left:
            self._tell_rejects(chunk, report)
            return
        told = chunking.rejects_only(chunk, left)
        self._count(told, report)
        self._tell_rejects(told, report)
        self.ledger.record(told)
        raise TooManyRejects(
            f"{report.rejected} rows were rejected in one run (reject_limit); {told.rejects[-1].reason}: "
            f"column {told.rejects[-1].column or '-'}, key {told.rejects[-1].key}"
        )

    def _count(self, chunk: Chunk, report: RunReport) -> None:
        report.read += chunk.rows_read
        report.known += chunk.rows_known
        report.waiting += len(chunk.waiting)
        if chunk.waiting:
            self.observer.emit(Event.ROWS_WAITING, query=self.query.name, rows=len(chunk.waiting))

    def _tell_rejects(self, chunk: Chunk, report: RunReport) -> None:
        report.rejected += len(chunk.rejects)
        for reject in chunk.rejects[:REJECTS_NAMED]:
            self.observer.emit(
                Event.ROW_REJECTED,
                query=self.query.name,
                key=reject.key,
                reason=reject.reason,
                column=reject.column,
                value=reject.value,
            )
        for reason, rows in Counter(reject.reason for reject in chunk.rejects).items():
            self.observer.emit(Event.ROWS_REJECTED, query=self.query.name, reason=reason, rows=rows)
