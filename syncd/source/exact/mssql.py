"""SQL Server: pyodbc names Python types alone; precision and scale stand in the cursor's description.

A moment is written as datetime2(7), to which the server itself converts a `datetime`, with its steps of
3.33 ms, when it compares. A datetimeoffset bears the driver's code of a text, from which its scale tells
it apart, and is read in UTC; a datetimeoffset(0) has none, and its own ISO text goes back unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from syncd.source.exact.types import ExactKind, ExactType

_BYTES = ExactType(
    ExactKind.BYTES,
    "CONVERT(varbinary(8000), {}, 2)",
    "CONVERT(varchar(max), CAST({} AS varbinary(8000)), 2)",
)
_ZONED = ExactType(
    ExactKind.FINE_ZONED,
    "TODATETIMEOFFSET(CONVERT(datetime2(7), LEFT({}, 27), 121), 0)",
    "CONVERT(varchar(40), CAST(SWITCHOFFSET({}, 0) AS datetime2(7)), 121) + '+00:00'",
)
_TYPES: Mapping[object, ExactType] = {
    int: ExactType(ExactKind.INTEGER, "CAST({} AS bigint)", number="CAST({} AS decimal(38, 0))"),
    float: ExactType(ExactKind.FLOAT, "CAST({} AS float(53))"),
    str: ExactType(ExactKind.TEXT, "{}", "CONVERT(nvarchar(max), {}, 126)"),
    bytes: _BYTES,
    bytearray: _BYTES,
    UUID: ExactType(ExactKind.UUID, "CAST({} AS uniqueidentifier)", "CONVERT(varchar(40), {})"),
    date: ExactType(ExactKind.DATE, "CONVERT(date, {}, 23)", "CONVERT(varchar(10), {}, 23)"),
    datetime: ExactType(
        ExactKind.FINE_LOCAL,
        "CONVERT(datetime2(7), LEFT({}, 27), 121)",
        "CONVERT(varchar(40), CAST({} AS datetime2(7)), 121)",
    ),
}


def exact_type(code: object, field: Any) -> ExactType | None:
    """How values of a type travel; None: as the driver gives them."""
    _, _, _, _, precision, scale, *_ = field
    if code is Decimal:
        return ExactType(
            ExactKind.DECIMAL, f"CAST({{}} AS decimal({precision}, {scale}))", "CONVERT(varchar(60), {})"
        )
    return _ZONED if code is str and scale else _TYPES.get(code)
