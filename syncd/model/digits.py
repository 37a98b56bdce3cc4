"""Numbers and places out of many lines of text at once, in numpy. Pure.

The bytes of a page that are looked at lie in tables: a row for each line, a column for each byte.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]
"""Numbers below 2^63, or places in a text."""
Letters = NDArray[np.uint8]
Words = NDArray[np.uint64]

WORD = 8
"""Bytes that are looked at together, the first one lowest."""
NEWLINE, ZERO, NINE = 10, 48, 9

# Eight digits become one number in three steps: each adds ten, a hundred, ten thousand times the first half
# of a pair to the second, for all pairs of a word together (Lemire, "Quickly parsing eight digits", 2018).
_STEPS = tuple(
    (np.uint64(mask), np.uint64(factor), np.uint64(shift))
    for mask, factor, shift in (
        (0x0F0F0F0F0F0F0F0F, 1 + (10 << 8), 8),
        (0x00FF00FF00FF00FF, 1 + (100 << 16), 16),
        (0x0000FFFF0000FFFF, 1 + (10_000 << 32), 32),
    )
)


def ends_of_lines(letters: Letters) -> Codes:
    """Where the newlines are."""
    return np.flatnonzero(letters == NEWLINE)


def starts_of_lines(ends: Codes) -> Codes:
    """Where lines start, by where they end."""
    starts = np.empty_like(ends)
    starts[0], starts[1:] = 0, ends[:-1] + 1
    return starts


def numbers_in(table: Letters) -> Codes:
    """Read the rows of a table of digits, 18 columns at most."""
    head = max(table.shape[1] - WORD, 0)
    numbers = np.zeros(len(table), np.int64)
    for column in range(table.shape[1] if head == 0 else head):
        numbers *= 10
        numbers += table[:, column]
        numbers -= ZERO
    if head:
        words = table[:, head:].copy().view("<u8")[:, 0]
        for mask, factor, shift in _STEPS:
            words = ((words & mask) * factor) >> shift
        numbers *= 10**WORD
        numbers += words.view(np.int64)
    return numbers


def numbers_between(letters: Letters, starts: Codes, ends: Codes) -> Codes:
    """Read the digits of each span, which may be of any sizes."""
    numbers, factor = np.zeros(len(starts), np.int64), 1
    for place in range(1, int((ends - starts).max()) + 1):
        at = ends - place
        numbers += np.where(at >= starts, letters[at].astype(np.int64) - ZERO, 0) * factor
        factor *= 10
    return numbers
