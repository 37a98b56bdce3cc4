"""What became of the source's rows, page by page: each row held against what the state store knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from syncd.mapping import Mapper, layout
from syncd.model import Known, Mapped, Mark, Page, Position, RowFate, keys
from syncd.model.clock import Clock
from syncd.model.settings import QuerySettings
from syncd.pipeline.chunking.news import PASSED
from syncd.pipeline.ports import Ledger, Source


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One row of the source and its fate."""

    key: str
    fate: RowFate
    moment: int | None
    """Its DateTime in unix seconds; None when that cannot be read."""


def began(query: QuerySettings, source: Source, position: Position | None) -> Mark | None:
    """Where the query began, before which nothing is ever sent; None: at the beginning. Raises SourceError.

    With `start: now` it is what was recorded then, as long as nobody has moved the mark since.
    """
    if query.start != "now":
        return source.start()
    return position.floor if position and position.begun_after is None else None


@dataclass(frozen=True, slots=True)
class Compare:
    """Compares the rows of one query."""

    query: QuerySettings
    source: Source
    store: Ledger
    clock: Clock

    def rows(self, after: Mark | None, upto: Mark | None) -> Iterator[ComparedRow]:
        """The rows from `after` (None: `start`) to `upto`, both included; a page in memory at a time.

        Each page is one short transaction at the source, and then a few at the state store.
        """
        sending = self._sending()
        for page in self.source.scan(after, upto=upto):
            yield from self.page(page, sending)

    def page(self, page: Page, sending: frozenset[str] = frozenset()) -> list[ComparedRow]:
        """The rows of one page; those that cannot be sent come last."""
        if not page.rows:
            return []
        mapper = Mapper(self.query, layout(self.query, page.columns))
        mapped = mapper.map(page, self.clock.now())
        lines, bad = lines_of(mapped), [reject.key for reject in mapped.rejects]
        known, rejected = self._remembered([key for key, _ in lines] + bad)
        split = keys.split_of(mapper.header)

        def fate(key: str, line: str | None) -> RowFate:
            found = known.get(key)
            if found is None:
                if key in sending:
                    return RowFate.SENDING
                if key not in rejected:
                    return RowFate.MISSING
                return RowFate.DROPPED if rejected[key] else RowFate.REJECTED
            return RowFate.WAITING if found.state is RowFate.WAITING else _delivered(found, line, split)

        found = [ComparedRow(key, fate(key, line), keys.moment(line, split)) for key, line in lines]
        return found + [ComparedRow(key, fate(key, None), None) for key in bad]

    def moments(self, page: Page) -> list[int | None]:
        """The DateTime of each row of a page, in its order; None where that cannot be read."""
        mapper, now = Mapper(self.query, layout(self.query, page.columns)), self.clock.now()
        split = keys.split_of(mapper.header)
        found: list[int | None] = []
        for row in page.rows:
            lines = lines_of(mapper.map(replace(page, rows=[row]), now))
            found.append(keys.moment(lines[0][1], split) if lines else None)
        return found

    def _remembered(self, wanted: Sequence[str]) -> tuple[Mapping[str, Known], Mapping[str, bool]]:
        """Find what the store knows of the keys, and which of the others are rejects (True: dropped)."""
        known = self._accounted_for(wanted)
        rejected = self.store.rejected([key for key in wanted if key not in known])
        # A daemon may deliver, between the two questions, what was a reject.
        known |= self._accounted_for([key for key in wanted if key not in known and key not in rejected])
        return known, rejected

    def _accounted_for(self, wanted: Sequence[str]) -> dict[str, Known]:
        """Find which of the keys are delivered or waiting."""
        known = self.store.find_known(wanted)
        return {key: what for key, what in known.items() if what.state is not RowFate.REJECTED}

    def _sending(self) -> frozenset[str]:
        return frozenset(key for number in self.store.unsettled() for key in self.store.load(number).keys)


def lines_of(mapped: Mapped) -> list[tuple[str, str]]:
    """Key and line of the rows that can be sent, now or later."""
    waiting = [(row.key, row.line) for row in mapped.waiting]
    return [*zip(mapped.ready.keys, mapped.ready.lines, strict=True), *waiting]


def _delivered(known: Known, line: str | None, split: keys.Split) -> RowFate:
    if known.identity == PASSED:
        return RowFate.PASSED
    if line is None:
        return RowFate.CHANGED_IDENTITY
    head, money = split.parts(line)
    if keys.identity(head) != known.identity:
        return RowFate.CHANGED_IDENTITY
    return RowFate.DELIVERED if money == known.money else RowFate.CHANGED_MONEY
