"""A valid row as a line of a small grammar: what a database has written is checked whole, a page at a time.

The same rules as `fields`, `moments` and `currency`, and narrower: a line that matches is exactly the line
that `Mapper` makes of the row's values; of one that does not, nothing is said, and it is looked at as values.
`tests/integration/test_two_ways.py` holds both ways against each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from syncd.mapping import fields
from syncd.mapping.currency import CODES
from syncd.mapping.lines.form import Form
from syncd.model import Column, TextPage
from syncd.model.keys import are_numbers

# Possessive throughout: a line is read once, from left to right, with no second thoughts.
_CONTROL = r"\x00-\x1f\x7f-\x9f\ud800-\udfff"
_TEXT = rf'(?!\s)[^,"{_CONTROL}]{{1,{fields.TEXT_LENGTH}}}+(?<!\s)'
_DIGITS = rf"[0-9]{{1,{fields.ID_DIGITS}}}+"
# From January 2000 (to be exact, from 947000000) to the last second of eleven digits, the usual ones first.
_SECONDS = r"([1-9][0-9]{9,10}+|9(?:4[7-9]|[5-9][0-9])[0-9]{6})"
_HALF = fields.PRICE_DIGITS // 2
_PRICE = rf"(?:[0-9]{{1,{_HALF}}}+(?:\.[0-9]{{1,{_HALF}}}+|)|)"
_FREQUENT = ("RUB", "USD", "EUR")
"""Tried first."""
_CURRENCY = rf"(?:{'|'.join([*_FREQUENT, *sorted(CODES.difference(_FREQUENT))])}|)"

_PATTERNS = {
    Column.CLIENT_ID: _DIGITS,
    Column.YCLID: _DIGITS,
    Column.USER_ID: _TEXT,
    Column.PURCHASE_ID: _TEXT,
    Column.TARGET: _TEXT,
    Column.DATETIME: _SECONDS,
    Column.PRICE: _PRICE,
    Column.CURRENCY: _CURRENCY,
}
_KEY_PART = r'"[^"\\\x00-\x1f\ud800-\udfff]{0,255}+"'
"""A key's value that JSON writes as it is; longer ones are looked at as values."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """Which lines and keys are valid in one query."""

    line: re.Pattern[str]
    """One line; its only group is the DateTime."""
    lines: re.Pattern[str]
    """Any number of them, each with its end."""
    keys: re.Pattern[str]

    def odd(self, page: TextPage) -> Iterator[int]:
        """The places of the lines that are not valid, in order."""
        text = f"{page.lines.joined}\n"
        start = place = 0
        while (valid := self.lines.match(text, start)) and (end := valid.end()) < len(text):
            place += text.count("\n", start, end)
            yield place
            start, place = text.index("\n", end) + 1, place + 1

    def has_keys(self, page: TextPage) -> bool:
        """Whether every key is valid."""
        keys = page.keys
        return keys.once(are_numbers) or self.keys.fullmatch(f"{keys.joined}\n") is not None

    def moments(self, page: TextPage) -> list[int]:
        """The DateTimes of all valid lines; others, which stand in what is not valid, may be among them."""
        return list(map(int, self.line.findall(page.lines.joined)))


def grammar_of(form: Form) -> Grammar:
    """The grammar of a query's lines."""
    ids = sum(cell.is_id for cell in form.cells)
    cells = []
    for cell in form.cells:
        if cell.position is None:
            cells.append(re.escape(cell.text))
        else:  # with several kinds of id, each may be empty
            pattern = _PATTERNS[cell.column]
            cells.append(f"(?:{pattern})?+" if cell.is_id and ids > 1 else pattern)
    nobody = f"(?!{',' * ids})" if ids > 1 else ""
    line = nobody + ",".join(cells)
    key = r"\[" + ",".join([_KEY_PART] * len(form.key)) + r"\]"
    return Grammar(re.compile(line), re.compile(f"(?:{line}\n)*+"), re.compile(f"(?:{key}\n)*+"))
