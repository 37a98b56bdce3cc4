"""MariaDB and MySQL: the protocol's own text is exact for all but moments, which drivers make objects of."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.source.exact.types import ExactKind, ExactType

_CHAR = "CAST({} AS CHAR)"
_DECIMAL = "CAST({{}} AS DECIMAL(65, {scale}))"
_BINARY = 63
"""The character set of bytes."""
_PLAIN = ExactType(ExactKind.TEXT, "{}")
_BYTES = ExactType(ExactKind.BYTES, "UNHEX({})")
_WHOLE = ExactType(ExactKind.INTEGER, "CAST({} AS SIGNED)", number="CAST({} AS DECIMAL(65, 0))")
_LONGEST_SCALE = 30

# FIELD_TYPE of the protocol.
_DECIMALS = frozenset({0, 246})
_TYPES: Mapping[object, ExactType] = {
    **dict.fromkeys((1, 2, 3, 8, 9, 13), _WHOLE),
    4: ExactType(ExactKind.FLOAT, "({} + 0e0)"),
    5: ExactType(ExactKind.FLOAT, "({} + 0e0)"),
    7: ExactType(ExactKind.LOCAL, "CAST({} AS DATETIME(6))", _CHAR),
    12: ExactType(ExactKind.LOCAL, "CAST({} AS DATETIME(6))", _CHAR),
    10: ExactType(ExactKind.DATE, "CAST({} AS DATE)", _CHAR),
    14: ExactType(ExactKind.DATE, "CAST({} AS DATE)", _CHAR),
    11: ExactType(ExactKind.TEXT, "CAST({} AS TIME(6))", _CHAR),
}
_TEXTS = frozenset({15, 249, 250, 251, 252, 253, 254})


def exact_type(code: object, field: object) -> ExactType | None:
    """How values of a type travel; None: as the driver gives them."""
    if code in _DECIMALS:
        scale = getattr(field, "scale", _LONGEST_SCALE)
        return ExactType(ExactKind.DECIMAL, _DECIMAL.format(scale=min(scale, _LONGEST_SCALE)))
    if code in _TEXTS:
        return _BYTES if getattr(field, "charsetnr", 0) == _BINARY else _PLAIN
    return _TYPES.get(code)
