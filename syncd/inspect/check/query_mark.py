"""What a sample shows of the mark: whether it grows, stands in every row, and is led to by an index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from syncd.inspect.check import marks, sample
from syncd.inspect.check.findings import CheckFinding, Code, Level, failed
from syncd.inspect.check.query_sample import QuerySample
from syncd.language import _, ngettext, number
from syncd.model.errors import SourceError

NULL_ROWS = 1000
"""Rows without a mark that are counted; more are told as so many and more."""


def look_at_marks(seen: QuerySample) -> Iterator[CheckFinding]:
    """Whether the mark's first column grows as time goes on, by its values."""
    query, place = seen.query, seen.plan.mark[0]
    values, name, path = seen.values(place), query.mark[0], seen.path("mark")
    texts = [value for value in values if isinstance(value, str)]
    disorder = marks.text_disorder(texts, name) if len(texts) == len(values) else None
    if disorder is not None:
        yield CheckFinding(Level.ERROR, seen.where, *disorder, Code.MARK_TEXT_ORDER, path)
        return
    rows = [row for row in seen.page.rows if row[place] is not None]
    moments = sample.moments_in_order(seen.plan, replace(seen.page, rows=rows), query.timezone)
    if why := marks.why_random(values, moments):
        yield CheckFinding(
            Level.WARNING,
            seen.where,
            _(
                "the mark's {name} {why}: such a mark does not grow, and a later row that sorts "
                "before the mark is never read"
            ).format(name=name, why=why),
            _(
                "Name as the mark a column that grows: the moment of the last change, or a growing "
                "id (UUIDv7 and ULID grow too)."
            ),
            Code.MARK_RANDOM,
            path,
        )
    if any(map(marks.is_naive, values)) and marks.clocks_change(query.timezone, seen.now):
        yield CheckFinding(
            Level.WARNING,
            seen.where,
            _(
                "the mark's {name} carries no zone, and the clocks of {timezone} are put back in "
                "autumn: the hour before that comes twice, and its times do not tell which is later"
            ).format(name=name, timezone=query.timezone),
            _(
                "Name as the mark a column with a zone (timestamptz), one in UTC, or a growing id "
                "beside {name}."
            ).format(name=name),
            Code.MARK_CLOCKS_CHANGE,
            path,
        )
    cut = sample.coarse_marks(seen.page, place, query.timezone)
    if cut is not None and query.overlap == "auto":
        is_days, such = cut
        overlap = "1d" if is_days else "2m"
        yield CheckFinding(
            Level.WARNING,
            seen.where,
            _(
                "the mark's {name} holds whole {what}, such as {such!r}: a row that comes later "
                "and has the mark of one that was read may be missed"
            ).format(name=name, what=_("days") if is_days else _("minutes"), such=such),
            _(
                "Take the moment of the change as the mark, or set `overlap: {overlap}` (docs/databases.md)."
            ).format(overlap=overlap),
            Code.MARK_COARSE,
            path,
        )
    if ahead := [value for value in values if _is_ahead(value, seen)]:
        yield CheckFinding(
            Level.WARNING,
            seen.where,
            _(
                "the mark's {name} lies in the future in {ahead} of {values} rows, such as "
                "{example!r}: such rows are sent, and do not take the mark along"
            ).format(name=name, ahead=len(ahead), values=len(values), example=str(ahead[-1])),
            _("Correct these values, or the timezone by which they are read."),
            Code.MARK_AHEAD,
            path,
        )


def _is_ahead(value: object, seen: QuerySample) -> bool:
    moment = marks.moment_of(value, seen.query.timezone)
    return moment is not None and (moment - seen.now).days >= 1


def look_at_exactness(seen: QuerySample) -> Iterator[CheckFinding]:
    """Columns that order the rows, of types that syncd cannot read and give back exactly."""
    if found := seen.source.inexact_columns(seen.page):
        yield CheckFinding(
            Level.WARNING,
            seen.where,
            _(
                "{found} of the mark or key is of a type whose exact text syncd does not know on "
                "this database: where the driver cuts digits or a zone, rows are passed over"
            ).format(found=", ".join(found)),
            _(
                "Cast it in the sql to a whole number, or to a text of one length that sorts as "
                "its values do (docs/databases.md)."
            ),
            Code.MARK_INEXACT,
            seen.path("mark"),
        )


def look_at_nulls(seen: QuerySample) -> Iterator[CheckFinding]:
    """Rows that have no place in the order."""
    rows = seen.source.without_place(NULL_ROWS).rows
    if not rows:
        return
    count = len(rows)
    words = ngettext(
        "{count} row has null in the mark or key ({columns}): rejected, not sent",
        "{count} rows have null in the mark or key ({columns}): rejected, not sent",
        count,
    )
    if count == NULL_ROWS:
        words = _("{count} or more rows have null in the mark or key ({columns}): rejected, not sent")
    columns = dict.fromkeys((*seen.query.mark, *seen.query.key))
    yield CheckFinding(
        Level.WARNING,
        seen.where,
        words.format(count=number(count), columns=", ".join(columns)),
        _("Leave such rows out in the sql (WHERE … IS NOT NULL), or name columns that are never null."),
        Code.MARK_NULL,
        seen.path("mark"),
    )


def look_at_index(seen: QuerySample) -> Iterator[CheckFinding]:
    """Whether an index leads to the mark; EXPLAIN that is refused is a finding of its own."""
    mark, path = ", ".join(seen.query.mark), seen.path("mark")
    try:
        seeks = seen.source.index_hint(seen.page.mark)
    except SourceError as error:
        found = failed(seen.where, error)
        yield CheckFinding(
            Level.WARNING,
            seen.where,
            _("whether an index leads to the mark ({mark}) could not be looked at: {message}").format(
                mark=mark, message=found.message
            ),
            _(
                "Let this account EXPLAIN the query (for a view of MariaDB: GRANT SHOW VIEW), or "
                "look at the plan yourself; nothing else depends on it."
            ),
            Code.PLAN_UNKNOWN,
            path,
        )
        return
    if seeks is None:
        message = _("whether an index leads to the mark ({mark}) does not show in the plan").format(mark=mark)
        yield CheckFinding(Level.NOTE, seen.where, message, "", Code.PLAN_UNKNOWN, path)
    elif seeks:
        yield CheckFinding(Level.OK, seen.where, _("an index leads to the mark ({mark})").format(mark=mark))
    else:
        yield CheckFinding(
            Level.WARNING,
            seen.where,
            _("no index leads to the mark ({mark}): every poll reads the whole table").format(mark=mark),
            _("Make an index on ({mark}) of the table behind the query.").format(mark=mark),
            Code.INDEX_MISSING,
            path,
        )
