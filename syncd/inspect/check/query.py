"""A query on its database: columns, a sample of values, the index behind the mark, what is to come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Protocol

from syncd.inspect.check import sample
from syncd.inspect.check.findings import CLOCK, Finding, Level, failed
from syncd.inspect.check.sample import SampleMoment
from syncd.mapping import layout
from syncd.model import Chunk, Mark, Page, Position
from syncd.model.clock import Clock
from syncd.model.errors import StateError, SyncdError
from syncd.model.settings import QuerySettings
from syncd.pipeline.chunking.intake import Intake, NothingKnown
from syncd.pipeline.ports import Source
from syncd.pipeline.reading.reading import HIDDEN

SAMPLE_ROWS = 200
"""Rows read from each query to see whether its values can be sent."""
MANY_ROWS = 100_000
"""A first run of more is worth a question: are the old ones wanted?"""


class Explainer(Source, Protocol):
    """A source that can also say how its page query would be carried out."""

    def index_hint(self, after: Mark | None) -> bool | None:
        """Whether the page query seeks by an index; None when that cannot be told."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen in a query's sample that is held against its counter."""

    targets: set[str] = field(default_factory=set)
    moment: SampleMoment | None = None


def look_at_query(
    query: QuerySettings,
    opened: Callable[[QuerySettings], Explainer],
    clock: Clock,
    stands: Callable[[], Position | None],
) -> tuple[list[Finding], Seen]:
    """Columns, a sample of values, the index behind the mark; and what was seen for the counter.

    Args:
        query: The query.
        opened: Gives its source; raises SourceError where its SQL is none that can be read.
        clock: The time.
        stands: Tells how far it was read, None when it never ran; may raise StateError.
    """
    where = f"query {query.name}"
    try:
        source = opened(query)
        columns = source.columns()
        plan = layout(query, columns)
        page = source.read(None, SAMPLE_ROWS)
        findings = [Finding(Level.OK, where, f"columns: {sample.described(plan, page)}")]
        moment = sample.sample_moment(plan, page, query.timezone)
        findings += _look_at_zone(query, moment)
        findings += _look_at_sample(query, page, clock.now())
        findings += _look_at_marks(where, query, page, plan.mark[0])
        findings += _look_at_index(source, where, query, page.mark)
        findings += _look_at_transactions(source, where, query)
        with suppress(StateError):  # look_at_state has told of it
            findings += _look_at_backlog(source, where, query, stands())
    except SyncdError as error:
        return [failed(where, error)], Seen()
    return findings, Seen(sample.targets(plan, page), moment)


def _look_at_zone(query: QuerySettings, found: SampleMoment | None) -> Iterator[Finding]:
    if found is not None:
        read = f" carries no zone: read as {query.timezone}, that" if found.zoneless else ""
        message = f"DateTime {found.value}{read} is {found.moment:{CLOCK}} UTC"
        yield Finding(Level.OK, f"query {query.name}", message)


def _look_at_sample(query: QuerySettings, page: Page, now: datetime) -> Iterator[Finding]:
    where = f"query {query.name}"
    if not page.rows:
        yield Finding(Level.WARNING, where, "no rows yet: their values could not be looked at")
        return
    chunk, intake = Chunk(), Intake(query, NothingKnown())
    intake.add(chunk, page, now)
    yield Finding(
        Level.OK,
        where,
        f"sample of {len(page.rows)} rows: {len(chunk.ready)} can be sent, {len(chunk.waiting)} would wait, "
        f"{len(chunk.rejects)} would be rejected",
    )
    kinds = Counter((reject.reason, reject.column) for reject in chunk.rejects)
    for (reason, column), rows in kinds.most_common():
        first = next(reject for reject in chunk.rejects if (reject.reason, reject.column) == (reason, column))
        yield Finding(
            Level.WARNING,
            where,
            f"{rows} of them rejected: {reason} in {column or 'the row'}, such as {first.value!r} "
            f"(key {first.key})",
            f"`syncd preview {query.name}` shows them; docs/configuration.md has the rule.",
        )
    shared = sample.shared_keys(intake.keys(page, now))
    if shared:
        yield Finding(
            Level.WARNING,
            where,
            f"{shared} of them have the key ({', '.join(query.key)}) of another row, and would not be sent",
            "Name under key: the columns that make a row unlike all others.",
        )


def _look_at_marks(where: str, query: QuerySettings, page: Page, place: int) -> Iterator[Finding]:
    """Marks that are cut to days by their values alone: the rows of a day come in any order."""
    cut = sample.coarse_marks(page, place, query.timezone)
    if cut is not None and query.overlap == "auto":
        what, such = cut
        overlap = "1d" if what == "days" else "2m"
        yield Finding(
            Level.WARNING,
            where,
            f"the mark's {query.mark[0]} holds whole {what}, such as {such!r}: a row that comes later and has"
            " the mark of one that was read may be missed",
            f"Take the moment of the change as the mark, or set `overlap: {overlap}` (docs/databases.md).",
        )


def _look_at_transactions(source: Source, where: str, query: QuerySettings) -> Iterator[Finding]:
    """Rows committed late are found by whoever has a transaction open, if the database tells."""
    if query.overlap == "auto" and source.open_transactions() is None and source.hides_transactions:
        yield Finding(
            Level.WARNING,
            where,
            "the database hides open transactions from this user: rows committed late may be missed",
            HIDDEN,
        )


def _look_at_index(
    source: Explainer, where: str, query: QuerySettings, after: Mark | None
) -> Iterator[Finding]:
    seeks = source.index_hint(after)
    mark = ", ".join(query.mark)
    if seeks is None:
        yield Finding(Level.OK, where, "the plan of the query could not be judged")
    elif seeks:
        yield Finding(Level.OK, where, f"an index leads to the mark ({mark})")
    else:
        yield Finding(
            Level.WARNING,
            where,
            f"no index leads to the mark ({mark}): every poll reads the whole table",
            f"Make an index on ({mark}) of the table behind the query.",
        )


def _look_at_backlog(
    source: Explainer, where: str, query: QuerySettings, position: Position | None
) -> Iterator[Finding]:
    """How many rows are to come; a first run of very many is asked about."""
    if position is None and query.start == "now":
        yield Finding(Level.OK, where, "it never ran; start: now passes over the rows that are there")
        return
    rows = source.count(position.mark if position else None)
    uploads = "" if rows is None else f", at most {ceil(rows / query.chunk_rows):,} upload request(s)"
    many = (
        "more rows than can be counted in a moment"
        if rows is None
        else f"{rows:,} {'row' if rows == 1 else 'rows'}"
    )
    if position is not None:
        yield Finding(Level.OK, where, f"it has run before; {many} from its mark on")
    elif rows is not None and rows <= MANY_ROWS:
        words = f"it never ran; the first run reads {many} (start: {query.start}){uploads}"
        yield Finding(Level.OK, where, words)
    else:
        yield Finding(
            Level.WARNING,
            where,
            f"it never ran; the first run reads {many} (start: {query.start}){uploads}",
            f"If the old ones are not wanted, set start: to now or to a value of {query.mark[0]}; "
            "Metrica links only to visits of the last 21 days.",
        )
