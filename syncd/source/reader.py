"""One query, page by page: `ports.Source` on any database that SQLAlchemy knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from threading import RLock

from sqlalchemy import Connection, Select

from syncd.mapping import Form
from syncd.model import Mark, Page, TextPage
from syncd.model.clock import SystemClock
from syncd.model.errors import SourceError, SourceRefused, SourceUnavailable
from syncd.model.keys import value_text
from syncd.model.marks import as_start, since
from syncd.model.settings import QuerySettings
from syncd.source import lookup
from syncd.source.edge import Edge, Row, first_edge
from syncd.source.engines import Database, Engines
from syncd.source.keyset import TIE, Keyset
from syncd.source.lines.reader import TextReader
from syncd.source.plans import plan_text, serves
from syncd.source.rights import unseen_relations
from syncd.source.sessions import LISTED_LATE
from syncd.source.shape import Shape, shape_of
from syncd.source.wanted import located, statement_of

ROWS = 10_000
"""Rows of a page that are read as values: what bounds the memory, however long the chunk."""
COUNT_SECONDS = 5
"""How long `count` may take; it is only for showing progress."""


class SqlSource:
    """One query on its database (`ports.Source`). Reads one page at a time, whichever thread asks.

    Making one connects to nothing. Every method raises SourceUnavailable or SourceRefused.
    """

    def __init__(self, query: QuerySettings, engines: Engines) -> None:
        self._query = query
        self._where = f"query {query.name}: database {query.database.name}"
        self._database: Database = engines.database(query.database.name)
        self._keyset = Keyset(statement_of(query, self._database.family), self._database.row_values)
        self._shape: Shape | None = None
        self._edge: Edge | None = None
        self._is_looked_at = False
        self._reading = RLock()
        self._texts = TextReader(query, self._database, self._keyset)
        self._start: Mark | None = None
        self.hides_transactions = False
        """Whether this database could tell who has a transaction open, and refused it to this user."""

    def columns(self) -> tuple[str, ...]:
        """The names of the result's columns, as the database gives them."""
        return self._described().columns

    def read(self, after: Mark | None, limit: int, *, upto: Mark | None = None) -> Page:
        """At most `limit` rows from `after` on, in the mark's order, not beyond `upto`.

        Going on from the page before (`after` is its mark) continues exactly behind its last row; any
        other `after` begins a new run there. Never an empty page unless it is exhausted.
        """
        with self._reading:
            shape, limit = self._described(), min(limit, ROWS)
            if self._edge is None or self._edge.mark != after:
                return self._first_page(shape, self._lower(after), limit, upto)
            return self._next_page(shape, self._edge, limit, upto)

    def read_lines(
        self, after: Mark | None, limit: int, form: Form | None, *, upto: Mark | None = None
    ) -> Page | TextPage:
        """The same, and the rows as lines of the upload where the database can write them by the form."""
        with self._reading:
            shape = self._described()
            # The form goes by the columns' types, at which somebody has to have looked in this run.
            if form is not None and self._is_looked_at and form.columns == shape.columns:
                edge = self._edge if self._edge is not None and self._edge.mark == after else None
                lower = edge.cursor if edge else self._lower(after)
                found = self._texts.read(form, shape, lower, edge, limit, upto)
                if found is not None:
                    page, self._edge = found
                    return page
            return self.read(after, limit, upto=upto)

    def restart(self) -> None:
        """Forget what was given out: the next `read` begins a new run."""
        with self._reading:
            self._edge, self._is_looked_at = None, False
            self._texts.restart()

    def newest(self, *, upto: Mark | None = None) -> Mark | None:
        """The highest mark there is, or is up to this one; None when there is no row with one."""
        shape = self._described()
        rows = self._rows(self._keyset.newest(shape.mark_columns, None if upto is None else upto.values))
        return shape.mark_of(rows[0]) if rows else None

    def latest(self, limit: int) -> Page:
        """Read the last rows in the mark's order, as `read` would give them; at most `limit`."""
        shape = self._described()
        rows = self._rows(self._keyset.newest(shape.cursor_columns, None, min(limit, ROWS)))[::-1]
        return Page(shape.columns, rows, shape.mark_of(rows[-1]) if rows else None, exhausted=True)

    def single_precision(self) -> tuple[str, ...]:
        """The result's columns that are floats of single precision, whose digits may be lost."""
        return self._described().single_precision(self._database.family)

    def unseen_relations(self) -> list[str]:
        """Name what of the query shows rows without a transaction of this database."""
        page = self._keyset.page(self._described().cursor_columns, None, None, 1)
        family = self._database.family
        return self._database.run(self._where, lambda connection: unseen_relations(connection, page, family))

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
                    f"query {self._query.name}: start: {start!r} is no value for the mark's {column},"
                    f" which holds {type(value).__name__} such as {value_text(value)[:100]!r}"
                )
            self._start = Mark((fitting,))
        return self._start

    def _before_now(self, span: timedelta, newest: Mark) -> Mark:
        """The mark that stands for the moment this long ago."""
        now = SystemClock().now()
        mark = since(newest, now - span, now, self._query.timezone)
        if mark is None:
            raise SourceRefused(
                f"query {self._query.name}: start: a duration needs a mark whose first column is a time, but"
                f" {self._query.mark[0]} holds {value_text(newest.values[0])[:100]!r}; write a value of it"
            )
        return mark

    def open_transactions(self) -> Mapping[str, str] | None:
        """Who has a transaction open, identity → words; None where that cannot be known (`sessions`)."""
        try:
            self.hides_transactions = False
            sessions = self._database.sessions
            return sessions.listed(lambda asked: self._database.run(self._where, asked))
        except SourceRefused:  # no privilege, or a relative of the database without these views
            self.hides_transactions = True
            return None

    @property
    def lists_late(self) -> bool:
        """Whether a transaction may take a number some seconds before `open_transactions` tells of it."""
        return self._database.family in LISTED_LATE

    def without_place(self, limit: int) -> Page:
        """Rows with a null in their mark or key, in no order; they have no mark."""
        shape = self._described()
        rows = self._rows(self._keyset.without_place(shape.cursor_columns, limit + 1))
        return Page(self._described().columns, rows[:limit], None, len(rows) <= limit)

    def by_key(self, keys: Sequence[Sequence[str]]) -> list[Page]:
        """The rows of each of these keys, given as the texts of `keys.value_text`, in order; see `lookup`."""
        shape = self._described()
        names = [shape.columns[place] for place in shape.key]
        sample = self._rows(self._keyset.filled(names)) if keys else []
        found: list[list[Row]] = [[] for _ in keys]
        if sample:
            kinds = [type(sample[0][place]) for place in shape.key]
            for start in range(0, len(keys), lookup.AT_ONCE):
                part = keys[start : start + lookup.AT_ONCE]
                condition = lookup.condition(names, part, kinds, loose=self._database.loose)
                for row in self._rows(self._keyset.where(condition, shape.cursor_columns)):
                    values = [row[place] for place in shape.key]
                    for number, key in enumerate(part, start):
                        if lookup.is_row(key, values, kinds):
                            found[number].append(row)
        return [Page(shape.columns, rows, None, exhausted=True) for rows in found]

    def count(self, after: Mark | None, *, upto: Mark | None = None) -> int | None:
        """How many rows are still to be read from `after` on; None if counting takes over 5 seconds."""
        shape = self._described()
        upper = None if upto is None else upto.values
        statement = self._keyset.count(shape.cursor_columns, self._lower(after), upper)
        limit = min(timedelta(seconds=COUNT_SECONDS), self._query.database.statement_timeout)
        try:
            return self._database.run(
                self._where, lambda connection: int(connection.execute(statement).scalar_one()), timeout=limit
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

    # --- pages ---

    def _first_page(
        self, shape: Shape, lower: Sequence[object] | None, limit: int, upto: Mark | None
    ) -> Page:
        self._edge = None
        upper = None if upto is None else upto.values
        fetched = self._rows(self._keyset.page(shape.cursor_columns, lower, upper, limit + 1))
        shape, rows = self._described(), fetched[:limit]
        if not rows:
            return Page(shape.columns, rows, None, exhausted=True)
        mark = shape.mark_of(rows[-1])
        self._edge = first_edge(rows, [shape.cursor_of(row) for row in rows], mark)
        return Page(shape.columns, rows, mark, exhausted=len(fetched) <= limit)

    def _next_page(self, shape: Shape, edge: Edge, limit: int, upto: Mark | None) -> Page:
        upper = None if upto is None else upto.values
        again = edge.ties
        while True:
            size = limit + again + 1
            statement = self._keyset.page(shape.cursor_columns, edge.cursor, upper, size, tie=not edge.exact)
            fetched = self._rows(statement)
            if self._edge is not edge:
                return self.read(edge.mark, limit, upto=upto)
            fresh = edge.fresh(self._flagged(shape, edge, fetched))
            exhausted = len(fetched) < size and len(fresh) <= limit
            if fresh or exhausted:
                break
            again = edge.given.total()  # nothing but rows already given: reach beyond all of them
        given = fresh[:limit]
        rows = [row for row, _ in given]
        if not rows:
            return Page(shape.columns, rows, None, exhausted)
        mark = shape.mark_of(rows[-1])
        self._edge = edge.advance(given, [shape.cursor_of(row) for row in rows], mark)
        return Page(shape.columns, rows, mark, exhausted)

    @staticmethod
    def _flagged(shape: Shape, edge: Edge, rows: list[Row]) -> list[tuple[Row, bool]]:
        """Each row with whether it ties with the edge: the database's word where Python cannot tell."""
        if not edge.exact:
            return [(row[:-1], bool(row[-1])) for row in rows]
        flagged = [(row, False) for row in rows]
        for place, row in enumerate(rows):  # in order, so the ties come first
            if not edge.is_tie(shape.cursor_of(row)):
                break
            flagged[place] = (row, True)
        return flagged

    # --- speaking to the database ---

    def _rows(self, statement: Select[tuple[object, ...]]) -> list[Row]:
        """The rows of a page; notices when the result's columns are no longer what they were."""

        def work(connection: Connection) -> tuple[Shape, list[Row]]:
            result = connection.execute(statement)
            description = result.cursor.description or ()
            if description and description[-1][0].lower() == TIE:
                description = description[:-1]
            shape = shape_of(self._query, self._database.family, description, result.cursor)
            return shape, [tuple(row) for row in result]

        try:
            shape, rows = self._database.run(self._where, work, sql=self._keyset.sql)
        except SourceError as error:
            raise located(error, self._query).name_query(self._query.name) from None
        if shape != self._shape:
            self._shape = shape
            self._edge = None  # what is remembered of given rows no longer compares with new ones
        self._is_looked_at = True
        return rows

    def _described(self) -> Shape:
        if self._shape is None:
            self._rows(self._keyset.describe())
        if self._shape is None:
            raise SourceRefused(f"{self._where}: the sql gives no columns")
        return self._shape

    def _lower(self, after: Mark | None) -> tuple[object, ...] | None:
        mark = after or self.start()
        return mark.values if mark else None

    def _plan(self, after: Mark | None, *, forced: bool) -> str | None:
        shape = self._described()
        page = self._keyset.page(shape.cursor_columns, self._lower(after), None, 1000)
        return self._database.run(self._where, lambda connection: plan_text(connection, page, forced=forced))
