"""Firebird: TIMESTAMP has steps of a tenth of a millisecond, so that Python holds it.

The driver tells a column's type as a Python type alone, whose values are exact. A NUMERIC is bound as it is
given, since its scale, which a cast would need, is not told.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from syncd.source.exact.types import ExactKind, ExactType

_TYPES: Mapping[object, ExactType] = {
    int: ExactType(ExactKind.INTEGER, "CAST({} AS BIGINT)", number="CAST({} AS NUMERIC(18, 0))"),
    float: ExactType(ExactKind.FLOAT, "CAST({} AS DOUBLE PRECISION)"),
    datetime: ExactType(ExactKind.LOCAL, "CAST({} AS TIMESTAMP)"),
    date: ExactType(ExactKind.DATE, "CAST({} AS DATE)"),
}


def exact_type(code: object, _field: object) -> ExactType | None:
    """How values of a type travel; None: as the driver gives them."""
    return _TYPES.get(code)
