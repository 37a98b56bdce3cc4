"""What PostgreSQL writes of an order's client and status: contacts in a plain form, and their MD5.

Whatever is not plain becomes what no grammar takes, so that the row is read again as values; no contact that
leaves as MD5 stands in a page's text. Texts are compared as bytes (collation C), whatever the column's own
collation takes for equal.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Text, case, cast, func, literal, literal_column

from syncd.mapping.plain_contacts import (
    COUNTRY_CODE,
    DUMMIES,
    EMAIL,
    LONGEST_EMAIL,
    NATIONAL_DIGITS,
    PHONE,
    PHONE_SIGNS,
)
from syncd.source.lines.writer import ODD


def email(text: str, *, hashed: bool) -> str:
    """SQL of a mail address, of SQL that gives the cell's text; null for a null."""
    plain = f"octet_length({text}) <= {LONGEST_EMAIL} AND {_is(text, EMAIL)}"
    return _contact(text, plain, f'lower({text} COLLATE "C")', hashed=hashed)


def phone(text: str, *, hashed: bool) -> str:
    """SQL of a phone, of SQL that gives the cell's text; null for a null."""
    national = f"right(translate({text}, '{PHONE_SIGNS}', ''), {NATIONAL_DIGITS})"
    dummies = ", ".join(f"'{dummy}'" for dummy in DUMMIES)
    plain = f"{_is(text, PHONE)} AND {national} NOT IN ({dummies})"
    return _contact(text, plain, f"'{COUNTRY_CODE}' || {national}", hashed=hashed)


def status(text: str, words: Mapping[str, str]) -> ColumnElement[str]:
    """A status, of SQL that gives the cell's text; a null is an empty one."""
    written = func.coalesce(literal_column(text), literal_column("''")).collate("C")
    odd: ColumnElement[str] = literal_column(ODD)
    if not words:
        return odd
    return case(
        *((written == _text(word), _text(found)) for word, found in words.items()),
        else_=odd,
    )


def _text(value: str) -> ColumnElement[str]:
    return cast(literal(value), Text)


def _is(text: str, pattern: str) -> str:
    return f"{text} COLLATE \"C\" ~ '^(?:{pattern})$'"


def _contact(text: str, plain: str, written: str, *, hashed: bool) -> str:
    found = f"md5({written})" if hashed else written
    return f"CASE WHEN {plain} THEN {found} WHEN {text} = '' THEN '' WHEN {text} IS NOT NULL THEN {ODD} END"
