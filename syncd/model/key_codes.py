"""Keys and conversions as 64-bit codes, many at a time, for their indexes. Pure, stable for ever.

A code only leads to the uploads in which a key may be; whether it is there says the key's text. So two keys
with one code cost a look and nothing else.

Keys of a single whole number below 2^62, the commonest kind, are their own code: new orders then lie behind
all older ones, and whoever looks them up touches nothing that is old. All other keys are negative, by a hash.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from syncd.model.joined import JoinedLines, encoded
from syncd.model.keys import are_numbers

Codes = NDArray[np.int64]

_HEAD, _TAIL = '["', '"]'
_ONE_NUMBER = re.compile(r'\["(?:0|[1-9][0-9]{0,17})"\]')
_SIGN = -(1 << 63)


def codes_of(keys: Sequence[str]) -> Codes:
    """The code of each key, in the same order; not to be changed."""
    return (keys if isinstance(keys, JoinedLines) else JoinedLines(keys)).once(_codes)


def are_distinct(several: Sequence[Codes]) -> bool:
    """Whether no key is there twice; False also where two that differ have one code."""
    codes = np.sort(np.concatenate(several))
    return not (codes[1:] == codes[:-1]).any()


def _codes(keys: JoinedLines) -> Codes:
    if keys.once(are_numbers):
        text = encoded(keys) + b"\n"
        letters = np.frombuffer(text, np.uint8)
        ends = np.flatnonzero(letters == _NEWLINE)
        return _numbers(letters, _starts(ends) + len(_HEAD), ends - len(_TAIL))
    return np.array([_code(key) for key in keys], dtype=np.int64)


def _code(key: str) -> int:
    if _ONE_NUMBER.fullmatch(key):
        return int(key[2:-2])
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True) | _SIGN


_HASH_BITS = 30
_FACTOR, _SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)
_WORD = 8
"""Bytes that are hashed at once."""
_BLOCK = 1 << 18
"""Bytes of lines that are coded at once: what is made of them on the way stays in the processor's cache."""
_MASKS = np.array([(1 << (8 * size)) - 1 for size in range(_WORD + 1)], np.uint64)
"""What of a word is looked at, by the bytes of it that belong to the text."""
_COMMA, _NEWLINE, _ZERO = 44, 10, 48
_TENS = 10 ** np.arange(18, -1, -1, dtype=np.int64)


def conversion_codes(lines: Sequence[str], money: int) -> Codes:
    """Code each line by what makes it one conversion at Metrica: ids, Target and DateTime.

    The DateTime stands in the upper bits, so that codes of sales grow with time and whoever looks up new ones
    touches nothing that is old; below it are 30 bits of a hash of ids and Target. `money` is how
    many columns the header has behind Target and DateTime, `keys.Split.changing`.
    """
    return (lines if isinstance(lines, JoinedLines) else JoinedLines(lines)).once(_CODERS[money])


def repeated_places(codes: Codes) -> list[int]:
    """Find the places of codes that are there more than once, in order."""
    ordered = np.sort(codes)
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    found: list[int] = np.flatnonzero(np.isin(codes, repeated)).tolist() if len(repeated) else []
    return found


def _conversion_codes(money: int, lines: JoinedLines) -> Codes:
    text, start, codes = encoded(lines), 0, [np.empty(0, np.int64)]
    while (end := text.find(b"\n", start + _BLOCK)) >= 0 and end + _WORD < len(text):
        codes.append(_codes_of_block(money, text, start, end + 1))
        start = end + 1
    if rest := text[start:]:
        codes.append(_codes_of_block(money, rest + b"\n" + bytes(_WORD), 0, len(rest) + 1))
    return np.concatenate(codes)


def _codes_of_block(money: int, text: bytes, start: int, end: int) -> Codes:
    """Code the lines from `start` to `end`, each with its newline; behind them at least a word follows."""
    letters = np.frombuffer(text, np.uint8, end - start, start)
    ends, before, behind = _edges(letters, money)
    starts = _starts(ends)
    words = np.ndarray((end - start,), "<u8", text, start, (1,))
    return (_numbers(letters, before + 1, behind) << _HASH_BITS) | _hashes(words, starts, before - starts)


def _starts(ends: Codes) -> Codes:
    """Where lines start, by where they end."""
    starts = np.empty_like(ends)
    starts[0], starts[1:] = 0, ends[:-1] + 1
    return starts


_CODERS = [partial(_conversion_codes, money) for money in range(3)]


def _edges(letters: NDArray[np.uint8], money: int) -> tuple[Codes, Codes, Codes]:
    """Find where each line ends, and the commas (or the end) before and behind its DateTime."""
    marks = np.flatnonzero(letters <= _COMMA)
    found = letters[marks]
    is_end = found == _NEWLINE
    lines = np.count_nonzero(is_end)
    if len(marks) % lines == 0 and np.count_nonzero(found == _COMMA) == len(marks) - lines:
        width = len(marks) // lines  # of each line, most likely: no quotes, no commas in texts
        if is_end[width - 1 :: width].all():
            table = marks.reshape(lines, width)
            return table[:, -1], table[:, -2 - money], table[:, -1 - money]
    ends = np.flatnonzero(letters == _NEWLINE)
    places = np.flatnonzero(letters == _COMMA)
    last = np.searchsorted(places, ends) - money
    return ends, places[last - 1], places[last] if money else ends


def _numbers(letters: NDArray[np.uint8], starts: Codes, ends: Codes) -> Codes:
    """Read the digits of each span."""
    sizes = ends - starts
    longest = int(sizes.max())
    if longest == int(sizes.min()):
        spans = np.ndarray((len(letters) - longest + 1,), f"S{longest}", letters, strides=(1,))
        digits = spans[starts].view(np.uint8).reshape(-1, longest) - np.uint8(_ZERO)
        return digits @ _TENS[-longest:]
    values, factor = np.zeros(len(starts), np.int64), 1
    for place in range(1, longest + 1):
        at = ends - place
        values += np.where(at >= starts, letters[at].astype(np.int64) - _ZERO, 0) * factor
        factor *= 10
    return values


def _hashes(words: NDArray[np.uint64], starts: Codes, sizes: Codes) -> Codes:
    """Hash each span to `_HASH_BITS`, eight bytes of all spans at a time; the last eight may overlap.

    `words` are the eight bytes from each place on.
    """
    shortest, longest = int(sizes.min()), int(sizes.max())
    if shortest < _WORD:  # no word is whole: what belongs to the next column is not looked at
        last = words[starts + np.maximum(sizes - _WORD, 0)] & _MASKS[np.minimum(sizes, _WORD)]
    else:
        last = words[starts + (sizes - _WORD)]
    hashes = last * _FACTOR
    for offset in range(0, longest - _WORD, _WORD):
        mixed = ((hashes ^ (hashes >> _SHIFT)) ^ words[np.minimum(starts + offset, len(words) - 1)]) * _FACTOR
        hashes = mixed if offset + _WORD < shortest else np.where(sizes > offset + _WORD, mixed, hashes)
    return ((hashes ^ (hashes >> _SHIFT)) * _FACTOR >> np.uint64(64 - _HASH_BITS)).astype(np.int64)
