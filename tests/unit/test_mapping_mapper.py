"""Rows become lines or rejects: each exactly one, in order, whatever they hold."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.mapping import Mapper, layout
from syncd.model import Column, IdKind, Page, Reason, Rows, TextPage
from syncd.model.errors import SourceRefused
from syncd.model.joined import JoinedLines
from syncd.model.settings import Constant
from tests.support.mapping import COLUMNS, GOOD, NOW, a_page, a_query, map_rows, row

ALL_IDS = tuple(IdKind)
ID_COLUMNS = ("order_id", "updated_at", "ClientId", "UserId", "Yclid", "PurchaseId", "Target", "DateTime")


def a_view(content: bytes) -> memoryview:
    """Bytes as some drivers give them."""
    return memoryview(content)


numbers = (
    st.integers()
    | st.floats()
    | st.decimals()
    | st.sampled_from([10**5000, Decimal("1E+1000000"), Decimal("-1E+999999999"), Decimal("sNaN")])
)
moments = (
    st.datetimes(timezones=st.none() | st.just(UTC) | st.timezones())
    | st.dates()
    | st.timedeltas()
    | st.sampled_from(
        [
            datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
            datetime.max.replace(tzinfo=timezone(-timedelta(hours=14))),
        ]
    )
)
texts = st.text() | st.text(st.characters()) | st.sampled_from(["", " ", "\x00", "\ud800", "nan", "x" * 3000])
anything = (
    st.none()
    | st.booleans()
    | numbers
    | moments
    | texts
    | st.binary()
    | st.uuids()
    | st.fractions()
    | st.complex_numbers()
    | st.lists(st.integers(), max_size=3)
    | st.dictionaries(st.text(max_size=2), st.integers(), max_size=2)
    | st.binary().map(a_view)
)
clean = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=50).filter(str.strip)
good_rows = st.tuples(
    st.integers(),
    st.integers(),
    st.integers(0, 10**20 - 1).map(str),
    clean,
    st.datetimes(datetime(2000, 1, 2), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive
    st.none() | st.decimals(0, 10**9, places=2),
    st.sampled_from([None, "RUB", "usd"]),
)


def test_a_good_row() -> None:
    """A good row becomes one line, with its key and its moment."""
    mapped, line = map_rows(GOOD), "123,paid,1767225600,9.90,RUB"
    assert mapped.ready == Rows(JoinedLines(['["1"]']), JoinedLines([line]), 1_767_225_600, 1_767_225_600)
    assert not mapped.waiting
    assert not mapped.rejects


def test_constants_and_empty_cells() -> None:
    """Constants stand in every line; null money is an empty cell."""
    query = a_query(
        columns={Column.TARGET: Constant(value='say "a,b"'), Column.CURRENCY: Constant(value="eur")}
    )
    mapped = map_rows(row(Price=None), query=query)
    assert mapped.ready.lines == ['123,"say ""a,b""",1767225600,,EUR']


def test_constant_moment() -> None:
    """A constant DateTime counts as any other."""
    query = a_query(columns={Column.DATETIME: Constant(value="2026-06-01T00:00:01Z")})
    assert [conversion.moment for conversion in map_rows(GOOD, query=query).waiting] == [1_780_272_001]


def test_future_rows_wait() -> None:
    """A row waits until its second has come, not a second longer."""
    due = NOW + timedelta(microseconds=400_000)
    soon = NOW + timedelta(seconds=1)
    mapped = map_rows(row(DateTime=due), row(DateTime=soon), now=NOW)
    assert mapped.ready.newest == int(NOW.timestamp())
    assert [conversion.moment for conversion in mapped.waiting] == [int(NOW.timestamp()) + 1]
    assert not map_rows(row(DateTime=soon), now=soon).waiting


OF_OTHER_KINDS = {
    Reason.DATETIME_AMBIGUOUS,
    Reason.STATUS_UNKNOWN,
    Reason.NO_CONTACT,
    Reason.FLAG_UNREADABLE,
    Reason.DURATION_UNREADABLE,
    Reason.EMAIL_UNREADABLE,
    Reason.PHONE_UNREADABLE,
}
"""See test_mapping_kinds.py."""


@pytest.mark.parametrize(
    ("changed", "reason", "column", "value"),
    [
        ({"ClientId": None}, Reason.NO_ID, "ClientId", ""),
        ({"ClientId": ""}, Reason.NO_ID, "ClientId", ""),
        ({"ClientId": "12a"}, Reason.ID_NOT_DIGITS, "ClientId", "12a"),
        ({"ClientId": 1.5e18}, Reason.ID_FLOAT, "ClientId", "1.5e+18"),
        ({"Target": None}, Reason.TEXT_EMPTY, "Target", ""),
        ({"Target": "x" * 256}, Reason.TEXT_TOO_LONG, "Target", "x" * 199 + "…"),
        ({"Target": "a\x07b"}, Reason.TEXT_CONTROL_CHARACTERS, "Target", "a\\x07b"),
        ({"Target": b"\x01\xff"}, Reason.TEXT_TYPE, "Target", "01ff"),
        ({"DateTime": None}, Reason.DATETIME_NULL, "DateTime", ""),
        ({"DateTime": "soon"}, Reason.DATETIME_UNREADABLE, "DateTime", "soon"),
        ({"DateTime": 1_767_225_600_000}, Reason.DATETIME_MILLISECONDS, "DateTime", "1767225600000"),
        ({"DateTime": date(1999, 12, 31)}, Reason.DATETIME_TOO_OLD, "DateTime", "1999-12-31"),
        ({"Price": "9,90"}, Reason.PRICE_NOT_A_NUMBER, "Price", "9,90"),
        ({"Price": float("nan")}, Reason.PRICE_NOT_FINITE, "Price", "nan"),
        ({"Price": -1}, Reason.PRICE_NEGATIVE, "Price", "-1"),
        ({"Currency": "RUR"}, Reason.CURRENCY_UNKNOWN, "Currency", "RUR"),
        ({"updated_at": None}, Reason.MARK_NULL, "updated_at", ""),
        ({"order_id": None}, Reason.KEY_NULL, "order_id", ""),
        ({"order_id": "\ud800"}, Reason.TEXT_CONTROL_CHARACTERS, "order_id", "['\\ud800']"),
    ],
)
def test_every_reason(changed: dict[str, object], reason: Reason, column: str, value: str) -> None:
    """A bad value rejects its row, with the reason, the column and the value."""
    mapped = map_rows(GOOD, row(**changed), GOOD)
    assert len(mapped.ready) == 2
    (reject,) = mapped.rejects
    assert (reject.reason, reject.column, reject.value) == (reason, column, value)


def test_all_reasons_of_mapping_are_tested() -> None:
    """The table above, and that of orders and calls, leave out only what mapping cannot know."""
    marker = next(mark for mark in test_every_reason.pytestmark if mark.name == "parametrize")  # type: ignore[attr-defined] # pytest sets it
    tested = {reason for _, reason, _, _ in marker.args[1]} | OF_OTHER_KINDS
    assert set(Reason) - tested == {
        Reason.IDENTITY_CHANGED,
        Reason.REFUSED_BY_METRICA,
        Reason.SAME_CONVERSION,
        Reason.WITHDRAWN,
    }


def test_first_fault_is_told() -> None:
    """Of several faults, mark and key come first, then the upload's columns in their order."""
    faults: dict[str, object] = {
        "updated_at": None,
        "order_id": None,
        "ClientId": None,
        "Target": None,
        "DateTime": None,
        "Price": "x",
        "Currency": "x",
    }
    seen = []
    while faults:
        (reject,) = map_rows(row(**faults)).rejects
        seen.append(reject.column)
        del faults[reject.column]
    assert seen == ["updated_at", "order_id", "ClientId", "Target", "DateTime", "Price", "Currency"]


def test_mark_that_is_the_key_too() -> None:
    """A null in a column of both mark and key counts as the mark's."""
    (reject,) = map_rows(row(order_id=None), query=a_query(mark=("order_id",), key=("order_id",))).rejects
    assert reject.reason is Reason.MARK_NULL


@pytest.mark.parametrize(
    ("ids", "line"),
    [
        ((None, None, None, "p"), ",,,p,paid,1767225600"),
        (("1", " u ", "", None), "1,u,,,paid,1767225600"),
        ((None, "  ", 7, ""), ",,7,,paid,1767225600"),
    ],
)
def test_several_ids(ids: tuple[object, ...], line: str) -> None:
    """With several kinds of id one is enough; those that are not filled are empty cells."""
    mapped = map_rows((1, 1, *ids, "paid", 1_767_225_600), query=a_query(id_type=ALL_IDS), columns=ID_COLUMNS)
    assert mapped.ready.lines == [line]


@pytest.mark.parametrize(
    ("ids", "reason", "column"),
    [
        ((None, "", None, "  "), Reason.NO_ID, ""),
        (("1", "u", "bad", None), Reason.ID_NOT_DIGITS, "Yclid"),
        ((1.0, "u", "1", None), Reason.ID_FLOAT, "ClientId"),
        (("1", None, None, 5.0), Reason.ID_FLOAT, "PurchaseId"),
    ],
)
def test_several_ids_rejected(ids: tuple[object, ...], reason: Reason, column: str) -> None:
    """No id at all is the row's fault; a bad one rejects the row although another would do."""
    query = a_query(id_type=ALL_IDS)
    (reject,) = map_rows((1, 1, *ids, None, None), query=query, columns=ID_COLUMNS).rejects
    assert (reject.reason, reject.column) == (reason, column)


def test_changed_result_is_refused() -> None:
    """Rows of another result than the layout was made for are refused: positions would mean other columns."""
    query = a_query()
    mapper = Mapper(query, layout(query, COLUMNS))
    assert mapper.columns == COLUMNS
    assert mapper.header == "ClientId,Target,DateTime,Price,Currency"
    with pytest.raises(SourceRefused, match="columns changed"):
        mapper.map(a_page(GOOD, columns=tuple(reversed(COLUMNS))), NOW)


@given(st.lists(st.tuples(*[anything] * len(COLUMNS)), max_size=5))
def test_any_values(rows: list[tuple[object, ...]]) -> None:
    """Whatever a row holds, it lands in exactly one list, and what is kept of it can be stored."""
    mapped = map_rows(*rows)
    assert len(mapped.ready) + len(mapped.waiting) + len(mapped.rejects) == len(rows)
    for reject in mapped.rejects:
        for text in (reject.key, reject.column, reject.value, reject.row):
            text.encode()
            assert "\x00" not in text
        assert len(reject.value) <= 200
        assert len(json.loads(reject.row)) == len(COLUMNS)
        assert isinstance(json.loads(reject.key), list)


@given(position=st.integers(0, len(COLUMNS) - 1), value=anything)
def test_any_value_in_any_column(position: int, value: object) -> None:
    """One strange value among good ones harms its own row at most."""
    strange = (*GOOD[:position], value, *GOOD[position + 1 :])
    mapped = map_rows(GOOD, strange, GOOD)
    assert len(mapped.ready) + len(mapped.waiting) + len(mapped.rejects) == 3
    assert mapped.ready.keys.count('["1"]') >= 2
    for line in mapped.ready.lines:
        line.encode()
        assert "\n" not in line
        assert "\r" not in line


@given(st.lists(st.one_of(good_rows, good_rows.map(lambda good: (*good[:5], "x", good[6]))), max_size=20))
def test_order_is_kept(rows: list[tuple[object, ...]]) -> None:
    """Each list has its rows in the order of the page."""
    numbered = [(number, *values[1:]) for number, values in enumerate(rows)]
    mapped = map_rows(*numbered)
    lists = [
        [json.loads(key) for key in mapped.ready.keys],
        *([json.loads(item.key) for item in found] for found in (mapped.waiting, mapped.rejects)),
    ]
    for found in lists:
        assert found == sorted(found, key=lambda key: int(key[0]))
    assert sorted(int(key[0]) for found in lists for key in found) == list(range(len(rows)))


@given(good_rows)
def test_line_is_csv(good: tuple[object, ...]) -> None:
    """A CSV reader gives back the very fields."""
    mapped = map_rows(good)
    (line,) = [*mapped.ready.lines, *(row.line for row in mapped.waiting)]
    moment = max([mapped.ready.newest, *(row.moment for row in mapped.waiting)])
    (read,) = csv.reader(io.StringIO(line, newline=""), strict=True)
    price = "" if good[5] is None else format(good[5], "f")
    assert isinstance(good[3], str)
    code = str(good[6] or "").upper()
    assert read == [good[2], good[3].strip(), str(moment), price.removeprefix("-"), code]


ODD = {2: row(order_id=2, Currency="usd"), 3: row(order_id=3, Price="1,5"), 4: row(order_id=4)}
"""One that is valid and unusually written, one that is not valid, and one that is like the others."""


@pytest.mark.parametrize("places", [(2, 3), (3, 2), (2,), (2, 4), (2, 3, 4), (3, 3)])
def test_odd_rows_that_moved_since_the_page_was_read(places: tuple[int, ...]) -> None:
    """Whatever is found when they are looked at, a row is known by its key, never by its place."""
    query = a_query()
    keys, odd = JoinedLines([f'["{number}"]' for number in (1, 2, 3, 4)]), "123,paid,1767225600,?,RUB"
    good = "123,paid,1767225600,9.90,RUB"
    all_now = (GOOD, *(ODD[place] for place in (2, 3, 4)))

    def as_rows(asked: Sequence[int] | None) -> Page:
        assert asked in ([1, 2], None)
        return a_page(*all_now) if asked is None else a_page(*(ODD[place] for place in places))

    lines = JoinedLines([good, odd, odd, good])
    page = TextPage(COLUMNS, keys, lines, 1_767_225_600, 1_767_225_600, None, True, as_rows)  # noqa: FBT003 — exhausted
    mapped = Mapper(query, layout(query, COLUMNS)).map_text(page, NOW)
    delivered = dict(zip(mapped.ready.keys, mapped.ready.lines, strict=True))
    assert delivered == {'["1"]': good, '["2"]': good.replace("RUB", "USD"), '["4"]': good}
    assert [(reject.key, reject.column) for reject in mapped.rejects] == [('["3"]', "Price")]
