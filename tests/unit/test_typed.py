"""What a person types for a mark becomes a value of its column's type, or a plain refusal."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from syncd.inspect.typed import parsed
from syncd.model import Mark, MarkValue
from syncd.model.marks import since

MOSCOW = ZoneInfo("Europe/Moscow")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAIVE = NOON.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("text", "like", "value"),
    [
        ("2026-03-01 15:00", NOON, NOON),
        ("2026-03-01T12:00:00Z", NAIVE, datetime(2026, 3, 1, 15)),  # noqa: DTZ001 — a naive column
        ("2026-03-01", date(2026, 1, 1), date(2026, 3, 1)),
        ("4711", 5, 4711),
        ("1.50", Decimal(2), Decimal("1.50")),
        ("2026-03-01 10:00", "2026-01-01T09:00:00Z", "2026-03-01T07:00:00"),
        ("2026-03-01T10:00Z", "2026-01-01 09:00:00", "2026-03-01 13:00:00"),
        ("A-17", "A-1", "A-17"),
        ("00ff", b"x", b"\x00\xff"),
        (str(UUID(int=7)), UUID(int=1), UUID(int=7)),
    ],
)
def test_the_type_is_the_columns(text: str, like: MarkValue, value: MarkValue) -> None:
    """A moment without a zone is of the query's; text keeps the form that the column has."""
    assert parsed(text, like, MOSCOW) == value


@pytest.mark.parametrize(
    ("text", "like"), [("monday", NOON), ("x", 5), ("NaN", Decimal(1)), ("monday", "2026-01-01 09:00:00")]
)
def test_what_cannot_be_is_told(text: str, like: MarkValue) -> None:
    """The message says what is wanted instead."""
    with pytest.raises(ValueError, match=f"'{text}' is not a"):
        parsed(text, like, MOSCOW)


@pytest.mark.parametrize(
    ("newest", "mark"),
    [
        (NOON, NOON),
        (int(NOON.timestamp()) + 5, int(NOON.timestamp())),
        (int(NOON.timestamp()) * 1000, int(NOON.timestamp()) * 1000),
        ("2026-03-01T20:00:00+05:00", "2026-03-01T17:00:00"),
        (4711, None),
        ("A-17", None),
    ],
)
def test_a_moment_as_a_mark(newest: MarkValue, mark: MarkValue | None) -> None:
    """In the form of the newest mark; None where that is no time."""
    assert since(Mark((newest, 7)), NOON, NOON, UTC) == (None if mark is None else Mark((mark,)))
