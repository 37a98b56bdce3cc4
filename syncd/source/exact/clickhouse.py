"""ClickHouse: types by their full names, in which precision and zone stand.

A moment is read in UTC, whatever the zone of the column or the server, and given back in UTC, cast to the
column's own type. `toString` of a Float64 is the shortest text that stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from syncd.source.exact.types import ExactKind, ExactType

_TEXT = "toString({})"
_WRAPPED = re.compile(r"(?:Nullable|LowCardinality)\((.*)\)")
_MOMENT = re.compile(r"DateTime(?:64\((\d)(?:, *'([^']*)')?\)|\('([^']*)'\))?")
_WHOLE = re.compile(r"U?Int(8|16|32|64|128|256)")
_MICROSECONDS = 6
_TYPES: Mapping[str, ExactType] = {
    "String": ExactType(ExactKind.TEXT, "{}"),
    "UUID": ExactType(ExactKind.UUID, "toUUID({})", _TEXT),
    "Float64": ExactType(ExactKind.FLOAT, "toFloat64({})", _TEXT),
    "Date": ExactType(ExactKind.DATE, "toDate({})", _TEXT),
    "Date32": ExactType(ExactKind.DATE, "toDate32({})", _TEXT),
}


def exact_type(code: object, _field: object) -> ExactType | None:
    """How values of a type travel; None: as the driver gives them."""
    name = plain_name(code)
    if _WHOLE.fullmatch(name):
        return ExactType(ExactKind.INTEGER, f"CAST({{}} AS {name})", _TEXT)
    if name.startswith("Decimal"):
        return ExactType(ExactKind.DECIMAL, f"CAST({{}} AS {name})", _TEXT)
    if name.startswith("FixedString"):
        return ExactType(ExactKind.TEXT, f"CAST({{}} AS {name})", "toStringCutToZero({})")
    if found := _MOMENT.fullmatch(name):
        places = int(found[1] or 0)
        kind = ExactKind.FINE_ZONED if places > _MICROSECONDS else ExactKind.ZONED
        # A DateTime64 without a zone in its type is of the server's; its moment is the same.
        select = f"concat(toString(toTimeZone(toDateTime64({{}}, {places}), 'UTC')), '+00:00')"
        return ExactType(kind, f"parseDateTime64BestEffort({{}}, {places}, 'UTC')", select)
    return _TYPES.get(name)


def plain_name(code: object) -> str:
    """The type's name without what says that it may be null or is stored as a dictionary."""
    name = str(getattr(code, "name", code))
    while found := _WRAPPED.fullmatch(name):
        name = found[1]
    return name
