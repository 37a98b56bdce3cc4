"""Which of the newest rows the query's mark does not follow."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from syncd.model import Mark, MarkValue
from syncd.pipeline.reading.outliers import SAMPLE_ROWS, outlying

NOW = datetime(2026, 11, 29, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
SNOWFLAKE = 500_000_000_000_000_000


def count(values: list[MarkValue], known: MarkValue | None = None, oldest: MarkValue | None = None) -> int:
    """How many of these marks, given the newest first, are outlying."""
    marks = [Mark((value, number)) for number, value in enumerate(values)]
    one, other = (None if value is None else Mark((value,)) for value in (known, oldest))
    return outlying(marks[:SAMPLE_ROWS], NOW, one, other)


@pytest.mark.parametrize(
    ("head", "tail"),
    [
        ([9_000_000_000], range(10_030, 10_000, -1)),  # an id with a typo
        ([9_000_000_000], [10_002, 10_001]),  # few rows yet
        ([10**18, 9_000_000_000], range(10_030, 10_000, -1)),  # two of them, each on a scale of its own
        ([SECONDS * 1000], range(SECONDS, SECONDS - 5, -1)),  # milliseconds among seconds
        ([SECONDS + 86_400], range(SECONDS, SECONDS - 5, -1)),  # tomorrow
        ([SECONDS * 1_000_000], range(SECONDS * 1000, SECONDS * 1000 - 5, -1)),
        (["zzz"], ["ORD-000017", "ORD-000016", "ORD-000015"]),
        ([20_991_231], range(20_261_129, 20_261_101, -1)),  # a day, in digits
        ([UUID(int=2**128 - 1)], [UUID(int=(0x0190 << 112) + n * 2**64) for n in range(30, 0, -1)]),
    ],
)
def test_rows_that_are_not_followed(head: list[MarkValue], tail: list[MarkValue]) -> None:
    """They lie beyond now, or beyond a gap that dwarfs all else, or have another form."""
    assert count([*head, *tail]) == len(head)


@pytest.mark.parametrize(
    "values",
    [
        [10_025, 25, 24, 23],  # SQL Server's identity after a restart
        [1_000_032, 1_000_000, 999_999],  # a sequence with a cache
        [SNOWFLAKE + 4 * 10**14, *range(SNOWFLAKE, SNOWFLAKE - 30 * 2**44, -(2**44))],  # a quiet day
        [7 * 10**9 + 5, 6 * 10**9 + 7, 5 * 10**9 + 3],  # blocks of ids, one per shard
        ["INV-2026-0001", "INV-2025-9999", "INV-2025-9998"],
        ["b", "a"],
        [SECONDS, SECONDS - 90_000, *[SECONDS - 200_000] * 30],  # a nightly import
        [7],
    ],
)
def test_ordinary_jumps_are_followed(values: list[MarkValue]) -> None:
    """Ids jump, and whole nights pass without a row."""
    assert count(list(values)) == 0


def test_many_rows_are_where_the_query_goes_on() -> None:
    """Also where the numbers have outgrown what looked like seconds."""
    assert count(list(range(9_000_000_200, 9_000_000_000, -1))) == 0
    assert count(list(range(SECONDS + 10_000, SECONDS + 9_000, -1)), known=SECONDS - 5) == 0


def test_many_rows_in_another_unit_are_a_mistake_still() -> None:
    """The query's own mark tells what its unit is."""
    millis = SECONDS * 1000
    assert count(list(range(millis, millis - 200, -1)), known=SECONDS - 5) == SAMPLE_ROWS


def test_the_range_of_all_rows_counts() -> None:
    """Not only of the last hundred: a day's pause is nothing to a sequence of years."""
    values = [SNOWFLAKE + 4 * 10**14, *range(SNOWFLAKE, SNOWFLAKE - 99, -1)]
    assert count(values) == 1
    assert count(values, oldest=SNOWFLAKE - 10**17) == 0
