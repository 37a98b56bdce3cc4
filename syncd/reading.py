"""Reads what is new of one query: forward from the mark, and again what may have been committed late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd import chunking
from syncd.ahead import AnyPage, ReadAhead
from syncd.events import Event
from syncd.horizon import Horizon
from syncd.intake import Intake
from syncd.keys import value_text
from syncd.late import LateCommits
from syncd.marks import earlier, is_beyond, tells_time
from syncd.model import UNSEEN, Chunk, Mark, Page, Position
from syncd.ports import Clock, Ledger, Observer, Source
from syncd.settings import QuerySettings

UNWATCHED_OVERLAP = timedelta(minutes=2)
"""`overlap: auto` where nobody tells which transactions are open (docs/guarantees.md)."""
ASK_AGAIN = timedelta(hours=1)
"""After this it is asked anew whether the database tells: a standby may have become a primary."""
CHANGED = (
    "The mark stays: rows behind it that only the new sql returns are not read. Nothing to do if the change "
    "concerns rows to come; else see docs/operations.md, The sql was changed."
)
HIDDEN = (
    "Let the user see open transactions (MariaDB, MySQL: GRANT PROCESS ON *.*), or set `overlap`. Until then "
    "rows committed late are looked for two minutes back and no further."
)
PROGRESS_EVERY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading a query needs."""

    query: QuerySettings
    source: Source
    ledger: Ledger
    fingerprint: str
    clock: Clock
    observer: Observer


class Reading:
    """Turns a query's pages into chunks. The caller records each chunk before it asks for the next."""

    def __init__(self, reader: Reader, intake: Intake) -> None:
        self._reader = reader
        self._intake = intake
        self._late: LateCommits | None = None
        self._safe: Mark | None = None
        self._pages: ReadAhead | None = None
        """What reads or read last; it may still be at it, where its range was given up."""
        self._waits_for: str | None = None
        """As recorded; None: by an earlier process."""
        self._ahead: Mark | None = None
        """The newest mark of the future that was told."""
        self._horizon = Horizon(reader.query, reader.source, reader.clock)
        # By `clock.seconds`, which nobody sets.
        self._unwatched_since: float | None = None
        self._began = reader.clock.now(), reader.clock.seconds()
        self._nothing_new: tuple[Mark | None, Page] | None = None
        """The mark, and what the last poll found there, all of it known."""

    def chunks(self, position: Position | None) -> Iterator[Chunk]:
        """What is new at this moment, oldest first; what is committed meanwhile is the next run's."""
        mark, overlap = self._begin(position), self._reader.query.overlap
        self._horizon.begin(mark)
        if overlap != "auto" or self._is_unwatched():
            fixed = None if overlap == "auto" else overlap
            if fixed or self._safe != mark or not self._is_idle(mark):
                yield from self._unwatched(mark, UNWATCHED_OVERLAP if fixed is None else fixed)
                if not fixed:  # else it would be asked at every poll
                    yield from self.ahead()
        elif self._late is None or not self._late.quiet or not self._is_idle(mark):
            yield from self._watched(mark)

    # --- where the query stands ---

    def _begin(self, position: Position | None) -> Mark | None:
        """The mark to read from; a query that never ran begins where `start` says."""
        reader = self._reader
        self._restart()
        if position is None:
            return self._begin_at_start()
        if position.fingerprint != reader.fingerprint:
            reader.ledger.begin_query(position.mark, safe=position.safe)
            reader.observer.emit(Event.QUERY_CHANGED, query=reader.query.name, action=CHANGED)
        self._safe = position.safe
        return position.mark

    def _begin_at_start(self) -> Mark | None:
        """Pass over the rows before `start` that an overlap would come by: their keys count as known."""
        reader, mark, passed = self._reader, None, dict[str, None]()
        start, overlap = reader.source.start(), reader.query.overlap
        back = max(UNWATCHED_OVERLAP, reader.source.slack) if overlap == "auto" else overlap
        if reader.query.start == "now":
            newest, future = self._horizon.newest()
            mark = newest or self._horizon.of(future)
            if (last := future or mark) is not None:
                passed = self._keys(mark and ((back and earlier(mark, back)) or mark), last)
        elif start is not None and (behind := earlier(start, back)):
            at_start = self._keys(start, start)
            passed = {key: None for key in self._keys(behind, start) if key not in at_start}
        reader.ledger.begin_query(mark, list(passed), safe=mark)
        self._safe = mark
        return mark

    def _keys(self, after: Mark | None, upto: Mark) -> dict[str, None]:
        """The keys of the rows from `after` (None: `start`) to `upto`, each once."""
        reader, found, exhausted = self._reader, dict[str, None](), False
        reader.source.restart()
        while not exhausted:
            page = reader.source.read(after, chunking.PAGE_ROWS, upto=upto)
            found |= dict.fromkeys(self._intake.keys(page, reader.clock.now()))
            after, exhausted = page.mark or after, page.exhausted
        reader.source.restart()
        return found

    # --- rows that are committed late ---

    def _is_unwatched(self) -> bool:
        """Whether the database was found not to tell who has a transaction open."""
        since = self._unwatched_since
        return since is not None and self._reader.clock.seconds() - since < ASK_AGAIN.total_seconds()

    def _is_idle(self, mark: Mark | None) -> bool:
        """One query that finds out, when nobody is waited for, that there is nothing new."""
        reader = self._reader
        chunk, page = Chunk(), reader.source.read(mark, 1)
        reader.source.restart()
        if (mark, page) == self._nothing_new:
            return True
        self._intake.add(chunk, page, reader.clock.now())
        idle = page.exhausted and not (chunk.ready or chunk.waiting or chunk.rejects)
        self._nothing_new = (mark, page) if idle else None
        return idle

    def _watched(self, mark: Mark | None) -> Iterator[Chunk]:
        """Forward to the newest row there is now, with an eye on who may commit behind it (`late`)."""
        reader = self._reader
        newest, future = self._horizon.newest()
        listed = reader.source.open_transactions()
        if listed is None:
            self._late, self._unwatched_since = None, reader.clock.seconds()
            if reader.source.hides_transactions:
                reader.observer.emit(Event.TRANSACTIONS_HIDDEN, query=reader.query.name, action=HIDDEN)
            yield from self._unwatched(mark, UNWATCHED_OVERLAP)
            return
        late = self._late = self._late or LateCommits(self._safe, mark)
        late.begin(listed, reader.clock.now(), newest)
        yield from self._again(late, mark)
        # Without a bound, rows of transactions would be passed that began since and were never seen open.
        is_read = newest is None
        while not is_read:
            is_read = True
            for chunk in self._forward(mark, reader.source.slack, newest):
                yield chunk
                mark = chunk.mark or mark
                # A load of many chunks: what has ended meanwhile is read again while that is still little.
                listed = reader.source.open_transactions()
                if listed is not None:
                    late.observe(listed, reader.clock.now())
                is_read = late.again is None
                if not is_read:
                    break
            # Pages that were read ahead were read too early: its rows may belong into them as well.
            if not is_read:
                yield from self._again(late, mark)
        if future is not None:
            yield from self._ahead_of(future)
        self._name_long_open(late)
        self._settle(late.safe(mark), late.waits_for(reader.clock.now()))

    def _again(self, late: LateCommits, mark: Mark | None) -> Iterator[Chunk]:
        """Read again what a transaction that has ended may have committed behind the mark."""
        place = late.again
        if place is not None and mark is not None:
            self._restart()
            for chunk, _ in self._range(place.mark, mark):
                yield chunk
            self._restart()
        late.was_read_again()

    def _restart(self) -> None:
        """Go on behind nothing that was read: where many rows have one mark, that would pass over some.

        A page may be on its way still, whose range was given up.
        """
        if self._pages is not None:
            self._pages.close()
        self._reader.source.restart()

    def _name_long_open(self, late: LateCommits) -> None:
        reader = self._reader
        for who, since in late.long_open(reader.clock.now()):
            reader.observer.emit(
                Event.TRANSACTION_OPEN, query=reader.query.name, who=who, since=since.isoformat()
            )

    def _settle(self, safe: Mark | None, waits_for: str = "") -> None:
        if (safe, waits_for) != (self._safe, self._waits_for):
            self._reader.ledger.set_safe(safe, waits_for)
            self._safe, self._waits_for = safe, waits_for

    def _now(self) -> datetime:
        """The moment at the most: a clock set ahead must not make what was just recorded look old."""
        clock, (began, since) = self._reader.clock, self._began
        return min(clock.now(), began + timedelta(seconds=clock.seconds() - since))

    # --- forward ---

    def _unwatched(self, mark: Mark | None, back: timedelta) -> Iterator[Chunk]:
        """Forward to the end, and again what transactions of up to `back` may have committed behind the mark.

        A row's mark is taken inside its transaction, so none comes behind where the query stood before that
        began. Times tell how far back that is; of numbers it is known when the query stood where.
        """
        reader, then = self._reader, self._now() - back
        first, before = mark is None, self._safe
        if mark is not None and back and not tells_time(mark) and self._safe != mark:
            for chunk, _ in self._range(self._safe, mark):
                yield chunk
        newest, future = self._horizon.newest() if first else (self._horizon.of(mark), None)
        for chunk in self._forward(mark, back, newest) if newest or not future else ():
            yield chunk
            if chunk.mark is not None:
                # Nothing is known of what a first run reads but its order: what is late is among the last.
                before, mark = mark if first else before, chunk.mark
        safe = mark
        if back:
            stood = reader.ledger.stood(then)  # of before a person moved the mark forward, perhaps
            safe = before if stood is None or (before and is_beyond(before, stood)) else stood
        is_hidden = reader.query.overlap == "auto" and reader.source.hides_transactions
        self._settle(safe, UNSEEN if is_hidden else "")

    def _forward(self, mark: Mark | None, back: timedelta, upto: Mark | None) -> Iterator[Chunk]:
        """From `back` before the mark up to another one. The mark goes along.

        It is not to follow rows that bear a mark of the future: those are delivered and leave it.
        """
        start = earlier(mark, back) if mark is not None and back else None
        progress = Progress(self._reader)
        for chunk, reached in self._range(start or mark, upto):
            if reached is not None and reached != mark and (start is None or is_beyond(reached, mark)):
                chunk.mark = mark = reached
            yield chunk
            progress.tell(chunk, reached)

    def ahead(self) -> Iterator[Chunk]:
        """Rows with a mark of the future, which are not come by on the way to a mark of their own."""
        if self._late is None:
            _, future = self._horizon.newest()
            self._reader.source.restart()
            if future is not None:
                yield from self._ahead_of(future)

    def _ahead_of(self, newest: Mark) -> Iterator[Chunk]:
        """Rows with a mark of the future, which is told once for each newest of them."""
        if newest != self._ahead:
            self._ahead = newest
            values = [value_text(value) for value in newest.values]
            self._reader.observer.emit(Event.MARK_AHEAD, query=self._reader.query.name, mark=values)
        for chunk, _ in self._range(self._horizon.of(newest), newest):
            yield chunk

    def _range(self, after: Mark | None, upto: Mark | None) -> Iterator[tuple[Chunk, Mark | None]]:
        """Chunks of the rows from `after` to `upto`, and the mark that each reaches."""
        reader, rows, chunk = self._reader, self._reader.query.chunk_rows, Chunk()
        form = self._intake.form_for(reader.source.columns())

        def read(after: Mark | None, limit: int) -> AnyPage:
            return reader.source.read_lines(after, limit, form(), upto=upto)

        self._pages = ahead = ReadAhead(read, most=rows, page_rows=chunking.PAGE_ROWS)
        while True:
            page = ahead.next(after, chunking.rows_wanted(chunk, rows))
            self._intake.add(chunk, page, reader.clock.now())
            if len(chunk.ready) > rows:  # the page was asked for before it was known how much was wanted
                full, chunk = chunking.cut(chunk, rows)
                yield full, after
            after = page.mark or after
            if page.exhausted or chunking.is_full(chunk, rows):
                yield chunk, page.mark or (after if chunk.rows_read else None)
                chunk = Chunk()
            if page.exhausted:
                return


class Progress:
    """Tells of a long run, about every ten seconds."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._started = self._told = reader.clock.now()
        self._rows = 0

    def tell(self, chunk: Chunk, after: Mark | None) -> None:
        """Count a recorded chunk; say how it goes if it is time to."""
        reader, now = self._reader, self._reader.clock.now()
        self._rows += chunk.rows_read
        if now - self._told < PROGRESS_EVERY:
            return
        self._told = now
        reader.observer.emit(
            Event.QUERY_PROGRESS,
            query=reader.query.name,
            rows=self._rows,
            rows_per_second=round(self._rows / (now - self._started).total_seconds()),
            left=reader.source.count(after),
        )
