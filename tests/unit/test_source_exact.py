"""Marks on databases for which there is no server here: what is selected, bound and made of their texts."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from syncd.model import Mark
from syncd.model.errors import SourceRefused
from syncd.model.marks import at, earlier, mark_from_text, mark_to_text
from syncd.source.exact import exact_type, is_exact
from syncd.source.keyset import Keyset, SelectedColumn, SortColumn
from syncd.source.shape import shape_of
from tests.support.source import database_settings, dialect, query_settings

DIALECTS = {
    "mssql": dialect("mssql+pyodbc", paramstyle="qmark"),
    "oracle": dialect("oracle+oracledb"),
}
MOMENT = datetime(2026, 10, 25, 2, 59, 59, 123456)  # noqa: DTZ001 — a column without a zone


def described(code: object, precision: int = 0, scale: int = 0) -> tuple[object, ...]:
    """A column named m in a cursor's description."""
    return ("m", code, None, 0, precision, scale, True)


def oracle(name: str) -> tuple[object, ...]:
    """A column of Oracle's: the driver names its types."""
    return described(SimpleNamespace(name=f"DB_TYPE_{name}"))


# Each: what the driver says of the column, the text that the database writes, the mark, the text bound again.
MSSQL = {
    "bigint": (described(int), 9223372036854775807, 9223372036854775807, "9223372036854775807"),
    "decimal": (
        described(Decimal, 38, 10),
        "1234567890123456789012345678.0000000001",
        Decimal("1234567890123456789012345678.0000000001"),
        "1234567890123456789012345678.0000000001",
    ),
    "datetime2(7)": (
        described(datetime, 27, 7),
        "2026-10-25 02:59:59.1234567",
        "2026-10-25 02:59:59.123456700",
        "2026-10-25 02:59:59.123456700",
    ),
    "datetime": (
        described(datetime, 23, 3),
        "2026-10-25 02:59:59.0033333",
        "2026-10-25 02:59:59.003333300",
        "2026-10-25 02:59:59.003333300",
    ),
    "datetimeoffset(7)": (
        described(str, 34, 7),
        "2026-10-24 23:59:59.1234567+00:00",
        "2026-10-24 23:59:59.123456700+00:00",
        "2026-10-24 23:59:59.123456700+00:00",
    ),
    "date": (described(date, 10), "2026-10-25", date(2026, 10, 25), "2026-10-25"),
    "rowversion": (
        described(bytearray, 8),
        "00000000000007D1",
        bytes.fromhex("00000000000007D1"),
        "00000000000007d1",
    ),
    "uniqueidentifier": (
        described(UUID),
        "6F9619FF-8B86-D011-B42D-00C04FC964FF",
        UUID("6F9619FF-8B86-D011-B42D-00C04FC964FF"),
        "6f9619ff-8b86-d011-b42d-00c04fc964ff",
    ),
    "nvarchar": (described(str, 20), "Ä'1", "Ä'1", "Ä'1"),
}
ORACLE = {
    "NUMBER": (
        oracle("NUMBER"),
        "12345678901234567890123456789012345678.5",
        Decimal("12345678901234567890123456789012345678.5"),
        "12345678901234567890123456789012345678.5",
    ),
    "NUMBER, small": (oracle("NUMBER"), ".1", Decimal("0.1"), "0.1"),
    "DATE": (
        oracle("DATE"),
        "2026-10-25 02:59:59",
        datetime(2026, 10, 25, 2, 59, 59),  # noqa: DTZ001 — as above
        "2026-10-25 02:59:59",
    ),
    "TIMESTAMP(9)": (
        oracle("TIMESTAMP"),
        "2026-10-25 02:59:59.123456789",
        "2026-10-25 02:59:59.123456789",
        "2026-10-25 02:59:59.123456789",
    ),
    "TIMESTAMP WITH TIME ZONE": (
        oracle("TIMESTAMP_TZ"),
        "2026-10-24 23:59:59.123456789+00:00",
        "2026-10-24 23:59:59.123456789+00:00",
        "2026-10-24 23:59:59.123456789+00:00",
    ),
    "RAW": (oracle("RAW"), "00FF", b"\x00\xff", "00ff"),
    "VARCHAR2": (oracle("VARCHAR"), "Ä'1", "Ä'1", "Ä'1"),
}
CASES = [
    pytest.param(family, *case, id=f"{family} {name}")
    for family, cases in (("mssql", MSSQL), ("oracle", ORACLE))
    for name, case in cases.items()
]


@pytest.mark.parametrize(("family", "field", "written", "mark", "bound"), CASES)
def test_a_mark_on_its_way(family: str, field: Any, written: object, mark: object, bound: str) -> None:
    """The database's text becomes a mark, survives the state store, and is bound as a text with a cast."""
    exact = exact_type(family, field[1], field)
    assert exact is not None
    value = exact.value_of(written)
    assert value == mark
    assert type(value) is type(mark)
    kept = mark_from_text(mark_to_text(Mark((value,)))).values[0]  # type: ignore[arg-type]  # it is one
    assert exact.text_of(kept) == bound
    order = (SortColumn("m", exact),)
    keyset = Keyset("SELECT m FROM t", row_values=False, order=order, selected=(SelectedColumn("m"),))
    statement = keyset.page((kept,), (kept,), 5).compile(dialect=DIALECTS[family])
    given = [one for name, one in statement.params.items() if name.startswith("syncd")]
    assert given
    assert {type(one) for one in given} == {str}
    sql = re.sub(r"\s+", " ", str(statement))
    around = exact.cast.split("{}")[0].replace("%", "%%")
    assert sql.count(around) >= 2 or exact.cast == "{}"
    assert not exact.select or "syncd_text0" in sql


@pytest.mark.parametrize(
    ("family", "field"),
    [("mssql", described(str, 34, 7)), ("oracle", oracle("TIMESTAMP_TZ")), ("oracle", oracle("TIMESTAMP"))],
)
def test_times_are_reckoned_with(family: str, field: Any) -> None:
    """Seconds back, and the ceiling of the future: exact to the last digit, in UTC where there is a zone."""
    exact = exact_type(family, field[1], field)
    assert exact is not None
    zone = "+00:00" if "ZONED" in exact.kind.name else ""
    mark = Mark((f"2026-10-25 00:00:05.123456789{zone}",))
    before = earlier(mark, timedelta(seconds=10))
    assert before == Mark((f"2026-10-24 23:59:55.123456789{zone}",))
    highest = at(mark, datetime(2026, 10, 25, 12, tzinfo=UTC), UTC)
    assert highest is not None
    assert exact.text_of(highest.values[0]) == f"2026-10-25 12:00:00.000000000{zone}"
    older = datetime(2026, 10, 25, 3, 0, 5, tzinfo=UTC)
    assert exact.text_of(exact.carried(older, UTC)) == f"2026-10-25 03:00:05.000000000{zone}"


@pytest.mark.parametrize("name", ["CLOB", "NCLOB", "BLOB", "LONG", "JSON"])
def test_types_without_an_order_are_refused(name: str) -> None:
    """Oracle can neither sort nor compare them: told in words, before the database says so in its own."""
    query = query_settings(database_settings("oracle+oracledb://x@h/s"), "SELECT m FROM t")
    with pytest.raises(SourceRefused, match=rf"column m is of type {name.lower()}, which has no place"):
        shape_of(query, "oracle", [oracle(name)], SimpleNamespace(description=[oracle(name)]))


def test_what_a_driver_may_cut() -> None:
    """A type without an entry is exact only where its values are whole numbers or texts."""
    number, binary = oracle("NUMBER"), oracle("BINARY_DOUBLE")
    assert is_exact("oracle", exact_type("oracle", number[1], number), Decimal(1))
    assert not is_exact("oracle", exact_type("oracle", binary[1], binary), 0.1)
    assert not is_exact("trino", exact_type("trino", "timestamp(9)", described("timestamp(9)")), MOMENT)
    assert is_exact("trino", exact_type("trino", "bigint", described("bigint")), 7)
    assert is_exact("sqlite", exact_type("sqlite", None, described(None)), 0.1)
