"""Marks as text: what is stored is what was read."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.model import Mark
from syncd.model.marks import is_mark_value, mark_from_text, mark_to_text

VALUES = st.one_of(
    st.integers(),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False),
    st.text(),
    st.binary(),
    st.datetimes(),
    st.datetimes(timezones=st.timezones()),
    st.dates(),
    st.uuids(),
)


@given(st.lists(VALUES, max_size=4))
def test_there_and_back(values: list[object]) -> None:
    """A mark comes back equal, with the same types, whatever it holds."""
    mark = Mark(tuple(values))  # type: ignore[arg-type]  # the strategies yield nothing else
    text = mark_to_text(mark)
    again = mark_from_text(text)
    assert text.isascii()
    assert [type(value) for value in again.values] == [type(value) for value in values]
    for one, other in zip(again.values, values, strict=True):
        if isinstance(one, datetime) and one.tzinfo is not None and isinstance(other, datetime):
            assert one - other.astimezone(one.tzinfo) == timedelta(0)
        else:
            assert one == other


def test_not_a_number() -> None:
    """NaN, which equals nothing, comes back as NaN."""
    (number, decimal) = mark_from_text(mark_to_text(Mark((math.nan, Decimal("NaN"))))).values
    assert isinstance(number, float)
    assert isinstance(decimal, Decimal)
    assert math.isnan(number)
    assert decimal.is_nan()


def test_readable() -> None:
    """A person can read a stored mark; its moments are in UTC."""
    moment = datetime(2026, 1, 31, 13, 0, 0, 123456, tzinfo=timezone(timedelta(hours=3)))
    text = mark_to_text(Mark((moment, 4711)))
    assert text == '[["datetime","2026-01-31T10:00:00.123456+00:00"],["int","4711"]]'
    assert mark_from_text(text).values[0] == moment.astimezone(UTC)


@pytest.mark.parametrize("value", [True, None, [1], timedelta(1)])
def test_no_mark(value: object) -> None:
    """What a mark cannot hold is refused rather than written in some way."""
    assert not is_mark_value(value)
    with pytest.raises(TypeError):
        mark_to_text(Mark((value,)))  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '[["int","x"]]', '[["bool","1"]]', '[["decimal","x"]]', "7"]
)
def test_no_text_of_a_mark(text: str) -> None:
    """A damaged text is refused as such."""
    with pytest.raises(ValueError, match="not the text of a mark"):
        mark_from_text(text)
