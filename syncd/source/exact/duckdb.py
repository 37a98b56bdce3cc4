"""DuckDB: types by their names, as the driver gives them; TIMESTAMP_NS is finer than Python's datetime."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.source.exact.types import ExactKind, ExactType

_TEXT = "CAST({} AS VARCHAR)"
_UTC = "CAST(({}) AT TIME ZONE 'UTC' AS VARCHAR) || '+00:00'"
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


def _like(kind: ExactKind, name: str, select: str = _TEXT) -> ExactType:
    return ExactType(kind, f"CAST({{}} AS {name})", select)


_TYPES: Mapping[str, ExactType] = {
    **dict.fromkeys(_WHOLE, ExactType(ExactKind.INTEGER, "CAST({} AS BIGINT)", number="CAST({} AS HUGEINT)")),
    "HUGEINT": ExactType(ExactKind.INTEGER, "CAST({} AS HUGEINT)", _TEXT),
    "UHUGEINT": ExactType(ExactKind.INTEGER, "CAST({} AS UHUGEINT)", _TEXT),
    "DOUBLE": _like(ExactKind.FLOAT, "DOUBLE"),
    "VARCHAR": ExactType(ExactKind.TEXT, "{}"),
    "BLOB": ExactType(ExactKind.BYTES, "unhex({})", "hex({})"),
    "UUID": _like(ExactKind.UUID, "UUID"),
    "DATE": _like(ExactKind.DATE, "DATE"),
    "TIMESTAMP_S": _like(ExactKind.LOCAL, "TIMESTAMP_S"),
    "TIMESTAMP_MS": _like(ExactKind.LOCAL, "TIMESTAMP_MS"),
    "TIMESTAMP": _like(ExactKind.LOCAL, "TIMESTAMP"),
    "TIMESTAMP_NS": _like(ExactKind.FINE_LOCAL, "TIMESTAMP_NS"),
    "TIMESTAMP WITH TIME ZONE": _like(ExactKind.ZONED, "TIMESTAMPTZ", _UTC),
}


def exact_type(code: object, _field: object) -> ExactType | None:
    """How values of a type travel; None: as the driver gives them."""
    name = str(code)
    if name.startswith("DECIMAL"):
        return _like(ExactKind.DECIMAL, name)
    return _TYPES.get(name)
