"""What makes a row the same row, and the same conversion. Pure, and stable for ever: digests are stored."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from hashlib import blake2b

from syncd.model import Column
from syncd.model.joined import Texts

MONEY_COLUMNS = (Column.PRICE, Column.CURRENCY)
"""The columns that may change without making a second conversion; always the last of a line."""

_NUMBERS = re.compile(r'(?:\["(?:0|[1-9][0-9]{0,17}+)"\]\n)*+')

_json_text = json.JSONEncoder(ensure_ascii=False).encode


def value_text(value: object) -> str:
    """One key value as the text a person would type for it, such as 4711 or 2026-01-31T10:00:00+00:00."""
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value)


def key_text(values: Sequence[object]) -> str:
    """The key's canonical text: a JSON array of texts, so that ("a,b", "c") and ("a", "b,c") differ."""
    # Called for every row: json.dumps of the list gives the same, four times slower.
    return "[" + ",".join([_json_text(value_text(value)) for value in values]) + "]"


def are_numbers(keys: Texts) -> bool:
    """Whether each is one whole number below 10^18, the commonest kind; to be asked by `Texts.once`."""
    return bool(keys) and _NUMBERS.fullmatch(f"{keys.joined}\n") is not None


def money_columns(header: str) -> int:
    """How many of the header's last columns are Price and Currency."""
    names = header.split(",")
    return sum(column in names for column in MONEY_COLUMNS)


def split_line(line: str, money: int) -> tuple[str, str]:
    """A CSV line as (ids, Target and DateTime; Price and Currency).

    `money` is `money_columns(header)`. The two money columns are digits, dots and letters only, so the
    last commas of the line are theirs, whatever the other columns hold.
    """
    if money == 0:
        return line, ""
    head, *tail = line.rsplit(",", money)
    return head, ",".join(tail)


def moment(line: str, money: int) -> int:
    """The DateTime of a CSV line in unix seconds; it stands before the money, and both are never quoted."""
    return int(line.rsplit(",", money + 1)[1])


def identity(head: str) -> bytes:
    """Digest of id, Target and DateTime, 8 bytes: what makes a conversion the same (docs/metrica.md, 4)."""
    return blake2b(head.encode(), digest_size=8).digest()


def fingerprint(line: str, money: int) -> tuple[bytes, str]:
    """What is compared when a key comes again: the identity of its line, and its money as text."""
    head, amounts = split_line(line, money)
    return identity(head), amounts


def same_money(one: str, other: str) -> bool:
    """Whether two moneys (as `split_line` gives them) are the same, however their prices are written."""
    return one == other or list(map(_amount, one.split(","))) == list(map(_amount, other.split(",")))


def _amount(text: str) -> Decimal | str:
    """A price as a number; anything else as it is."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def distinct(key: str, conversion: bytes) -> str:
    """The key of a row whose query names none, so that its mark is the key, unique or not.

    Two rows with equal marks are the same row only if they are the same conversion too; otherwise the second
    would be lost. The digest is one text more, after the mark's own.
    """
    return f'{key[:-1]},"#{conversion.hex()}"]'
