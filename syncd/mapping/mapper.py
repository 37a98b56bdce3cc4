"""Rows → conversions and rejects: `Mapper.map` is called for every page, `_convert` for every row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

from syncd import keys
from syncd.errors import SourceRefused
from syncd.mapping import fields
from syncd.mapping.bad import BadValueError
from syncd.mapping.currency import currency
from syncd.mapping.layout import Layout, Written
from syncd.mapping.moments import moment
from syncd.mapping.rejects import reject_key, row_json, shown, usable_key
from syncd.model import Column, Conversion, Mapped, Page, Reason, Reject, Rows
from syncd.settings import Constant, QuerySettings

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)

_Reader = Callable[[object], str]


class _Cell(NamedTuple):
    """A column of the upload: what reads it, from which position of a row."""

    read: _Reader
    position: int
    column: str


class _NeverNull(NamedTuple):
    """A column of the mark or the key."""

    position: int
    column: str
    reason: Reason


class Mapper:
    """Maps the rows of one query; remembers nothing of the rows it has seen.

    Raises SourceRefused when a constant cannot be sent, as then no row could be.
    """

    def __init__(self, query: QuerySettings, layout: Layout) -> None:
        self.columns = layout.columns
        """The result's columns that the layout was made for."""
        self.header = layout.header
        """The first line of the upload."""
        self._name = query.name
        readers = _readers(query)
        cells = [_cell(query.name, written, readers[written.column]) for written in layout.written]
        ids = sum(written.is_id for written in layout.written)
        self._ids, self._others = tuple(cells[:ids]), tuple(cells[ids:])
        # With several kinds, a row without any id is at fault as a whole.
        self._no_id_column = cells[0].column if len(query.id_type) == 1 else ""
        self._moment_at = [cell.column for cell in cells].index(Column.DATETIME)
        self._commas = len(cells) - 1
        self._key = layout.key
        # A mark need not be unique: rows that share it are told apart by what they convert.
        self._key_is_default = query.key_is_default
        self._money = keys.money_columns(layout.header)
        self._key_column = ", ".join(layout.columns[position] for position in layout.key)
        self._never_null = _never_null(layout)

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
        mapped = Mapped(Rows(), [], [])
        ready, waiting, rejects = mapped.ready, mapped.waiting, mapped.rejects
        current = (now - _EPOCH) // _SECOND
        convert = self._convert
        for row in page.rows:
            outcome = convert(row)
            if isinstance(outcome, Reject):
                rejects.append(outcome)
            elif outcome.moment > current:
                waiting.append(outcome)
            else:
                ready.append(outcome)
        return mapped

    def _convert(self, row: Sequence[object]) -> Conversion | Reject:
        """One row. What is checked first is what a row with several faults is rejected for."""
        column: str  # what is being read, for the reject
        value: object
        try:
            for position, column, reason in self._never_null:
                if row[position] is None:
                    return self._reject(row, reason, column, None)
            column, value = self._key_column, [row[position] for position in self._key]
            key = usable_key(value)
            texts = []
            for read, position, column in self._ids:  # noqa: B007 - the handler below reads it
                value = row[position]
                texts.append(read(value))
            column, value = self._no_id_column, None
            fields.one_filled(texts)
            for read, position, column in self._others:  # noqa: B007 - the handler below reads it
                value = row[position]
                texts.append(read(value))
        except BadValueError as bad:
            return self._reject(row, bad.reason, column, value)
        line = ",".join(texts)
        # A comma too many, or a quote, stands inside a value: quoting is rarely needed, and slow.
        if '"' in line or line.count(",") != self._commas:
            line = ",".join([_quoted(text) for text in texts])
        if self._key_is_default:
            key = keys.distinct(key, keys.identity(keys.split_line(line, self._money)[0]))
        return Conversion(key, line, int(texts[self._moment_at]))

    def _reject(self, row: Sequence[object], reason: Reason, column: str, value: object) -> Reject:
        values = [row[position] for position in self._key]
        key = reject_key(values, row)
        if not self._key_is_default:
            with suppress(BadValueError):
                key = usable_key(values)
        return Reject(key, reason, column, shown(value), row_json(self.columns, row))


def _readers(query: QuerySettings) -> dict[Column, _Reader]:
    """The function of every column."""
    return {
        Column.CLIENT_ID: fields.digits_id,
        Column.USER_ID: fields.text_id,
        Column.YCLID: fields.digits_id,
        Column.PURCHASE_ID: fields.text_id,
        Column.TARGET: fields.target,
        Column.DATETIME: partial(moment, query.timezone),
        Column.PRICE: fields.price,
        Column.CURRENCY: currency,
    }


def _cell(query: str, written: Written, read: _Reader) -> _Cell:
    column = written.column.value
    if not isinstance(written.source, Constant):
        return _Cell(read, written.source, column)
    value = written.source.value
    try:
        text = read(value)
        if written.is_id:
            fields.one_filled([text])
    except BadValueError as bad:
        why = bad.reason.value.replace("_", " ")
        raise SourceRefused(
            f"query {query}: columns.{column}: the constant {value!r} cannot be sent: {why}"
        ) from None
    # Checked once, so any position will do: the row's value is not looked at.
    return _Cell(lambda _: text, 0, column)


def _never_null(layout: Layout) -> tuple[_NeverNull, ...]:
    """The mark's columns, then those of the key that are not the mark's too."""
    reasons = dict.fromkeys(layout.mark, Reason.MARK_NULL)
    for position in layout.key:
        reasons.setdefault(position, Reason.KEY_NULL)
    return tuple(_NeverNull(at, layout.columns[at], reason) for at, reason in reasons.items())


def _quoted(text: str) -> str:
    """The text as a CSV field (RFC 4180). No field holds a line's end: control characters are rejected."""
    if '"' in text or "," in text:
        return '"' + text.replace('"', '""') + '"'
    return text
