"""A query on its database: columns, a sample of values, the index behind the mark, what is to come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from math import ceil
from shlex import quote

from syncd.inspect.check import sample
from syncd.inspect.check.findings import CLOCK, CheckFinding, Code, Level, failed
from syncd.inspect.check.query_kind import look_at_kind
from syncd.inspect.check.query_mark import look_at_exactness, look_at_index, look_at_marks, look_at_nulls
from syncd.inspect.check.query_rows import look_at_day, look_at_money, look_at_sample
from syncd.inspect.check.query_sample import PlanSource, QuerySample, Seen, read_both_ends
from syncd.inspect.check.sample import SampleMoment
from syncd.language import _, counted
from syncd.mapping import Layout, layout
from syncd.model import Column, Mark, Position
from syncd.model.clock import Clock
from syncd.model.errors import RowsCutOff, SourceError, StateError, SyncdError
from syncd.model.keys import value_text
from syncd.model.kinds import WINDOWS
from syncd.model.settings import Constant, QuerySettings
from syncd.pipeline.reading.transactions import HIDDEN
from syncd.pipeline.reading.went_back import is_behind

MANY_ROWS = 100_000
"""A first run of more is worth a question: are the old ones wanted?"""


def look_at_query(
    query: QuerySettings,
    opened: Callable[[QuerySettings], PlanSource],
    clock: Clock,
    stands: Callable[[], Position | None],
) -> tuple[list[CheckFinding], Seen]:
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
        plan = layout(query, source.columns())
        page = read_both_ends(source)
    except SyncdError as error:
        code = Code.QUERY_LIMIT if isinstance(error, RowsCutOff) else Code.QUERY
        keys, at = (error.key_path, error.place) if isinstance(error, SourceError) else (("sql",), None)
        found = failed(where, error, code, ("queries", query.name, *keys), query.name)
        return [replace(found, at=at)], Seen()
    seen = QuerySample(query, source, plan, page, clock.now())
    findings = [
        CheckFinding(Level.OK, where, _("columns: {columns}").format(columns=sample.described(plan, page)))
    ]
    moment = sample.sample_moment(plan, page, query.timezone)
    findings += _look_at_zone(query, moment)
    for look in (
        look_at_sample,
        look_at_kind,
        look_at_money,
        look_at_day,
        look_at_marks,
        look_at_exactness,
        look_at_nulls,
        look_at_index,
        _look_at_transactions,
        _look_at_relations,
        partial(_look_at_backlog, stands=stands),
    ):
        findings += _kept_apart(look, seen)
    return findings, Seen(sample.targets(plan, page), moment, _is_constant(plan), sample.moments(plan, page))


def _kept_apart(
    look: Callable[[QuerySample], Iterable[CheckFinding]], seen: QuerySample
) -> list[CheckFinding]:
    """One look's findings; what keeps it from looking is a warning, and the other looks go on."""
    try:
        with suppress(StateError):  # look_at_state has told of it
            return list(look(seen))
    except SyncdError as error:
        found = failed(seen.where, error, Code.NOT_LOOKED_AT, seen.path(), seen.query.name)
        return [
            replace(
                found,
                level=Level.WARNING,
                message=_("not all could be looked at: {message}").format(message=found.message),
            )
        ]
    return []


def _is_constant(plan: Layout) -> bool:
    return any(one.column is Column.TARGET and isinstance(one.source, Constant) for one in plan.written)


def _look_at_zone(query: QuerySettings, found: SampleMoment | None) -> Iterator[CheckFinding]:
    if found is not None:
        words = _("DateTime {value} is {moment} UTC")
        if found.zoneless:
            words = _("DateTime {value} carries no zone: read as {timezone}, that is {moment} UTC")
        moment = f"{found.moment:{CLOCK}}"
        message = words.format(value=found.value, timezone=query.timezone, moment=moment)
        yield CheckFinding(Level.OK, f"query {query.name}", message)


def _look_at_transactions(seen: QuerySample) -> Iterator[CheckFinding]:
    """Rows committed late are found by whoever has a transaction open, if the database tells."""
    source = seen.source
    if seen.query.overlap == "auto" and source.open_transactions() is None and source.hides_transactions:
        yield CheckFinding(
            Level.WARNING,
            seen.where,
            _("the database hides open transactions from this user: rows committed late may be missed"),
            _(HIDDEN),
            Code.LATE_HIDDEN,
            seen.path("overlap"),
        )


def _look_at_relations(seen: QuerySample) -> Iterator[CheckFinding]:
    """Relations whose rows appear late without any transaction here, so that `overlap: auto` sees nothing."""
    if seen.query.overlap != "auto":
        return
    if unseen := seen.source.unseen_relations():
        yield CheckFinding(
            Level.WARNING,
            seen.where,
            _(
                "the query reads the {unseen}: rows appear there later than their transactions "
                "show, and `overlap: auto` may miss those with older marks"
            ).format(unseen=_(" and the ").join(unseen)),
            _(
                "Set `overlap` to a duration that is longer than the longest transaction of its "
                "source and the pause between two refreshes together, such as `overlap: 1h`."
            ),
            Code.LATE_UNSEEN,
            seen.path("overlap"),
        )


def _look_at_backlog(seen: QuerySample, *, stands: Callable[[], Position | None]) -> Iterator[CheckFinding]:
    """How many rows are to come; a first run of very many is asked about."""
    query, where, position = seen.query, seen.where, stands()
    if position is None and query.start == "now":
        yield CheckFinding(Level.OK, where, _("it never ran; start: now passes over the rows that are there"))
        return
    rows = seen.source.count(position.mark if position else None)
    many = _("more rows than can be counted in a moment")
    if rows is not None:
        many = counted(rows, "{count} row", "{count} rows")
    if position is not None:
        yield CheckFinding(Level.OK, where, _("it has run before; {many} from its mark on").format(many=many))
        yield from _look_at_past(seen, position.mark)
        return
    words = _("it never ran; the first run reads {many} (start: {start})").format(
        many=many, start=query.start
    )
    if rows is not None:
        requests = ceil(rows / query.chunk_rows)
        words += counted(requests, ", at most {count} upload request", ", at most {count} upload requests")
    window = _("Metrica links only to visits of the last {days} days").format(days=WINDOWS[query.kind].days)
    if rows is not None and rows <= MANY_ROWS:
        yield CheckFinding(Level.OK, where, f"{words}; {window}")
    else:
        yield CheckFinding(
            Level.WARNING,
            where,
            words,
            _("If the old ones are not wanted, set start: to now or to a value of {mark}; {window}.").format(
                mark=query.mark[0], window=window
            ),
            Code.FIRST_RUN_LARGE,
            seen.path("start"),
        )


def _look_at_past(seen: QuerySample, mark: Mark | None) -> Iterator[CheckFinding]:
    """Whether the source stands behind the mark: it may have been put back to an older state."""
    reached = None if mark is None else seen.source.carried(mark)
    newest = seen.source.newest()
    if reached is None or newest is None or not is_behind(newest, reached):
        return
    values = " ".join(quote(str(value_text(value))) for value in newest.values)
    yield CheckFinding(
        Level.WARNING,
        seen.where,
        _(
            "the newest row of the source ({values}) stands behind the mark: was the source "
            "restored from a backup, or were its newest rows deleted? Rows that come behind "
            "the mark are not read"
        ).format(values=values),
        _(
            "If it was restored: `syncd rewind {query} --to {values} --dry-run` says what "
            "moving the mark back would do. If rows were only deleted, do nothing."
        ).format(query=seen.query.name, values=values),
        Code.SOURCE_WENT_BACK,
        seen.path("mark"),
    )
