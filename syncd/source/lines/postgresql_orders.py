"""What PostgreSQL writes of an order's client and status: contacts in a plain form, and their MD5.

Whatever is not plain becomes what no grammar takes, so that the row is read again as values; no contact that
leaves as MD5 stands in a page's text. Texts are compared as bytes (collation C), whatever the column's own
collation takes for equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Text, case, cast, func, literal, literal_column

from syncd.mapping.plain_contacts import (
    COUNTRY_CODE,
    DUMMIES,
    EMAIL,
    LAST_DIGITS,
    LONGEST_EMAIL,
    LONGEST_PHONE,
    NATIONAL_DIGITS,
    PHONE_BEGINNINGS,
    PHONE_SIGNS,
)
from syncd.source.lines.writer import ODD

_BYTES = 'COLLATE "C"'


def email(text: str, *, hashed: bool) -> str:
    """SQL of a mail address, of SQL that gives the cell's text; null for a null."""
    pattern = f"^(?:{EMAIL})$"
    plain = f"octet_length({text}) <= {LONGEST_EMAIL} AND {text} {_BYTES} ~ '{pattern}'"
    return _contact(text, plain, f"lower({text} {_BYTES})", hashed=hashed)


def phone_digits(text: str) -> str:
    """SQL of a phone without the signs between its digits, of SQL that gives the cell's text.

    It is asked for several times and takes a while, so that it is made once, with the page.
    """
    return (
        f"CASE WHEN octet_length({text}) <= {LONGEST_PHONE} THEN translate({text}, '{PHONE_SIGNS}', '') END"
    )


def phone(text: str, digits: str, *, hashed: bool) -> str:
    """SQL of a phone, of SQL that gives the cell's text, and its `phone_digits`; null for a null."""
    national = f"right({digits}, {NATIONAL_DIGITS})"
    plain = " AND ".join(
        (
            f"left({digits}, -{LAST_DIGITS}) {_BYTES} IN ({_list(PHONE_BEGINNINGS)})",
            f"right({digits}, {LAST_DIGITS}) {_BYTES} !~ '[^0-9]'",
            f"{national} {_BYTES} NOT IN ({_list(DUMMIES)})",
        )
    )
    return _contact(text, plain, f"'{COUNTRY_CODE}' || {national}", hashed=hashed)


def status(text: str, words: Mapping[str, str]) -> ColumnElement[str]:
    """A status, of SQL that gives the cell's text; a null is an empty one."""
    written = func.coalesce(literal_column(text), literal_column("''")).collate("C")
    odd: ColumnElement[str] = literal_column(ODD)
    if not words:
        return odd
    found = {_text(word): _text(status) for word, status in words.items()}
    return case(found, value=written, else_=odd)


def _text(value: str) -> ColumnElement[str]:
    return cast(literal(value), Text)


def _list(texts: Sequence[str]) -> str:
    return ", ".join(f"'{text}'" for text in texts)


def _contact(text: str, plain: str, written: str, *, hashed: bool) -> str:
    found = f"md5({written})" if hashed else written
    empty = f"WHEN {text} {_BYTES} = '' THEN ''"
    return f"CASE WHEN {plain} THEN {found} {empty} WHEN {text} IS NOT NULL THEN {ODD} END"
