"""What makes a row the same row: stable texts and digests, as they are stored."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.model import keys
from tests.support.mapping import map_rows, row

HEADER = "ClientId,Target,DateTime,Price,Currency"
values = (
    st.integers()
    | st.text()
    | st.booleans()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.uuids()
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (4711, "4711"),
        (True, "True"),
        ("a", "a"),
        (1.5, "1.5"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1.50"), "1.50"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 10), "2026-01-31T10:00:00"),  # noqa: DTZ001 - naive is what is tested
        (datetime(2026, 1, 31, 10, tzinfo=UTC), "2026-01-31T10:00:00+00:00"),
        (datetime(2026, 1, 31, 10, tzinfo=timezone(timedelta(hours=3))), "2026-01-31T07:00:00+00:00"),
        (b"\x01\xff", "01ff"),
        (bytearray(b"\x01"), "01"),
        (memoryview(b"\x01"), "01"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_value_text(value: object, text: str) -> None:
    """A value's text is what a person would type, and does not depend on the session's zone."""
    assert keys.value_text(value) == text


@given(st.lists(values, min_size=1, max_size=4))
def test_key_text_is_json(parts: list[object]) -> None:
    """A key is the compact JSON array of its texts, so no two keys share a text."""
    texts = [keys.value_text(part) for part in parts]
    assert keys.key_text(parts) == json.dumps(texts, ensure_ascii=False, separators=(",", ":"))


def test_key_text_tells_apart() -> None:
    """Where one value ends and the next begins is part of the key."""
    assert keys.key_text(["a,b", "c"]) != keys.key_text(["a", "b,c"])
    assert keys.key_text(['a","b']) != keys.key_text(["a", "b"])
    assert keys.key_text(["я", 'a"\n']) == '["я","a\\"\\n"]'


@pytest.mark.parametrize(
    ("header", "money"),
    [
        ("ClientId,Target,DateTime", 0),
        ("ClientId,Target,DateTime,Price", 1),
        ("ClientId,Target,DateTime,Currency", 1),
        (HEADER, 2),
    ],
)
def test_what_may_change(header: str, money: int) -> None:
    """Price and Currency are counted where the header has them."""
    assert keys.split_of(header).changing == money


@given(
    target=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=50).filter(str.strip),
    price=st.none() | st.decimals(0, 10**6, places=2) | st.floats(0, 1e6).map(lambda value: round(value, 2)),
    code=st.sampled_from([None, "RUB", "usd"]),
)
def test_split_line_agrees_with_csv(target: str, price: object, code: str | None) -> None:
    """Cutting at the last commas gives the same money as parsing the line."""
    (line,) = map_rows(row(Target=target, Price=price, Currency=code)).ready.lines
    head, money = keys.split_of(HEADER).parts(line)
    (fields,) = csv.reader(io.StringIO(line, newline=""), strict=True)
    (head_fields,) = csv.reader(io.StringIO(head, newline=""), strict=True)
    assert head_fields == fields[:3]
    assert money == ",".join(fields[3:])


def test_split_line_without_money() -> None:
    """Without money columns the whole line is the identity."""
    assert keys.split_of("ClientId,Target,DateTime").parts('1,"a,b",5') == ('1,"a,b",5', "")


ORDER = "id,create_date_time,client_ids,order_status,revenue"


def test_an_order_may_change_after_its_moment() -> None:
    """Quotes hide commas on both sides; numbers that are written differently differ."""
    split = keys.split_of(ORDER)
    assert split.parts('"a,""b",2026-01-31 10:00:00,"1,2",PAID,10') == (
        '"a,""b",2026-01-31 10:00:00',
        '"1,2",PAID,10',
    )
    assert not split.is_same("007,PAID,10", "7,PAID,10")
    earliest = datetime(2026, 1, 30, 20, tzinfo=UTC).timestamp()
    assert keys.moment("1,2026-01-31 10:00:00,1,PAID,10", split) == earliest
    assert keys.moment("5,1767225600,1", keys.split_of("ClientId,DateTime,StaticCall")) == 1_767_225_600


def test_identity_is_stable() -> None:
    """Digests are stored: this value must never change."""
    assert keys.identity("123,paid,1767225600").hex() == "1db072eb7795bc93"
    assert keys.identity("123,paid,1767225600") != keys.identity("123,paid,1767225601")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.50,RUB", "10.5,RUB", True),
        ("10,RUB", "10.00,RUB", True),
        ("10.50", "10.5", True),
        (",RUB", ",RUB", True),
        ("10.50,RUB", "10.51,RUB", False),
        ("10.50,RUB", "10.5,USD", False),
        ("0,RUB", ",RUB", False),
        ("10", "10,RUB", False),
        ("RUB", "USD", False),
        ("", "", True),
    ],
)
def test_same_money(one: str, other: str, *, same: bool) -> None:
    """A price is the same with more zeros; none is not zero."""
    assert keys.split_of(HEADER).is_same(one, other) is same
    assert keys.split_of(HEADER).is_same(other, one) is same
