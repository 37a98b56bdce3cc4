"""What makes a row the same row, and the same conversion. Pure, and stable for ever: digests are stored."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from hashlib import blake2b

from syncd.model import Column

MONEY_COLUMNS = (Column.PRICE, Column.CURRENCY)
"""The columns that may change without making a second conversion; always the last of a line."""

MOMENT_COLUMNS = ("DateTime", "create_date_time")
"""The column of each kind of upload that says when it was; what stands before it makes the row what it is."""

_EASTERNMOST = timedelta(hours=14)
"""The zone that is farthest ahead of UTC."""

_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,100}(\.[0-9]{1,100})?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")

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


@dataclass(frozen=True, slots=True)
class Split:
    """Where a header divides its lines: what makes the row, up to its moment, and what may change after it.

    Conversions end in Price and Currency, orders in everything after `create_date_time`.
    """

    kept: int
    """Columns that a key may not change; the last of them is the moment."""
    changing: int
    """Columns that it may."""
    is_money: bool
    """Whether those are Price and Currency alone, which hold no commas of their own."""

    def parts(self, line: str) -> tuple[str, str]:
        """Divide a CSV line, without the comma between the two parts."""
        if self.changing == 0:
            return line, ""
        if self.is_money:
            head, *tail = line.rsplit(",", self.changing)
            return head, ",".join(tail)
        found = _leading_cells(self.kept).match(line)
        end = found.end() if found else len(line)
        return line[:end], line[end + 1 :]

    def is_same(self, one: str, other: str) -> bool:
        """Whether the changing parts of two lines are the same, however their prices are written."""
        if one == other:
            return True
        return self.is_money and list(map(_amount, one.split(","))) == list(map(_amount, other.split(",")))


@cache
def split_of(header: str) -> Split:
    """Where a header divides its lines."""
    names = header.split(",")
    moment_at = next((at for at, name in enumerate(names) if name in MOMENT_COLUMNS), len(names) - 1)
    changing = names[moment_at + 1 :]
    return Split(moment_at + 1, len(changing), all(name in MONEY_COLUMNS for name in changing))


@cache
def _leading_cells(cells: int) -> re.Pattern[str]:
    return re.compile(",".join([r'(?:"(?:[^"]|"")*+"|[^",]*+)'] * cells))


def moment(line: str, split: Split) -> int:
    """The moment of a CSV line in unix seconds; it is the last cell of what is kept, and never quoted.

    A local time of an unknown zone counts as the earliest moment that it may be.
    """
    text = split.parts(line)[0].rpartition(",")[2]
    if text.isdigit():
        return int(text)
    return int((datetime.fromisoformat(text).replace(tzinfo=UTC) - _EASTERNMOST).timestamp())


def identity(head: str) -> bytes:
    """Digest (8 bytes) of what Metrica takes for the same conversion: ids, Target, DateTime [I]."""
    return blake2b(head.encode(), digest_size=8).digest()


def fingerprint(line: str, split: Split) -> tuple[bytes, str]:
    """Compute what is compared when a key comes again: the line's identity, and the part that may change."""
    head, changing = split.parts(line)
    return identity(head), changing


def tells_conversion(header: str) -> bool:
    """Tell whether lines with this header are conversions: Target and DateTime stand before the money."""
    names, split = header.split(","), split_of(header)
    return split.is_money and names[: split.kept][-2:] == [Column.TARGET, Column.DATETIME]


def moved(line: str, split: Split, seconds: int) -> str:
    """Give a conversion's line with its DateTime so many seconds later."""
    head, *rest = line.rsplit(",", split.changing + 1)
    return ",".join([head, str(int(rest[0]) + seconds), *rest[1:]])


def is_moved(line: str, split: Split, conversion: bytes, longest: int) -> bool:
    """Tell whether this is the conversion (`identity`) of the line, up to so many seconds later."""
    head, _, seconds = split.parts(line)[0].rpartition(",")
    return any(identity(f"{head},{int(seconds) + by}") == conversion for by in range(1, longest + 1))


def is_spelt_anew(key: str, other: str) -> bool:
    """Tell whether two keys are the same values in another type: 5 and 5.00, or char(6) and char(8)."""
    one, two = json.loads(key), json.loads(other)
    return len(one) == len(two) and all(map(_is_same_value, one, two))


def _is_same_value(one: str, other: str) -> bool:
    return one.rstrip(" ") == other.rstrip(" ") or (
        bool(_PLAIN_NUMBER.fullmatch(one) and _PLAIN_NUMBER.fullmatch(other))
        and Decimal(one) == Decimal(other)
    )


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


def are_of_two_rows(key: str, other: str) -> bool:
    """Tell whether two keys that are marks, of one conversion, are surely of two rows.

    The mark's first column moves when a row is touched; what breaks its ties, such as an id, does not. A
    moment that breaks ties moves as well and tells nothing.
    """
    ties, others = json.loads(key)[1:-1], json.loads(other)[1:-1]
    pairs = list(zip(ties, others, strict=False))
    return any(not _is_same_value(*pair) for pair in pairs) and not any(map(_DAY.match, ties))
