"""What is kept of a row that cannot be sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from syncd.mapping.bad import BadValueError
from syncd.mapping.rejects import KEY_BYTES, reject_key, row_json, shown, usable_key
from syncd.model import Reason
from tests.support.mapping import map_rows, row


class Rude:
    """A value whose text cannot be had."""

    def __str__(self) -> str:
        """Fail."""
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("a", "a"),
        (1, "1"),
        (float("nan"), "nan"),
        (Decimal("1E+1000000"), "1E+1000000"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01 00:00:00+00:00"),
        (b"\x00\xff", "00ff"),
        (memoryview(b"ab"), "6162"),
        ("a\x00\x1b[31m\ud800", "a\\x00\\x1b[31m\\ud800"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 199 + "…"),
        ("\x00" * 60, "\\x00" * 49 + "\\x0" + "…"),
        (b"\xff" * 10_000, "f" * 199 + "…"),
        (Rude(), "<Rude>"),
    ],
)
def test_shown(value: object, text: str) -> None:
    """A value is shown as harmless text of at most 200 characters."""
    assert shown(value) == text


def test_row_json() -> None:
    """A row is kept as texts by column; null stays null, and a name that comes twice keeps both values."""
    kept = row_json(("id", "id", "note", "blob"), (1, None, "я\x00", b"\x01"))
    assert json.loads(kept) == {"id": "1", "id (2)": None, "note": "я\\x00", "blob": "01"}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([1, None], Reason.KEY_NULL),
        (["\ud800"], Reason.TEXT_CONTROL_CHARACTERS),
        (["x" * KEY_BYTES], Reason.TEXT_TOO_LONG),
        (["я" * 1000], Reason.TEXT_TOO_LONG),
        ([Decimal("1E+999999999")], Reason.TEXT_TOO_LONG),
        pytest.param([10**5000], Reason.TEXT_TYPE, id="long-int"),
    ],
)
def test_unusable_keys(values: list[object], reason: Reason) -> None:
    """A key that no store could hold is refused before it gets there."""
    with pytest.raises(BadValueError) as caught:
        usable_key(values)
    assert caught.value.reason is reason


def test_longest_key() -> None:
    """A key of just the longest size is taken."""
    assert len(usable_key(["x" * (KEY_BYTES - 4)])) == KEY_BYTES


def test_reject_with_a_usable_key_bears_it() -> None:
    """A reject of a row that has a key is known by that key, also when its mark is null."""
    rejects = map_rows(row(updated_at=None), row(Price="x")).rejects
    assert [reject.key for reject in rejects] == ['["1"]', '["1"]']


def test_reject_without_key() -> None:
    """Rows without a key are told apart by their content, and the same row is the same each time."""
    rows = [row(order_id=None), row(order_id=None, Target="other"), row(order_id=None, DateTime="1767225600")]
    first, second = ([reject.key for reject in map_rows(*rows).rejects] for _ in range(2))
    assert first == second
    assert len(set(first)) == len(rows)


def test_reject_key_shows_what_is_missing() -> None:
    """The key of such a reject shows its values, null included, and is stable for ever."""
    values: list[object] = [4711, None]
    assert reject_key(values, values) == '["4711",null,"row:4cdcf2b7407ef83c"]'


def test_long_values_differ_beyond_what_is_shown() -> None:
    """The digest is of the whole values: rows that differ late are two rows."""
    one, other = ("x" * 1000, None), ("x" * 999 + "y", None)
    assert reject_key([None], one) != reject_key([None], other)
