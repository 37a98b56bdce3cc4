"""Firebird: TIMESTAMP has steps of a tenth of a millisecond, so that Python holds it.

The driver tells a column's type as a Python type alone, so values are cast by what they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from syncd.source.exact.types import ExactKind, ExactType

_TYPES: Mapping[object, ExactType] = {
    int: ExactType(ExactKind.INTEGER, "CAST({} AS BIGINT)", number="CAST({} AS NUMERIC(18, 0))"),
    float: ExactType(ExactKind.FLOAT, "CAST({} AS DOUBLE PRECISION)"),
    Decimal: ExactType(ExactKind.DECIMAL, "CAST({} AS NUMERIC(18, 6))"),
    datetime: ExactType(ExactKind.LOCAL, "CAST({} AS TIMESTAMP)", "CAST({} AS VARCHAR(40))"),
    date: ExactType(ExactKind.DATE, "CAST({} AS DATE)"),
}


def exact_type(code: object, _field: object) -> ExactType | None:
    """How values of a type travel; None: as the driver gives them."""
    return _TYPES.get(code)
