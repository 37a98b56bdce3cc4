"""What a sample shows to the kind of the query: words it does not know, rows that come too late."""

from __future__ import annotations

from collections.abc import Iterator

from syncd.inspect.check.findings import CheckFinding, Code, Level
from syncd.inspect.check.query_sample import QuerySample
from syncd.mapping import kind_of
from syncd.model.settings import Constant


def look_at_kind(seen: QuerySample) -> Iterator[CheckFinding]:
    """What the kind has to say of the sample."""
    rows = [
        {
            one.column: one.source.value if isinstance(one.source, Constant) else row[one.source]
            for one in seen.plan.written
        }
        for row in seen.page.rows
    ]
    for remark in kind_of(seen.query).remarks(seen.query, rows, seen.now):
        if remark.is_fine:
            yield CheckFinding(Level.OK, seen.where, remark.message)
        else:
            yield CheckFinding(
                Level.WARNING, seen.where, remark.message, remark.action, Code.KIND, seen.path(*remark.path)
            )
