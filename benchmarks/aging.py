"""A state store that ages: weeks of uploads, pruned by the daemon's own code, on a clock that is moved.

A shop's 520,000 uploads by the ledger's own way take an hour. So of each day's uploads a few go that way and
are timed, and the others are written as it would have left them: rows of `uploads` and `files` many at a
time, the index as the runs that three merges of eight make, which the index's own code then merges further.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import numpy as np
from sqlalchemy import func, insert, select, text

from syncd.ledger import QueryLedger, Store, key_index, key_lookup, totals
from syncd.ledger.packing import packed
from syncd.ledger.prune import Pruner
from syncd.model import Chunk, Followed, Mark, Origin, Reason, Receipt, Reject, Rows, Upload, UploadState
from syncd.model.joined import JoinedLines
from syncd.model.key_codes import codes_of
from syncd.model.keys import key_text
from syncd.model.links import Links
from syncd.model.marks import mark_to_text

DAYS = 7
MERGED = key_index.FAN**3
"""Uploads whose keys are put into the index as one run, three tiers up."""
REJECTS = 5
"""New ones a day and query."""
HEADER = "ClientId,Target,DateTime,Price,Currency"


class Clock:
    """A clock that is moved."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """The moment it shows."""
        return self.moment

    def seconds(self) -> float:
        """Seconds that go as the moment does."""
        return self.moment.timestamp()


@dataclass(slots=True)
class Times:
    """Seconds that single steps took since this was last emptied."""

    record: list[float] = field(default_factory=list)
    """An upload: begin, accept."""
    prune: list[float] = field(default_factory=list)
    """A step of the pruner that found something to do."""


class Aging:
    """One store and its queries."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ledgers: Mapping[str, QueryLedger],
        rows: int,
        *,
        uuids: bool,
        own_way: int,
    ) -> None:
        """`own_way`: uploads of a day and query that go the ledger's own way."""
        self.store = store
        self.clock = clock
        self.rows = rows
        self.ledgers = ledgers
        self.times = Times()
        self._uuids = uuids
        self._own_way = own_way
        self._pruner = Pruner(store)
        self._uploads = 0
        self._rejects = 0

    @property
    def uploads(self) -> int:
        """How many were recorded so far, those forgotten since among them."""
        return self._uploads

    def keys(self, upload: int) -> list[str]:
        """The keys of the n-th upload."""
        first = upload * self.rows
        if not self._uuids:
            return [key_text([number]) for number in range(first, first + self.rows)]
        random = Random(upload)
        return [key_text([UUID(int=random.getrandbits(128))]) for _ in range(self.rows)]

    def week(self, uploads: int) -> None:
        """A week's uploads, in equal days, each of which ends with what the daemon forgets."""
        for day in range(DAYS):
            today = uploads * (day + 1) // DAYS - uploads * day // DAYS
            for place, (query, ledger) in enumerate(self.ledgers.items()):
                share = today * (place + 1) // len(self.ledgers) - today * place // len(self.ledgers)
                own = min(share, self._own_way)
                self._write(query, share - own)
                for _ in range(own):
                    self.record(ledger)
                self._reject(ledger)
            self.clock.moment += timedelta(days=1)
            self._prune()
        if self.store.database.postgresql:
            with self.store.database.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")

    def record(self, ledger: QueryLedger, *, finish: bool = True) -> None:
        """An upload by the ledger's own way; timed without what Metrica says of it later."""
        number, now = self._next(), self.clock.now()
        keys = self.keys(number)
        moment = int(now.timestamp())
        rows = Rows(JoinedLines(keys), JoinedLines(_lines(keys, moment)), moment, moment)
        began = time.perf_counter()
        chunk = Chunk(header=HEADER, ready=rows, mark=Mark((now, number)))
        upload = ledger.begin(chunk, f"syncd{number:032x}", now)
        ledger.accept(upload, Receipt(number + 1, "UPLOADED"), now)
        self.times.record.append(time.perf_counter() - began)
        if finish:
            receipt = Receipt(number + 1, "PROCESSED", "", self.rows, self.rows, self.rows // 2, 0, 0)
            ledger.follow(_followed(upload, number + 1, now), UploadState.PROCESSED, receipt, now)

    def _next(self) -> int:
        self._uploads += 1
        return self._uploads - 1

    def _write(self, query: str, count: int) -> None:
        """Uploads as the ledger's own way would have left them."""
        database, now = self.store.database, self.clock.now()
        tables = database.tables
        with database.write() as connection:
            first = (connection.execute(select(func.max(tables.uploads.c.id))).scalar_one() or 0) + 1
            numbers = [self._next() for _ in range(count)]
            for part in _parts(numbers):
                keys = [self.keys(number) for number in part]
                ids = range(first, first + len(part))
                connection.execute(
                    insert(tables.uploads),
                    [self._row(query, *both, now) for both in zip(ids, part, strict=True)],
                )
                moment = int(now.timestamp())
                connection.execute(
                    insert(tables.files),
                    [
                        {"upload_id": one, "keys": "\n".join(names), "lines": packed(_lines(names, moment))}
                        for one, names in zip(ids, keys, strict=True)
                    ],
                )
                codes = codes_of([key for names in keys for key in names])
                order = np.argsort(codes, kind="stable")
                holders = np.repeat(np.array(ids, np.int64), self.rows)
                tier = 3 if len(part) == MERGED else 2
                run = key_index.Run(key_lookup.Indexed(query), tier, codes[order], holders[order])
                key_index._write(database, connection, [run])  # noqa: SLF001 — its own shape
                key_index._merge(database, connection, query)  # noqa: SLF001 — the same
                first = ids[-1] + 1
            if count:
                day = {"query": query, "day": now.date().isoformat(), **asdict(self._links(count))}
                connection.execute(insert(tables.match_days).values(day))
                totals.add(database, connection, query, uploads=count, rows=count * self.rows)
                totals.add_links(database, connection, query, self._links(count))
            if database.postgresql:
                table = f"{database.schema}.uploads"
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {first})"))

    def _row(self, query: str, upload_id: int, number: int, now: datetime) -> dict[str, object]:
        """One upload, finished; one in ten has rows that were too old, or that were left out."""
        return {
            "id": upload_id,
            "tag": f"syncd{number:032x}",
            "query": query,
            "counter": 1,
            "state": UploadState.PROCESSED.value,
            "origin": Origin.QUERY.value,
            "rows": self.rows,
            "header": HEADER,
            "mark": mark_to_text(Mark((now, number))),
            "attempts": 1,
            "created_at": now,
            "sent_at": now,
            "settled_at": now,
            "metrica_id": number + 1,
            "metrica_status": "PROCESSED",
            "source_quantity": self.rows,
            "line_quantity": self.rows,
            "linked": self.rows // 2,
            "user_not_found": 0,
            "goal_not_found": 0,
            "checked_at": now + timedelta(hours=2),
            "detail": "",
            "old_rows": 1 if number % 10 == 0 else None,
            "dropped": 1 if number % 10 == 5 else 0,
        }

    def _links(self, uploads: int) -> Links:
        """What Metrica said of so many uploads."""
        return Links(uploads, uploads * self.rows, uploads * (self.rows // 2))

    def _reject(self, ledger: QueryLedger) -> None:
        """Rows that cannot be sent; nobody does anything about them."""
        rejects = []
        for _ in range(REJECTS):
            self._rejects += 1
            key = key_text([f"bad {self._rejects}"])
            rejects.append(Reject(key, Reason.PRICE_NEGATIVE, "Price", "-1", '{"total":"-1"}'))
        ledger.record(Chunk(header=HEADER, rejects=rejects))

    def _prune(self) -> None:
        """Everything that there is to forget now, step by step as the daemon does."""
        more = True
        while more:
            began = time.perf_counter()
            more = self._pruner.step(self.clock.now())
            if more:
                self.times.prune.append(time.perf_counter() - began)


def _followed(upload: Upload, metrica_id: int, now: datetime) -> Followed:
    return Followed(
        upload.id, upload.query, metrica_id, "UPLOADED", now, None, len(upload.lines), None, upload.origin
    )


def _lines(keys: Sequence[str], moment: int) -> list[str]:
    return [f"{abs(hash(key)) % 10**18},order_paid,{moment},1990.00,RUB" for key in keys]


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    """As many whole runs as there are, then runs of a tier less; what is left is one of that as well."""
    start = 0
    while start < len(numbers):
        left = len(numbers) - start
        size = MERGED if left >= MERGED else min(left, MERGED // key_index.FAN)
        yield numbers[start : start + size]
        start += size
