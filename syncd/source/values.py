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
# Bytes are known without a look at the text, characters are not: of most values no more is asked.
_LEFT_OF_WIDE = ColumnRead(
    f"CASE WHEN octet_length({{0}}) > {WIDEST} THEN left({{0}}, {WIDEST}) ELSE {{0}} END"
)
_LEFT_OF_TEXT = ColumnRead(f"left(CAST({{}} AS text), {WIDEST})")
_MYSQL_TEXTS = frozenset({15, 245, *range(249, 255)})
"""FIELD_TYPE of texts, bytes and JSON."""
_FIRST_OWN = 16384
"""The first pg_type.oid of types that are not PostgreSQL's own, which come as texts (citext, enums)."""
# Texts and bytes stand behind all numbers; a number's size would be that of its text, which takes longest.
_SQLITE = ColumnRead(
    f"CASE WHEN {{0}} >= '' COLLATE BINARY AND length(CAST({{0}} AS BLOB)) > {WIDEST}"
    f" THEN substr({{0}}, 1, {WIDEST}) ELSE {{0}} END"
)


def _json_of(make: str) -> ColumnRead:
    """A document; one that is wide comes as the beginning of its text, which is JSON too."""
    return ColumnRead(
        f"CASE WHEN length(CAST({{0}} AS text)) > {WIDEST}"
        f" THEN {make}(left(CAST({{0}} AS text), {WIDEST})) ELSE {{0}} END"
    )


_READS: Mapping[str, Mapping[object, ColumnRead]] = {
    "postgresql": {
        17: ColumnRead(f"substr({{}}, 1, {WIDEST})"),
        25: _LEFT_OF_WIDE,
        1042: _LEFT_OF_WIDE,
        1043: _LEFT_OF_WIDE,
        142: _LEFT_OF_TEXT,
        114: _json_of("to_json"),
        3802: _json_of("to_jsonb"),
    },
    # MariaDB writes a FLOAT with six digits, and a DOUBLE with all it has.
    "mysql": {4: ColumnRead("({} + 0e0)", shortest_single), **dict.fromkeys(_MYSQL_TEXTS, _LEFT)},
    "duckdb": {"VARCHAR": _LEFT},
}
"""By the family of the database and the driver's code of the type."""


def column_read(family: str, code: object) -> ColumnRead:
    """How a column of this type is read."""
    if family == "sqlite":
        return _SQLITE  # its columns have no types
    if family == "postgresql" and isinstance(code, int) and code >= _FIRST_OWN:
        return _LEFT_OF_TEXT
    if family == "duckdb":
        return _READS[family].get(str(code), ColumnRead())
    if family.startswith("clickhouse"):
        return _clickhouse_read(plain_name(code))
    return _READS.get(family, {}).get(code, ColumnRead())


def _clickhouse_read(name: str) -> ColumnRead:
    if name.startswith("FixedString"):
        return ColumnRead(mend=without_padding)
    return ColumnRead(f"substringUTF8({{}}, 1, {WIDEST})") if name == "String" else ColumnRead()
