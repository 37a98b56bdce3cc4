"""Every column the query needs is found in the result, or named in one message."""

from __future__ import annotations

import pytest

from syncd.mapping import Mapper, Written, layout
from syncd.model import Column, IdKind
from syncd.model.errors import SourceRefused
from syncd.model.settings import Constant
from tests.support.mapping import COLUMNS, a_query

ALL_IDS = (IdKind.PURCHASE_ID, IdKind.YCLID, IdKind.USER_ID, IdKind.CLIENT_ID)


def test_found_by_metricas_names() -> None:
    """Columns that the query does not name are found by Metrica's names, in the order of the upload."""
    found = layout(a_query(), tuple(reversed(COLUMNS)))
    assert found.header == "ClientId,Target,DateTime,Price,Currency"
    assert [written.source for written in found.written] == [4, 3, 2, 1, 0]
    assert found.mark == (5,)
    assert found.key == (6,)


@pytest.mark.parametrize("case", [str.upper, str.lower])
def test_any_case(case: type[str]) -> None:
    """Databases that change the case of names change nothing."""
    columns = tuple(case(column) for column in COLUMNS)
    assert layout(a_query(), columns).written == layout(a_query(), COLUMNS).written


def test_exact_name_wins() -> None:
    """Of two columns that differ in case only, the one that is spelt the same is meant."""
    columns = ("id", "at", "clientid", "ClientId", "Target", "DateTime")
    found = layout(a_query(mark=("at",), key=("id",)), columns)
    assert found.written[0] == Written(Column.CLIENT_ID, 3, "ClientId")


@pytest.mark.parametrize("twin", [("clientid", "CLIENTID"), ("ClientId", "ClientId")])
def test_ambiguous_name(twin: tuple[str, str]) -> None:
    """A name that fits two columns is refused, not guessed."""
    with pytest.raises(SourceRefused, match="the result has 2 columns 'ClientId'"):
        layout(a_query(mark=("at",), key=("id",)), ("id", "at", *twin, "Target", "DateTime"))


def test_named_columns_and_constants() -> None:
    """Named columns and constants take the place of Metrica's names; null leaves a column out."""
    constant = Constant(value="order_paid")
    query = a_query(
        columns={
            Column.CLIENT_ID: "order_id",
            Column.TARGET: constant,
            Column.PRICE: Constant(value=None),
        }
    )
    found = layout(query, COLUMNS)
    assert found.header == "ClientId,Target,DateTime,Currency"
    assert [written.source for written in found.written] == [0, constant, 4, 6]


def test_several_id_kinds() -> None:
    """Of several kinds of id those that are there are written, ids first, in the order of `Column`."""
    columns = ("id", "at", "Target", "DateTime", "PurchaseId", "UserId")
    found = layout(a_query(id_type=ALL_IDS, mark=("at",), key=("id",)), columns)
    assert found.header == "UserId,PurchaseId,Target,DateTime"


def test_mark_and_key_keep_their_order() -> None:
    """Mark and key are read in the order of the configuration, not of the result."""
    found = layout(a_query(mark=("updated_at", "order_id"), key=("order_id", "Target")), COLUMNS)
    assert found.mark == (1, 0)
    assert found.key == (0, 3)


def test_everything_missing_is_told_at_once() -> None:
    """One message names all that is missing, the nearest spelling of each, and what columns there are."""
    query = a_query(columns={Column.PRICE: "totl"}, mark=("updatedat",), key=("no_such_thing",))
    with pytest.raises(SourceRefused) as caught:
        layout(query, ("client_id", "order_id", "updated_at", "total", "date_time"))
    assert str(caught.value) == (
        "query paid: the result has no column 'Target' (for Target); "
        "the result has no column 'DateTime' (for DateTime); did you mean 'date_time'?; "
        "the result has no column 'totl' (for Price); did you mean 'total'?; "
        "no column holds the id (ClientId): name it under columns; did you mean 'client_id'?; "
        "the result has no column 'updatedat' (for mark); add updatedat to the SELECT; "
        "did you mean 'updated_at'?; "
        "the result has no column 'no_such_thing' (for key); add no_such_thing to the SELECT "
        "(columns of the result: client_id, order_id, updated_at, total, date_time)"
    )


def test_named_id_must_exist() -> None:
    """An id column that the query names must be there, although others would do."""
    query = a_query(id_type=ALL_IDS, columns={Column.YCLID: "click"})
    with pytest.raises(SourceRefused, match="no column 'click' \\(for Yclid\\)"):
        layout(query, COLUMNS)


def test_no_id_kind_at_all() -> None:
    """With several kinds at least one must be there."""
    with pytest.raises(SourceRefused, match="no column holds the id \\(UserId or Yclid\\)"):
        layout(a_query(id_type=(IdKind.YCLID, IdKind.USER_ID)), COLUMNS)


def test_id_beside_id_type() -> None:
    """An id that is named but not in id_type is refused, as silently not sending it would lose it."""
    query = a_query(columns={Column.USER_ID: "order_id"})
    with pytest.raises(SourceRefused, match="columns names UserId, but id_type does not"):
        layout(query, COLUMNS)
    left_out = a_query(columns={Column.USER_ID: Constant(value=None)})
    assert layout(left_out, COLUMNS) == layout(a_query(), COLUMNS)


@pytest.mark.parametrize("column", [Column.TARGET, Column.DATETIME])
def test_required_columns_cannot_be_left_out(column: Column) -> None:
    """Null for Target or DateTime is refused."""
    with pytest.raises(SourceRefused, match=f"{column} cannot be left out"):
        layout(a_query(columns={column: Constant(value=None)}), COLUMNS)


def test_no_columns() -> None:
    """A result without columns is refused in plain words."""
    with pytest.raises(SourceRefused, match="columns of the result: none"):
        layout(a_query(), ())


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        (Column.CLIENT_ID, "abc", "id not digits"),
        (Column.CLIENT_ID, 1.5, "id float"),
        (Column.CLIENT_ID, "", "no id"),
        (Column.TARGET, " ", "text empty"),
        (Column.DATETIME, "yesterday", "datetime unreadable"),
        (Column.PRICE, "1,5", "price not a number"),
        (Column.CURRENCY, "RUR", "currency unknown"),
    ],
)
def test_bad_constant(column: Column, value: str | float, why: str) -> None:
    """A constant that could never be sent is refused once, not row by row."""
    query = a_query(columns={column: Constant(value=value)})
    with pytest.raises(SourceRefused, match=f"columns.{column}: the constant .* cannot be sent: {why}"):
        Mapper(query, layout(query, COLUMNS))
