"""Oracle: DATE has seconds, TIMESTAMP nine decimals; a TIMESTAMP WITH TIME ZONE would come without its zone.

NUMBER goes by TO_CHAR with `TM9`, which writes all of its digits, and comes back by TO_NUMBER with a dot,
whatever the session's NLS_NUMERIC_CHARACTERS are.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncd.source.exact.types import ExactKind, ExactType

_SECONDS = "YYYY-MM-DD HH24:MI:SS"
_FINE = "YYYY-MM-DD HH24:MI:SS.FF9"
_NUMBER = ExactType(
    ExactKind.DECIMAL,
    "TO_NUMBER({}, RPAD('9', 40, '9') || 'D' || RPAD('9', 20, '9'), 'NLS_NUMERIC_CHARACTERS=''.,''')",
    "TO_CHAR({}, 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,''')",
)
_ZONED = ExactType(
    ExactKind.FINE_ZONED,
    f"TO_TIMESTAMP_TZ({{}}, '{_FINE}TZH:TZM')",
    f"TO_CHAR(SYS_EXTRACT_UTC({{}}), '{_FINE}') || '+00:00'",
)
_TYPES: Mapping[str, ExactType] = {
    "DB_TYPE_NUMBER": _NUMBER,
    "DB_TYPE_BINARY_INTEGER": _NUMBER,
    "DB_TYPE_DATE": ExactType(
        ExactKind.LOCAL, f"TO_DATE(SUBSTR({{}}, 1, 19), '{_SECONDS}')", f"TO_CHAR({{}}, '{_SECONDS}')"
    ),
    "DB_TYPE_TIMESTAMP": ExactType(
        ExactKind.FINE_LOCAL, f"TO_TIMESTAMP({{}}, '{_FINE}')", f"TO_CHAR({{}}, '{_FINE}')"
    ),
    "DB_TYPE_TIMESTAMP_TZ": _ZONED,
    "DB_TYPE_TIMESTAMP_LTZ": _ZONED,
    "DB_TYPE_VARCHAR": ExactType(ExactKind.TEXT, "{}"),
    "DB_TYPE_NVARCHAR": ExactType(ExactKind.TEXT, "{}"),
    "DB_TYPE_RAW": ExactType(ExactKind.BYTES, "HEXTORAW({})", "RAWTOHEX({})"),
}


def exact_type(code: object, _field: object) -> ExactType | None:
    """How values of a type travel; None: as the driver gives them."""
    return _TYPES.get(str(getattr(code, "name", code)))
