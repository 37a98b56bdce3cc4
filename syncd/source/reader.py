"""One query on its database: `ports.Source` on any database that SQLAlchemy knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from syncd.language import _
from syncd.mapping import Form
from syncd.model import Mark, Page, TextPage
from syncd.model.clock import SystemClock
from syncd.model.errors import SourceRefused, SourceUnavailable
from syncd.model.keys import value_text
from syncd.model.marks import as_start, since
from syncd.model.settings import QuerySettings
from syncd.source import lookup
from syncd.source.engines import Database, Engines
from syncd.source.exact import is_exact
from syncd.source.lines.reader import TextReader
from syncd.source.plans import plan_text, serves
from syncd.source.result import Cursor, QueryResult, Row
from syncd.source.scan import ROWS, Lines, SqlScan
from syncd.source.sessions import LISTED_LATE
from syncd.source.unseen import unseen_relations

COUNT_SECONDS = 5
"""How long `count` may take; it is only for showing progress."""


class SqlSource:
    """One query on its database (`ports.Source`).

    Making one connects to nothing. Every method raises SourceUnavailable or SourceRefused.
    """

    def __init__(self, query: QuerySettings, engines: Engines) -> None:
        self._query = query
        self._database: Database = engines.database(query.database.name)
        self._result = QueryResult(query, self._database)
        self._texts = TextReader(query, self._database, self._result)
        self._start: Mark | None = None
        self.hides_transactions = False
        """Whether this database could tell who has a transaction open, and refused it to this user."""

    def columns(self) -> tuple[str, ...]:
        """The names of the result's columns that the query uses, as the database gives them."""
        return self._result.shape().columns

    def scan(self, after: Mark | None, *, upto: Mark | None = None, page_rows: int = ROWS) -> SqlScan[Page]:
        """The rows from `after` on, in the mark's order, not beyond `upto` (both included), page by page.

        Args:
            after: None: from the query's `start`.
            upto: None: to the last row.
            page_rows: Rows of a page, at most.
        """
        return SqlScan(self._result, after or self.start(), upto, page_rows)

    def scan_lines(
        self, after: Mark | None, form: Callable[[], Form | None], *, upto: Mark | None, page_rows: int
    ) -> SqlScan[Page | TextPage]:
        """Scan, and have the rows as lines of the upload where the database can write them by the form."""
        self._texts.restart()
        return SqlScan(self._result, after or self.start(), upto, page_rows, Lines(self._texts, form))

    def carried(self, mark: Mark) -> Mark:
        """A recorded mark in the form that its columns have now: their types may have been altered since."""
        return self._result.carried(mark)

    def newest(self, *, upto: Mark | None = None) -> Mark | None:
        """The highest mark there is, or is up to this one; None when there is no row with one."""
        return self._result.newest(upto)

    def latest(self, limit: int) -> Page:
        """Read the last rows in the mark's order, as a scan would give them; at most `limit`."""
        order = len(self._result.shape().cursor)
        fetched = self._result.fetch(lambda keyset: keyset.newest(None, order, min(limit, ROWS)))
        mark = fetched.shape.mark_of(fetched.rows[0], fetched.cursor(0)) if fetched.raw else None
        return Page(fetched.shape.columns, fetched.rows[::-1], mark, exhausted=True)

    def single_precision(self) -> tuple[str, ...]:
        """The result's columns that are floats of single precision, whose digits may be lost."""
        return self._result.shape().single_precision(self._database.family)

    def inexact_columns(self, page: Page) -> tuple[str, ...]:
        """The columns of the mark and key whose values, such as those of a page, a driver may cut."""
        shape, family = self._result.shape(), self._database.family
        return tuple(
            shape.columns[place]
            for place, exact in zip(shape.cursor, shape.exact, strict=True)
            if any(row[place] is not None and not is_exact(family, exact, row[place]) for row in page.rows)
        )

    def unseen_relations(self) -> list[str]:
        """Name what of the query shows rows without a transaction of this database."""
        page, family = self._result.keyset().page(None, None, 1), self._database.family
        return self._result.run(lambda connection: unseen_relations(connection, page, family))

    def newest_marks(self, limit: int) -> list[Mark]:
        """Read the highest marks there are, the highest first; one for each row."""
        size = self._result.shape().mark_size
        found = self._result.fetch(lambda keyset: keyset.newest(None, size, limit))
        return [found.shape.mark_of(row, found.cursor(place)) for place, row in enumerate(found.rows)]

    def start(self) -> Mark | None:
        """The configured `start` in the form of the marks; None: `beginning` or `now`.

        Compared with the newest mark, since some databases compare a text with a number without a word.
        """
        start = self._query.start
        if start in ("beginning", "now"):
            return None
        if self._start is None:
            newest = self.newest()
            if isinstance(start, timedelta):
                self._start = newest and self._before_now(start, newest)
                return self._start
            if newest is None:
                return Mark((start,))  # no row yet: nothing to compare with, and nothing to read
            value, column = newest.values[0], self._query.mark[0]
            if (fitting := as_start(start, value, self._query.timezone)) is None:
                raise SourceRefused(
                    f"query {self._query.name}: "
                    + _(
                        "start: {start!r} is no value for the mark's {column}, which holds "
                        "{kind} such as {value!r}"
                    ).format(
                        start=start, column=column, kind=type(value).__name__, value=value_text(value)[:100]
                    )
                )
            self._start = Mark((fitting,))
        return self._start

    def _before_now(self, span: timedelta, newest: Mark) -> Mark:
        """The mark that stands for the moment this long ago."""
        now = SystemClock().now()
        mark = since(newest, now - span, now, self._query.timezone)
        if mark is None:
            raise SourceRefused(
                f"query {self._query.name}: "
                + _(
                    "start: a duration needs a mark whose first column is a time, but "
                    "{mark} holds {value!r}; write a value of it"
                ).format(mark=self._query.mark[0], value=value_text(newest.values[0])[:100])
            )
        return mark

    def open_transactions(self) -> Mapping[str, str] | None:
        """List the open transactions, identity → words; None where the database cannot tell (`sessions`)."""
        try:
            self.hides_transactions = False
            return self._database.sessions.listed(self._result.run)
        except SourceRefused:  # no privilege, or a relative of the database without these views
            self.hides_transactions = True
            return None

    @property
    def lists_late(self) -> bool:
        """Whether a transaction may take a number some seconds before `open_transactions` tells of it."""
        return self._database.family in LISTED_LATE

    def without_place(self, limit: int) -> Page:
        """Rows with a null in their mark or key, in no order; they have no mark."""
        fetched = self._result.fetch(lambda keyset: keyset.without_place(limit + 1))
        return Page(fetched.shape.columns, fetched.rows[:limit], None, len(fetched.raw) <= limit)

    def by_key(self, keys: Sequence[Sequence[str]]) -> list[Page]:
        """The rows of each of these keys, given as the texts of `keys.value_text`, in order; see `lookup`."""
        shape = self._result.shape()
        names = [shape.columns[place] for place in shape.key]
        sample = self._result.fetch(lambda keyset: keyset.filled(names)).rows if keys else []
        found: list[list[Row]] = [[] for _ in keys]
        if sample:
            kinds = [type(sample[0][place]) for place in shape.key]
            for start in range(0, len(keys), lookup.AT_ONCE):
                part = keys[start : start + lookup.AT_ONCE]
                condition = lookup.condition(names, part, kinds, loose=self._database.loose)
                for row in self._result.fetch(lambda keyset: keyset.ordered([condition])).rows:  # noqa: B023 — called at once
                    values = [row[place] for place in shape.key]
                    for number, key in enumerate(part, start):
                        if lookup.is_row(key, values, kinds):
                            found[number].append(row)
        return [Page(shape.columns, rows, None, exhausted=True) for rows in found]

    def count(self, after: Mark | None, *, upto: Mark | None = None) -> int | None:
        """How many rows are still to be read from `after` on; None if counting takes over 5 seconds."""
        statement = self._result.keyset().count(self._lower(after), self._result.bound(upto))
        limit = min(timedelta(seconds=COUNT_SECONDS), self._query.database.statement_timeout)
        try:
            return self._result.run(
                lambda connection: int(connection.execute(statement).scalar_one()), timeout=limit
            )
        except SourceUnavailable:
            return None

    def explain(self, after: Mark | None) -> str | None:
        """The database's plan for reading from `after`, as text; None where EXPLAIN is not known."""
        return self._plan(after, forced=False)

    def index_hint(self, after: Mark | None) -> bool | None:
        """Whether an index seems to lead to `after`, rather than a full scan and sort; None if unclear.

        On PostgreSQL small tables count too: the question is put with full scans discouraged.
        """
        plan = self._plan(after, forced=True)
        return None if plan is None else serves(self._database.family, plan)

    def _lower(self, after: Mark | None) -> Cursor | None:
        return self._result.bound(after or self.start())

    def _plan(self, after: Mark | None, *, forced: bool) -> str | None:
        page = self._result.keyset().page(self._lower(after), None, 1000)
        return self._result.run(lambda connection: plan_text(connection, page, forced=forced))
