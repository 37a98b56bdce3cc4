"""A valid row as a line of a small grammar: what a database has written is checked whole, a page at a time.

The same rules as `fields`, `moments` and `currency`, and narrower: a line that matches is exactly the line
that `Mapper` makes of the row's values; of one that does not, nothing is said, and it is looked at as values.
`tests/integration/test_two_ways.py` holds both ways against each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from syncd.mapping import fields, plain_contacts
from syncd.mapping.currency import codes
from syncd.mapping.lines.form import Cell, Form
from syncd.model import Column, TextPage
from syncd.model.kinds import OrderColumn, UploadColumn

# Possessive throughout: a line is read once, from left to right, with no second thoughts.
_CONTROL = r"\x00-\x1f\x7f-\x9f\ud800-\udfff"
_TEXT = rf'(?!\s)[^,"{_CONTROL}]{{1,{fields.TEXT_LENGTH}}}+(?<!\s)'
_DIGITS = rf"[0-9]{{1,{fields.ID_DIGITS}}}+"
# From January 2000 (to be exact, from 947000000) to the last second of eleven digits, the usual ones first.
_SECONDS = r"(?P<at>[1-9][0-9]{9,10}+|9(?:4[7-9]|[5-9][0-9])[0-9]{6})"
_HALF = fields.PRICE_DIGITS // 2
_PRICE = rf"(?:[0-9]{{1,{_HALF}}}+(?:\.[0-9]{{1,{_HALF}}}+|)|)"
_FREQUENT = ("RUB", "USD", "EUR")
"""Tried first."""
_CURRENCIES = frozenset({Column.CURRENCY, OrderColumn.CURRENCY})
# From 2001 on: in any zone that is no earlier than the year 2000 of UTC.
_DAY = r"2(?:0(?:0[1-9]|[1-9][0-9])|[1-9][0-9]{2})-[0-9]{2}-[0-9]{2}"
_LOCAL_TIME = rf"(?P<at>{_DAY} [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}})"
_MD5 = "[0-9a-f]{32}"

_PATTERNS: dict[UploadColumn, str] = {
    Column.CLIENT_ID: _DIGITS,
    Column.YCLID: _DIGITS,
    Column.USER_ID: _TEXT,
    Column.PURCHASE_ID: _TEXT,
    Column.TARGET: _TEXT,
    Column.DATETIME: _SECONDS,
    Column.PRICE: _PRICE,
    OrderColumn.ID: _TEXT,
    OrderColumn.CREATE_DATE_TIME: _LOCAL_TIME,
    OrderColumn.CLIENT_UNIQ_ID: f"(?:{_TEXT})?+",
    OrderColumn.CLIENT_IDS: _DIGITS,
    OrderColumn.EMAILS: plain_contacts.EMAIL,
    OrderColumn.PHONES: rf"{plain_contacts.COUNTRY_CODE}[0-9]{{{plain_contacts.NATIONAL_DIGITS}}}",
    OrderColumn.REVENUE: _PRICE,
    OrderColumn.COST: _PRICE,
}
_CONTACTS = frozenset({OrderColumn.EMAILS, OrderColumn.PHONES})
_FEW = 100
"""Keys that are looked at one after the other."""
_KEY_PART = r'"[^"\\\x00-\x1f\ud800-\udfff]{0,255}+"'
"""A key's value that JSON writes as it is; longer ones are looked at as values."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """Which lines and keys are valid in one query."""

    line: re.Pattern[str]
    """One line; its only group says when it was."""
    lines: re.Pattern[str]
    """Any number of them, each with its end."""
    keys: re.Pattern[str]

    def odd(self, page: TextPage) -> Iterator[int]:
        """The places of the lines that are not valid, in order."""
        text = page.lines.joined
        start = place = 0
        while valid := self.lines.match(text, start):
            at = valid.end()
            if self.line.fullmatch(text, at):
                return  # the last one, which no newline follows
            place += text.count("\n", start, at)
            yield place
            start, place = text.find("\n", at) + 1, place + 1
            if start == 0:
                return

    def has_keys(self, page: TextPage) -> bool:
        """Whether every key is valid."""
        keys = page.keys
        if len(keys) > _FEW:
            from syncd.model.key_codes import are_numbers  # noqa: PLC0415 — numpy, which only many rows need

            if are_numbers(keys):  # in a third of the time
                return True
        return self.keys.fullmatch(f"{keys.joined}\n") is not None

    def moments(self, page: TextPage) -> list[str]:
        """The first and the last moment of the valid lines.

        Shorter ones are earlier: unix seconds have no zeros before them, and local times are all as long.
        """
        found = self.line.findall(page.lines.joined)
        return [min(found, key=_in_time), max(found, key=_in_time)] if found else []


def _in_time(moment: str) -> tuple[int, str]:
    return len(moment), moment


def grammar_of(form: Form) -> Grammar:
    """The grammar of a query's lines."""
    clients = [cell for cell in form.cells if cell.names_client]
    cells = []
    for cell in form.cells:
        pattern = _pattern(form, cell)
        if cell.position is not None and cell.names_client and len(clients) > 1:
            # Each may be empty, but not all of them, which stand side by side.
            nobody = f"(?!,{{{len(clients) - 1}}}(?:[,\n]|\\Z))" if cell is clients[0] else ""
            pattern = f"{nobody}(?:{pattern})?+"
        cells.append(pattern)
    line = ",".join(cells)
    key = r"\[" + ",".join([_KEY_PART] * len(form.key)) + r"\]"
    alone = re.compile(f"^{line}$", re.MULTILINE)
    ungrouped = line.replace("(?P<at>", "(?:")  # noting a group of each line takes an eighth of the time
    return Grammar(alone, re.compile(f"(?:{ungrouped}\n)*+"), re.compile(f"(?:{key}\n)*+"))


def _pattern(form: Form, cell: Cell) -> str:
    if cell.position is None:
        return re.escape(cell.text)
    if cell.column in _CONTACTS and form.hashes_contacts:
        return _MD5
    if cell.column is OrderColumn.ORDER_STATUS:
        return f"(?:{'|'.join(map(re.escape, sorted(set(form.statuses.values()))))})"
    if cell.column in _CURRENCIES:
        return rf"(?:{'|'.join([*_FREQUENT, *sorted(codes().difference(_FREQUENT))])}|)"
    return _PATTERNS[cell.column]
