"""How columns are read that a driver gives cut short or in another form, or that are wider than is of use.

None of this concerns a mark or a key: what orders the rows is read exactly (`exact`).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from syncd.source.exact.clickhouse import plain_name

WIDEST = 1000
"""Characters of a text that are read: Metrica takes 255, and a reject shows 200."""


@dataclass(frozen=True, slots=True)
class ColumnRead:
    """How a column is read."""

    sql: str = "{}"
    """SQL, where `{}` is the column."""
    mend: Callable[[object], object] | None = None
    """Makes the value whole again after the driver."""


def shortest_single(value: object) -> object:
    """A float of 4 bytes as the shortest decimal number that stands for it, as its column shows it: 0.1."""
    if not isinstance(value, float):
        return value
    try:
        packed = struct.pack("f", value)
    except OverflowError:
        return value
    digits = (f"{value:.{places}g}" for places in range(6, 10))
    return next((float(text) for text in digits if struct.pack("f", float(text)) == packed), value)


def without_padding(value: object) -> object:
    """A text of fixed length, which comes as bytes filled up with NULs, as the text that was written."""
    if not isinstance(value, bytes):
        return value
    try:
        return value.rstrip(b"\0").decode()
    except UnicodeDecodeError:
        return value


_LEFT = ColumnRead(f"left({{}}, {WIDEST})")
_MYSQL_TEXTS = frozenset({252, 253, 254})
_BINARY = 63
"""MySQL's character set of bytes."""
_READS: Mapping[str, Mapping[object, ColumnRead]] = {
    "postgresql": {25: _LEFT, 1043: _LEFT},
    # MariaDB writes a FLOAT with six digits, and a DOUBLE with all it has.
    "mysql": {4: ColumnRead("({} + 0e0)", shortest_single)},
}
"""By the family of the database and the driver's code of the type."""


def column_read(family: str, code: object, field: object) -> ColumnRead:
    """How a column of this type is read; `field` is what the driver says of it beyond the type's code."""
    if family == "mysql" and code in _MYSQL_TEXTS and getattr(field, "charsetnr", _BINARY) != _BINARY:
        return _LEFT
    if family.startswith("clickhouse") and plain_name(code).startswith("FixedString"):
        return ColumnRead(mend=without_padding)
    return _READS.get(family, {}).get(code, ColumnRead())
