"""Pages in, news out: maps a page and puts into the chunk what the ledger does not know yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from syncd.mapping import Form, Mapper, kind_of, layout
from syncd.model import Chunk, Known, Mapped, Page, Position, Reject, RowFate, TextPage, keys
from syncd.model.joined import JoinedLines
from syncd.model.settings import QuerySettings
from syncd.pipeline.chunking import chunking
from syncd.pipeline.chunking.news import HeldRows, Rules
from syncd.pipeline.ports import KnownKeys


class NothingKnown:
    """A memory without contents: rows are looked at as if nothing had ever been sent."""

    def position(self) -> Position | None:
        """Say that the query never began."""
        return None

    def find_known(self, keys: Sequence[str]) -> Mapping[str, Known]:  # noqa: ARG002 — the protocol's
        """Know no key."""
        return {}

    def known_rejects(self, rejects: Sequence[Reject]) -> frozenset[str]:  # noqa: ARG002 — the memory's
        """Know no reject."""
        return frozenset()


class Intake:
    """Takes in the pages of one query."""

    def __init__(self, query: QuerySettings, memory: KnownKeys) -> None:
        self._query = query
        self._memory = memory
        self._mapper: Mapper | None = None

    @property
    def on_change(self) -> Literal["ignore", "resend"]:
        """The rule for a delivered key that comes with other values: the kind's rule or the query's."""
        return kind_of(self._query).on_change or self._query.on_change

    def form_for(self, columns: tuple[str, ...]) -> Callable[[], Form | None]:
        """How a database may write the lines of such a result itself, as it stands when asked; None: not."""
        mapper = self._mapper_for(columns)
        return lambda: mapper.form

    def add(
        self, chunk: Chunk, page: Page | TextPage, now: datetime, held_rows: HeldRows | None = None
    ) -> None:
        """Put the news of `page` into `chunk`. Raises SourceRefused when a column is missing.

        `held_rows`: as in `chunking.add`; `add_held_rows` gives what was held back.
        """
        if isinstance(page, TextPage) or page.rows:
            self._take(chunk, self._map(chunk, page, now), held_rows)

    def add_held_rows(self, chunk: Chunk, held_rows: HeldRows) -> None:
        """Put into `chunk` what was held back and differs in its last row."""
        rows, waiting = held_rows.rows(), list(held_rows.waiting.values())
        if rows or waiting:
            chunk.header = held_rows.header
            self._take(chunk, Mapped(rows, waiting, []))
            chunk.rows_read -= len(rows) + len(waiting)  # they were counted before

    def add_retried(self, chunk: Chunk, page: Page, now: datetime) -> None:
        """Put the news of `page` into `chunk`, as if nothing had been rejected before."""
        if page.rows:
            mapped = self._map(chunk, page, now)
            known = self._memory.find_known(_keys(mapped))
            accounted = {key: what for key, what in known.items() if what.state is not RowFate.REJECTED}
            chunking.add(chunk, mapped, accounted, self._rules(chunk))

    def keys(self, page: Page, now: datetime) -> Sequence[str]:
        """The keys of a page's rows, whatever they are. Raises SourceRefused when a column is missing."""
        return _keys(self._mapper_for(page.columns).map(page, now)) if page.rows else []

    def _take(self, chunk: Chunk, mapped: Mapped, held_rows: HeldRows | None = None) -> None:
        known, before = self._memory.find_known(_keys(mapped)), len(chunk.rejects)
        chunking.add(chunk, mapped, known, self._rules(chunk), held_rows)
        chunking.without(chunk, self._memory.known_rejects(chunk.rejects[before:]))

    def _map(self, chunk: Chunk, page: Page | TextPage, now: datetime) -> Mapped:
        mapper = self._mapper_for(page.columns)
        chunk.header = mapper.header
        return mapper.map_text(page, now) if isinstance(page, TextPage) else mapper.map(page, now)

    def _rules(self, chunk: Chunk) -> Rules:
        words = kind_of(self._query).identity_words
        return Rules(self.on_change, keys.split_of(chunk.header), self._query.spread, words)

    def _mapper_for(self, columns: tuple[str, ...]) -> Mapper:
        """The mapper for a result with these columns; made anew when they change."""
        if self._mapper is None or self._mapper.columns != columns:
            self._mapper = Mapper(self._query, layout(self._query, columns))
        return self._mapper


def _keys(mapped: Mapped) -> Sequence[str]:
    """The keys of all rows of a page."""
    if not (mapped.waiting or mapped.rejects):
        return mapped.ready.keys
    keys = JoinedLines()
    keys.extend(mapped.ready.keys)
    others = [row.key for row in mapped.waiting] + [row.key for row in mapped.rejects]
    keys.extend(JoinedLines.joining(others))
    return keys
