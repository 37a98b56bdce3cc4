"""What the rows of a sample show: whether they can be sent, are like others, and hold their money exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from syncd.inspect.check import sample
from syncd.inspect.check.findings import CheckFinding, Code, Level
from syncd.inspect.check.moments import look_at_days
from syncd.inspect.check.query_sample import QuerySample
from syncd.language import _
from syncd.mapping import kind_of
from syncd.model import Chunk, Column
from syncd.model.settings import Constant
from syncd.pipeline.chunking.intake import Intake, NothingKnown


def look_at_sample(seen: QuerySample) -> Iterator[CheckFinding]:
    """Whether the rows of the sample can be sent, and why not."""
    query, page, where = seen.query, seen.page, seen.where
    if not page.rows:
        message = _("no rows yet: their values could not be looked at")
        yield CheckFinding(Level.WARNING, where, message, "", Code.QUERY_EMPTY, seen.path("sql"))
        return
    chunk, intake = Chunk(), Intake(query, NothingKnown())
    intake.add(chunk, page, seen.now)
    yield CheckFinding(
        Level.OK,
        where,
        _(
            "sample of {rows} rows: {ready} can be sent, {waiting} would wait, {rejects} would be rejected"
        ).format(
            rows=len(page.rows),
            ready=len(chunk.ready),
            waiting=len(chunk.waiting),
            rejects=len(chunk.rejects),
        ),
    )
    is_all = not chunk.ready and not chunk.waiting and bool(chunk.rejects)
    if is_all:
        yield CheckFinding(
            Level.ERROR,
            where,
            _(
                "every row of the sample would be rejected ({rejects} of {rows}): nothing would be sent"
            ).format(rejects=len(chunk.rejects), rows=len(page.rows)),
            _("Correct what is named below; `syncd preview {query}` shows the rows.").format(
                query=query.name
            ),
            Code.ALL_REJECTED,
            seen.path("columns"),
        )
    kinds = Counter((reject.reason, reject.column) for reject in chunk.rejects)
    for (reason, column), rows in kinds.most_common():
        first = next(reject for reject in chunk.rejects if (reject.reason, reject.column) == (reason, column))
        yield CheckFinding(
            Level.ERROR if is_all else Level.WARNING,
            where,
            _("{rows} of them rejected: {reason} in {column}, such as {value!r} (key {key})").format(
                rows=rows, reason=reason, column=column or _("the row"), value=first.value, key=first.key
            ),
            _("`syncd preview {query}` shows them; docs/configuration.md has the rule.").format(
                query=query.name
            ),
            Code.REJECTED,
            seen.path("columns", *([column] if column else [])),
        )
    yield from _look_at_likeness(seen, chunk, intake)


def _look_at_likeness(seen: QuerySample, chunk: Chunk, intake: Intake) -> Iterator[CheckFinding]:
    """Rows that syncd takes for the same row, and sales that Metrica takes for the same sale."""
    query = seen.query
    if shared := sample.shared_keys(intake.keys(seen.page, seen.now)):
        yield CheckFinding(
            Level.WARNING,
            seen.where,
            _("{shared} of them have the key ({key}) of another row, and would not be sent").format(
                shared=shared, key=", ".join(query.key)
            ),
            _("Name under key: the columns that make a row unlike all others."),
            Code.SAME_KEY,
            seen.path("key"),
        )
    is_judged = kind_of(query).merges_equal_sales and not query.spread
    if is_judged and (same := sample.same_sales(chunk)):
        yield CheckFinding(
            Level.WARNING,
            seen.where,
            _(
                "{rows} of them have the id, Target and DateTime of a row with another key, such "
                "as {key} of {other}: Metrica takes the two for one sale, and keeps the money of "
                "one"
            ).format(rows=same.rows, key=same.key, other=same.other),
            _(
                "Give a DateTime with seconds that differ, or set `spread: true`, which takes the "
                "next free second."
            ),
            Code.SAME_SALE,
            seen.path("columns", "DateTime"),
        )


def look_at_money(seen: QuerySample) -> Iterator[CheckFinding]:
    """Money that the database's driver gives rounded to six or seven digits."""
    rounded = seen.source.single_precision()
    for written in seen.plan.written:
        if written.column is not Column.PRICE or isinstance(written.source, Constant):
            continue
        name = seen.plan.columns[written.source]
        if name not in rounded:
            continue
        yield CheckFinding(
            Level.ERROR,
            seen.where,
            _(
                "Price ← {name} is a float of single precision: from the seventh digit on its "
                "money is not exact, and may be sent rounded (1234567.5 as 1234570)"
            ).format(name=name),
            _(
                "Write CAST({name} AS DECIMAL(14, 2)) AS {name} in the sql; better, make the "
                "column a decimal."
            ).format(name=name),
            Code.MONEY_ROUNDED,
            seen.path("columns", "Price"),
        )


def look_at_day(seen: QuerySample) -> Iterator[CheckFinding]:
    """Whether the DateTime is a day without a time."""
    if (column := sample.datetime_column(seen.plan)) is not None:
        yield from look_at_days(seen.query, sample.moments(seen.plan, seen.page), column)
