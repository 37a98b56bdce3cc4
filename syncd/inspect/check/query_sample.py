"""Some rows of a query with what is known of it: what the looks at a query go by."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from syncd.inspect.check.moments import MomentsSeen
from syncd.inspect.check.sample import SampleMoment
from syncd.mapping import Layout
from syncd.model import Mark, Page
from syncd.model.settings import QuerySettings
from syncd.pipeline.ports import Source

SAMPLE_ROWS = 200
"""Rows read from each end of a query to see whether its values can be sent."""


class PlanSource(Source, Protocol):
    """A source that can also say how its page query would be carried out."""

    def index_hint(self, after: Mark | None) -> bool | None:
        """Whether the page query seeks by an index; None when that cannot be told."""
        ...

    def latest(self, limit: int) -> Page:
        """Read the last rows in the mark's order."""
        ...

    def single_precision(self) -> tuple[str, ...]:
        """The result's columns that are floats of single precision."""
        ...

    def inexact_columns(self, page: Page) -> tuple[str, ...]:
        """Name the columns of the mark and key whose values, such as those of a page, a driver may cut."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """Facts of a query's sample that are compared with its counter."""

    targets: set[str] = field(default_factory=set)
    moment: SampleMoment | None = None
    is_constant: bool = False
    """The Target is the same in every row."""
    moments: MomentsSeen = field(default_factory=MomentsSeen)


@dataclass(frozen=True, slots=True)
class QuerySample:
    """A query with some of its rows."""

    query: QuerySettings
    source: PlanSource
    plan: Layout
    page: Page
    """The first rows and the last ones, in the mark's order."""
    now: datetime

    @property
    def where(self) -> str:
        """What findings begin with."""
        return f"query {self.query.name}"

    def path(self, *keys: str) -> tuple[str, ...]:
        """A key of the query in the file."""
        return ("queries", self.query.name, *keys)

    def values(self, place: int) -> list[object]:
        """The values of a column, without nulls."""
        return [row[place] for row in self.page.rows if row[place] is not None]


def read_both_ends(source: PlanSource) -> Page:
    """Read the first rows and the last ones: what is wrong now may not have been at first."""
    page = next(source.scan(None, page_rows=SAMPLE_ROWS))
    if page.exhausted or not page.rows:
        return page
    latest = [row for row in source.latest(SAMPLE_ROWS).rows if row not in page.rows]
    return Page(page.columns, [*page.rows, *latest], page.mark, exhausted=False)
