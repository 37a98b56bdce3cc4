"""PostgreSQL: every type has a text, in ISO form by the settings that `dialects` makes, and a cast back.

An untyped parameter takes the type of the column that it is compared with, so types that are not listed
(enums, citext, inet, arrays, domains) are bound as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncd.source.exact.types import ExactKind, ExactType

_TEXT = "CAST({} AS text)"


def _like(kind: ExactKind, name: str, select: str = _TEXT) -> ExactType:
    return ExactType(kind, f"CAST({{}} AS {name})", select)


_INTEGER = ExactType(ExactKind.INTEGER, "CAST({} AS bigint)", number="CAST({} AS numeric)")
_OTHER = ExactType(ExactKind.TEXT, "{}", _TEXT)
_PLAIN = ExactType(ExactKind.TEXT, "{}")

_TYPES: Mapping[object, ExactType] = {
    20: _INTEGER,
    21: _INTEGER,
    23: _INTEGER,
    26: _INTEGER,
    1700: _like(ExactKind.DECIMAL, "numeric"),
    700: _like(ExactKind.FLOAT, "real"),
    701: _like(ExactKind.FLOAT, "float8"),
    25: _PLAIN,
    1042: _PLAIN,
    1043: _PLAIN,
    17: ExactType(ExactKind.BYTES, "decode({}, 'hex')", "encode({}, 'hex')"),
    2950: _like(ExactKind.UUID, "uuid"),
    1082: _like(ExactKind.DATE, "date"),
    1114: _like(ExactKind.LOCAL, "timestamp"),
    1184: _like(ExactKind.ZONED, "timestamptz"),
}
"""By pg_type.oid."""


def exact_type(code: object, _field: object) -> ExactType:
    """How values of a type travel."""
    return _TYPES.get(code, _OTHER)
