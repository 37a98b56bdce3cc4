"""Which of the newest rows lie so far ahead that the query's mark must not follow them. Pure.

One row with a wrong mark (milliseconds among seconds, an id with a few digits too many, `zzz` among dates)
would take the mark along, and none of the ordinary rows that come later would ever be read. So a run looks at
the newest marks there are before it reads:

    the newest marks   9000000000 | 10017 10016 10015 …  10001
    the mark follows up to 10017; the row of 9000000000 is sent and read again in each run

A wrong verdict costs only that: rows are read again, none is lost and none sent twice. The verdict ends by
itself, when ordinary rows have reached the outlying one, or when `SAMPLE_ROWS` rows stand there: then that is
where the query goes on. Moments have a fixed limit instead, one minute from now (`marks.ceiling`); so have
numbers that count seconds or smaller units since 1970, as long as the others do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from syncd.model import Mark, MarkValue
from syncd.model.marks import TOLERANCE

SAMPLE_ROWS = 100
"""So many rows far ahead are no mistake any more: the query goes on there."""
ENOUGH_ROWS = 20
"""With fewer rows below a gap, numbers are taken to begin at zero rather than at the first that was seen."""
GAP_IN_RANGES = 10
"""A gap is suspicious if it is that many times the range of all marks below it."""
SMALLEST_GAP = 10_000
"""SQL Server's identities jump by this many when the server restarts."""
LEAST_ALIKE = 3
"""Texts of one form below that tell what form a text should have."""
_YEAR_2000 = 946_684_800
_UNITS = (1, 1_000, 1_000_000, 1_000_000_000)
"""Units per second that numbers may count."""
_WORD = re.compile(r"[^\W_]+")


def outlying(marks: Sequence[Mark], now: datetime, known: Mark | None, oldest: Mark | None = None) -> int:
    """Count the marks at the head of `marks` that lie too far ahead of the others.

    Args:
        marks: The newest marks, the newest first; all of them if they are fewer than SAMPLE_ROWS.
        now: The moment.
        known: Where the query stands, if it does.
        oldest: The oldest mark of all, where it is known; without it only the sample's range counts.
    """
    values = [mark.values[0] for mark in marks]
    beyond_now = _beyond_now(values, now, None if known is None else known.values[0])
    if beyond_now is not None:
        return beyond_now
    if all(isinstance(value, str) for value in values):
        return _odd_texts([str(value) for value in values])
    numbers = [_number(value) for value in values]
    whole = [number for number in numbers if number is not None]
    if len(whole) != len(values):
        return 0
    first = None if oldest is None else _number(oldest.values[0])
    return _beyond_gap(whole, first)


def unit_of(value: MarkValue | None, now: datetime) -> int | None:
    """How many of its units make a second, if the number is a moment from 2000 until now; else None."""
    number = _number(value) if isinstance(value, int | float | Decimal) else None
    if number is None:
        return None
    latest = (now + TOLERANCE).timestamp()
    return next((unit for unit in _UNITS if _YEAR_2000 * unit <= number <= Decimal(latest) * unit), None)


def _beyond_now(values: Sequence[MarkValue], now: datetime, known: MarkValue | None) -> int | None:
    """Count the numbers beyond this minute; None where they count no time.

    The unit is that of the oldest of the sample, or of the query's mark where all of the sample has another.
    """
    unit = unit_of(known, now) or unit_of(values[-1], now)
    if unit is None:
        return None
    latest = Decimal((now + TOLERANCE).timestamp()) * unit
    numbers = map(_number, values)
    beyond = sum(1 for number in numbers if number is None or number > latest)
    if beyond < len(values):
        return beyond
    # All of the sample lies ahead: numbers that have outgrown what looked like seconds, or a unit mixed up.
    return beyond if all(unit_of(value, now) for value in values) else None


def _number(value: MarkValue) -> Decimal | None:
    """The value as a number whose distances mean something; None where it has none."""
    match value:
        case int() | float() | Decimal():
            number = Decimal(value)
        case UUID():
            number = Decimal(value.int)
        case bytes():
            number = Decimal(int.from_bytes(value))
        case _:
            return None
    return number if number.is_finite() else None


def _beyond_gap(numbers: Sequence[Decimal], first: Decimal | None) -> int:
    """Count the numbers above the lowest gap that dwarfs all that is below it."""
    found = 0
    lowest = numbers[-1] if first is None else min(first, numbers[-1])
    for place, (upper, lower) in enumerate(pairwise(numbers), 1):
        reach = lower - lowest
        if len(numbers) - place < ENOUGH_ROWS:
            reach = max(reach, abs(lower))
        if upper - lower > SMALLEST_GAP and upper - lower >= GAP_IN_RANGES * reach:
            found = place
    return found


def _odd_texts(texts: Sequence[str]) -> int:
    """Count the texts at the head of another form than all the rest, which have one."""
    usual = _form(texts[-1])
    odd = next((place for place, text in enumerate(texts) if _form(text) == usual), 0)
    rest = texts[odd:]
    is_told = len(rest) >= LEAST_ALIKE and all(_form(text) == usual for text in rest)
    return odd if is_told else 0


def _form(text: str) -> str:
    """What the texts of a column have alike: the length and kind of each word, and what is between them."""
    return _WORD.sub(lambda word: f"{'9' if word[0].isdigit() else 'x'}{len(word[0])}", text)
