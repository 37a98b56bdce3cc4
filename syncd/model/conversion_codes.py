"""Conversions as 64-bit codes, many at a time, for their index. Pure, stable for ever.

As with keys, a code only leads to the uploads in which a conversion may be. The DateTime stands in its upper
bits, so that codes of sales grow with time and whoever looks up new ones touches nothing that is old; below
it are 30 bits of a hash of ids and Target.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from syncd.model.digits import (
    WORD,
    Codes,
    Letters,
    Words,
    ends_of_lines,
    numbers_between,
    numbers_in,
    starts_of_lines,
)
from syncd.model.joined import JoinedLines, encoded

_HASH_BITS = 30
_FACTOR, _SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)
_BLOCK = 1 << 19
"""Bytes of lines that are coded at once: what is made of them on the way stays in the processor's cache."""
_WIDEST = 128
"""Bytes of the beginnings of lines that are looked at as a table."""
_MASKS = np.array([(1 << (8 * size)) - 1 for size in range(WORD + 1)], np.uint64)
"""What of a word is looked at, by the bytes of it that belong to the text."""
_LONGEST_MOMENT = 11
"""Digits of a DateTime."""
_COMMA, _QUOTE = ord(","), b'"'


def conversion_codes(lines: Sequence[str], money: int) -> Codes:
    """Code each line by what makes it one conversion at Metrica: ids, Target and DateTime.

    The lines are of one header; `money` is how many columns it has behind Target and DateTime,
    `keys.Split.changing`.
    """
    return (lines if isinstance(lines, JoinedLines) else JoinedLines(lines)).once(_CODERS[money])


def repeated_places(codes: Codes) -> list[int]:
    """Find the places of codes that are there more than once, in order."""
    ordered = np.sort(codes)
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    found: list[int] = np.flatnonzero(np.isin(codes, repeated)).tolist() if len(repeated) else []
    return found


def _codes(money: int, lines: JoinedLines) -> Codes:
    text, start, codes = encoded(lines), 0, [np.empty(0, np.int64)]
    while (end := text.find(b"\n", start + _BLOCK)) >= 0 and end + _WIDEST < len(text):
        codes.append(_codes_of_block(money, text, start, end + 1))
        start = end + 1
    if rest := text[start:]:
        codes.append(_codes_of_block(money, rest + b"\n" + bytes(_WIDEST), 0, len(rest) + 1))
    return np.concatenate(codes)


_CODERS = [partial(_codes, money) for money in range(3)]


def _codes_of_block(money: int, text: bytes, start: int, end: int) -> Codes:
    """Code the lines from `start` to `end`, each with its newline; behind them `_WIDEST` bytes follow."""
    letters = np.frombuffer(text, np.uint8, end - start, start)
    ends = ends_of_lines(letters)
    starts = starts_of_lines(ends)
    form = _form_of(text[start : start + int(ends[0])], money)
    if form is not None and text.find(_QUOTE, start, end) < 0:
        table = _beginnings(text, start, end, starts, form.moment + 1)
        if form.is_of_all(table, letters, ends - starts, ends):
            words = table.view("<u8")
            hashes = _hashes(lambda place: words[:, place // WORD], np.int64(form.identity))
            return (numbers_in(table[:, form.identity + 1 : form.moment]) << _HASH_BITS) | hashes
    before, behind = _edges(letters, ends, money)
    words = np.ndarray((end - start,), "<u8", text, start, (1,))
    hashes = _hashes(lambda place: words[np.minimum(starts + place, len(words) - 1)], before - starts)
    return (numbers_between(letters, before + 1, behind) << _HASH_BITS) | hashes


def _beginnings(text: bytes, start: int, end: int, starts: Codes, width: int) -> Letters:
    """The first bytes of each line as a table, so wide at least."""
    width = -(-width // WORD) * WORD
    rows = np.ndarray((end - start,), f"V{width}", text, start, (1,))[starts]
    return rows.view(np.uint8).reshape(-1, width)


class _Form(NamedTuple):
    """Where the commas of lines are whose cells are as wide, but for one that changes as it likes."""

    commas: Sequence[int]
    """Those of the cells up to the DateTime, and the one behind it, from the line's start."""
    backwards: Sequence[int]
    """The others, from its end."""
    identity: int
    """Bytes before the comma in front of the DateTime."""
    moment: int
    """Bytes up to the DateTime's end."""

    def is_of_all(self, table: Letters, letters: Letters, sizes: Codes, ends: Codes) -> bool:
        """Whether all lines have their commas there, and so nowhere else.

        For they are of one header and have no quotes: each has as many commas as the first.
        """
        if self.moment == self.commas[-1]:
            is_long_enough = int(sizes.min()) > self.moment + max(self.backwards, default=0)
        else:
            is_long_enough = int(sizes.min()) == self.moment == int(sizes.max())
        return (
            is_long_enough
            and all((table[:, place] == _COMMA).all() for place in self.commas)
            and all((letters[ends - place] == _COMMA).all() for place in self.backwards)
        )


def _form_of(line: bytes, money: int) -> _Form | None:
    """The form of a line; None where it is not one of a few short cells."""
    commas = [place for place, letter in enumerate(line) if letter == _COMMA]
    up_to = len(commas) - money
    if up_to < 1:
        return None
    moment = commas[up_to] if money else len(line)
    identity = commas[up_to - 1]
    if moment >= _WIDEST or moment - identity - 1 > _LONGEST_MOMENT:
        return None
    here = commas[: up_to + 1]
    return _Form(here, [len(line) - place for place in commas[up_to + 1 :]], identity, moment)


def _edges(letters: Letters, ends: Codes, money: int) -> tuple[Codes, Codes]:
    """Find the commas (or the end) before and behind each line's DateTime, counted from its end."""
    commas = np.flatnonzero(letters == _COMMA)
    last = np.searchsorted(commas, ends) - money
    return commas[last - 1], commas[last] if money else ends


def _hashes(word_at: Callable[[int], Words], sizes: Codes | np.int64) -> Codes:
    """Hash spans of so many bytes to `_HASH_BITS`, a word of all of them at a time.

    `word_at` gives of each span the eight bytes from a place on.
    """
    hashes = sizes.astype(np.uint64)
    shortest, longest = int(np.min(sizes)), int(np.max(sizes))
    for place in range(0, longest, WORD):
        word = word_at(place)
        if place + WORD > shortest:
            word = word & _MASKS[np.clip(sizes - place, 0, WORD)]
        mixed = ((hashes ^ (hashes >> _SHIFT)) ^ word) * _FACTOR
        hashes = mixed if place < shortest else np.where(sizes > place, mixed, hashes)
    finished = (hashes ^ (hashes >> _SHIFT)) * _FACTOR >> np.uint64(64 - _HASH_BITS)
    return np.asarray(finished).view(np.int64)
