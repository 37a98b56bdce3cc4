"""Rows → conversions and rejects: `Mapper.map` is called for every page, `_convert` for every row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from syncd.mapping.bad import BadValueError
from syncd.mapping.kinds import conversions, kind_of
from syncd.mapping.kinds.conversions import KIND as CONVERSIONS
from syncd.mapping.layout import Layout, Written
from syncd.mapping.lines.form import Cell, Form
from syncd.mapping.lines.grammar import Grammar, grammar_of
from syncd.mapping.moments import MILLISECONDS, moment
from syncd.mapping.rejects import HIDDEN, reject_key, row_json, shown, usable_key
from syncd.model import Column, Conversion, Mapped, Page, Reason, Reject, Rows, TextPage, keys
from syncd.model.errors import SourceRefused, SyncdError
from syncd.model.kinds import UploadColumn
from syncd.model.settings import Constant, QuerySettings
from syncd.model.upload_kind import Reader, UploadKind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)

PAGES_BY_VALUE = 20
"""So many pages are then read as values at once: it is likely that they are alike."""


class _Cell(NamedTuple):
    """A column of the upload: what reads it, from which position of a row."""

    read: Reader
    position: int
    column: str


class _NeverNull(NamedTuple):
    """A column of the mark or the key."""

    position: int
    column: str
    reason: Reason


class Mapper:
    """Maps the rows of one query; remembers of those it has seen only whether they were good as text.

    Raises SourceRefused when a constant cannot be sent, as then no row could be.
    """

    def __init__(self, query: QuerySettings, layout: Layout) -> None:
        self.columns = layout.columns
        """The result's columns that the layout was made for."""
        self.header = layout.header
        """The first line of the upload."""
        self._name = query.name
        self._query = query
        self._kind = kind = kind_of(query)
        readers = kind.readers(query)
        cells = [_cell(query, written, readers[written.column]) for written in layout.written]
        clients = [at for at, one in enumerate(layout.written) if one.column in kind.client_columns]
        first, self._read_first = clients[0], clients[-1] + 1
        """Whether a row names a client is known, and told, once so many cells are read."""
        self._clients = tuple(clients)
        self._cells = tuple(cells)
        # With several kinds of id, a row without any is at fault as a whole.
        self._no_client_column = cells[first].column if len(query.id_type) == 1 else ""
        columns = [written.column for written in layout.written]
        self._moment_at = columns.index(kind.moment)
        self._key_reader = readers[kind.key_column] if kind.key_column else None
        self._commas = len(cells) - 1
        self._key = layout.key
        self._private = _private_places(kind, layout)
        # A mark need not be unique: rows that share it are told apart by what they convert.
        self._key_is_default = query.key_is_default
        self._split = keys.split_of(layout.header)
        self._key_column = ", ".join(layout.columns[position] for position in layout.key)
        self._never_null = _never_null(layout, kind)
        self._zone = query.timezone
        # A key that is the mark holds a digest of each line, which takes a look at each.
        is_written = kind.may_write_lines and not self._key_is_default
        self._form = _form(query, kind, layout, cells) if is_written else None
        self._grammar = grammar_of(self._form) if self._form else None
        self._by_value = 0

    @property
    def form(self) -> Form | None:
        """How a database may write the lines by itself; None where it cannot, or for now had better not."""
        return self._form if self._by_value == 0 else None

    def map(self, page: Page, now: datetime) -> Mapped:
        """Sort the rows of a page into ready, waiting (their DateTime is after `now`) and rejected, in order.

        Args:
            page: Rows of the result that the layout was made for.
            now: The moment, aware.

        Raises:
            SourceRefused: The result has other columns than the layout was made for.
        """
        if page.rows and page.columns != self.columns:
            raise SourceRefused(
                f"query {self._name}: the result's columns changed from {', '.join(self.columns)} to "
                f"{', '.join(page.columns)}"
            )
        self._by_value = max(self._by_value - 1, 0)
        return _sorted(map(self._convert, page.rows), (now - _EPOCH) // _SECOND)

    def map_text(self, page: TextPage, now: datetime) -> Mapped:
        """Sort a page whose lines the database has written, as a whole if all of it is valid.

        Rows that are not by the grammar are read again as values, and a page with many of them as a whole.
        """
        most = self._kind.most_odd_lines
        odd = list(islice(self._checked.odd(page), most + 1))
        if len(odd) > most or not self._checked.has_keys(page):
            self._by_value = PAGES_BY_VALUE
            return self.map(page.as_rows(None), now)
        looked_at = page.as_rows(odd).rows if odd else []
        found = {outcome.key: outcome for outcome in map(self._convert, looked_at)}
        names = page.keys.at(odd) if odd else []
        if not len(looked_at) == len(found) == len(odd) or found.keys() != set(names):
            # A key that is there twice or in other letters, or a row that has moved on meanwhile.
            return self.map(page.as_rows(None), now)
        current = (now - _EPOCH) // _SECOND
        outcomes = {place: found[key] for place, key in zip(odd, names, strict=True)}
        rows = self._rows(page, outcomes)
        if rows.newest <= current:
            return Mapped(rows, [], [one for one in outcomes.values() if isinstance(one, Reject)])
        both = enumerate(zip(page.keys, page.lines, strict=True))
        return _sorted([outcomes.get(at) or self._line(key, line) for at, (key, line) in both], current)

    def _rows(self, page: TextPage, outcomes: Mapping[int, Conversion | Reject]) -> Rows:
        """The valid rows of a page, with what came of its odd ones in their places."""
        if not outcomes:
            # Either may be that of the row before the page, which came again and may be odd.
            newest = self._moment(page.newest, MILLISECONDS)
            return Rows(page.keys, page.lines, newest, self._moment(page.oldest, 0))
        # What the database takes for the newest and the oldest may be an odd row's.
        moments = [self._kind.seconds(one, self._query) for one in self._checked.moments(page)]
        good = {place: one for place, one in outcomes.items() if isinstance(one, Conversion)}
        moments += [one.moment for one in good.values()]
        oldest, newest = min(moments, default=math.inf), max(moments, default=0)
        bad = outcomes.keys() - good.keys()
        lines = page.lines.mended({place: one.line for place, one in good.items()}, without=bad)
        return Rows(page.keys.mended({}, without=bad), lines, newest, oldest)

    def _moment(self, value: object, else_: int) -> int:
        """A DateTime in unix seconds, or `else_` where it cannot be read."""
        try:
            return int(moment(self._zone, value))
        except BadValueError:
            return else_

    def _line(self, key: str, line: str) -> Conversion | None:
        """A line that the grammar knows."""
        match = self._checked.line.fullmatch(line)
        return Conversion(key, line, self._kind.seconds(match[1], self._query)) if match else None

    @property
    def _checked(self) -> Grammar:
        if self._grammar is None:
            raise SyncdError(f"query {self._name}: lines were written for which there is no grammar")
        return self._grammar

    def _convert(self, row: Sequence[object]) -> Conversion | Reject:
        """One row. What is checked first is what a row with several faults is rejected for."""
        return self._read(row, self._cells)

    def _read(
        self, row: Sequence[object], cells: Sequence[_Cell], spared: Reject | None = None
    ) -> Conversion | Reject:
        """One row; `spared` says what was wrong with the first of the cells that are left empty."""
        column: str  # what is being read, for the reject
        value: object
        try:
            for position, column, reason in self._never_null:
                if row[position] is None:
                    return self._reject(row, reason, column, None)
            column, value = self._key_column, [row[position] for position in self._key]
            key = usable_key(value if self._key_reader is None else list(map(self._key_reader, value)))
            texts = []
            for read, position, column in cells[: self._read_first]:  # noqa: B007 - the handler below reads it
                value = row[position]
                texts.append(read(value))
            if not self._kind.names_client([texts[at] for at in self._clients]):
                return spared or self._reject(row, self._kind.no_client, self._no_client_column, None)
            for read, position, column in cells[self._read_first :]:  # noqa: B007 - the handler below reads it
                value = row[position]
                texts.append(read(value))
        except BadValueError as bad:
            if column in self._kind.spare_columns:
                emptied = [_Cell(_nothing, 0, "") if cell.column == column else cell for cell in cells]
                return self._read(row, emptied, spared or self._reject(row, bad.reason, column, value))
            return self._reject(row, bad.reason, column, value)
        line = ",".join(texts)
        # A comma too many, or a quote, stands inside a value: quoting is rarely needed, and slow.
        if '"' in line or line.count(",") != self._commas:
            line = ",".join([_quoted(text) for text in texts])
        if self._key_is_default:
            key = keys.distinct(key, keys.identity(self._split.parts(line)[0]))
        return Conversion(key, line, self._kind.seconds(texts[self._moment_at], self._query))

    def _reject(self, row: Sequence[object], reason: Reason, column: str, value: object) -> Reject:
        values = [row[position] for position in self._key]
        key = reject_key(values, row)
        if not self._key_is_default:
            with suppress(BadValueError):
                key = usable_key(values if self._key_reader is None else list(map(self._key_reader, values)))
        if self._private:
            hidden = [
                HIDDEN if at in self._private and one is not None else one for at, one in enumerate(row)
            ]
            is_private = column in self._kind.private_columns
            value, row = HIDDEN if is_private and value is not None else value, hidden
        return Reject(key, reason, column, shown(value), row_json(self.columns, row))


def _sorted(outcomes: Iterable[Conversion | Reject | None], current: int) -> Mapped:
    """Rows by what is done with them; None is none. `current` is the moment in unix seconds."""
    ready: list[Conversion] = []
    waiting: list[Conversion] = []
    rejects: list[Reject] = []
    for outcome in outcomes:
        if isinstance(outcome, Conversion):
            (ready if outcome.moment <= current else waiting).append(outcome)
        elif outcome is not None:
            rejects.append(outcome)
    return Mapped(Rows.of(ready), waiting, rejects)


def _form(query: QuerySettings, kind: UploadKind, layout: Layout, cells: Sequence[_Cell]) -> Form | None:
    """None where the moment is a constant, since the latest of a page is asked for."""
    parts = []
    for written, cell in zip(layout.written, cells, strict=True):
        is_constant, is_client = isinstance(written.source, Constant), written.column in kind.client_columns
        position, text = (None, _quoted(cell.read(None))) if is_constant else (cell.position, "")
        parts.append(Cell(written.column, position, text, is_client))
    if not any(part.column is kind.moment and part.position is not None for part in parts):
        return None
    return Form(
        layout.columns,
        tuple(parts),
        layout.key,
        query.counter_timezone if kind.needs_counter_zone else None,
        kind.plain_statuses(query),
        query.hash_contacts,
    )


def why_unsendable(column: Column, value: object, zone: ZoneInfo) -> str:
    """Say what is wrong with a constant of a conversion; empty: it can be sent."""
    return _why_unreadable(CONVERSIONS, conversions.readers_in(zone)[column], column, value)


def _why_unreadable(kind: UploadKind, read: Reader, column: UploadColumn, value: object) -> str:
    try:
        is_empty = not read(value) and column in kind.client_columns
    except BadValueError as bad:
        return bad.reason.value.replace("_", " ")
    return kind.no_client.value.replace("_", " ") if is_empty else ""


def _cell(query: QuerySettings, written: Written, read: Reader) -> _Cell:
    column = written.column.value
    if not isinstance(written.source, Constant):
        return _Cell(read, written.source, column)
    value = written.source.value
    if why := _why_unreadable(kind_of(query), read, written.column, value):
        raise SourceRefused(
            f"query {query.name}: columns.{column}: the constant {value!r} cannot be sent: {why}"
        )
    text = read(value)
    # Checked once, so any position will do: the row's value is not looked at.
    return _Cell(lambda _: text, 0, column)


def _private_places(kind: UploadKind, layout: Layout) -> frozenset[int]:
    """Places of a result that no reject shows: private columns, and those that nobody has named."""
    if not kind.private_columns:
        return frozenset()
    public = {*layout.mark, *layout.key}
    public |= {
        one.source
        for one in layout.written
        if isinstance(one.source, int) and one.column not in kind.private_columns
    }
    return frozenset(range(len(layout.columns))) - public


def _never_null(layout: Layout, kind: UploadKind) -> tuple[_NeverNull, ...]:
    """The mark's columns, then those of the key that are not the mark's too."""
    reasons = dict.fromkeys(layout.mark, Reason.MARK_NULL)
    for position in layout.key:
        if kind.key_column is not None:
            reasons[position] = kind.null_key
        reasons.setdefault(position, kind.null_key)
    return tuple(_NeverNull(at, layout.columns[at], reason) for at, reason in reasons.items())


def _nothing(value: object) -> str:
    """The reader of a cell that is left empty."""
    del value
    return ""


def _quoted(text: str) -> str:
    """The text as a CSV field (RFC 4180). No field holds a line's end: control characters are rejected."""
    if '"' in text or "," in text:
        return '"' + text.replace('"', '""') + '"'
    return text
