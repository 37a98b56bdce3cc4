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

_HEAD, _BETWEEN, _TAIL = '["', '"]\n["', '"]'
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
        digits = keys.joined.removeprefix(_HEAD).removesuffix(_TAIL).replace(_BETWEEN, "\n")
        return np.fromstring(digits, np.int64, sep="\n")
    return np.array([_code(key) for key in keys], dtype=np.int64)


def _code(key: str) -> int:
    if _ONE_NUMBER.fullmatch(key):
        return int(key[2:-2])
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True) | _SIGN


_HASH_BITS = 30
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_WORD = 8
"""Bytes that are hashed at once."""
_MASKS = np.array([(1 << (8 * size)) - 1 for size in range(_WORD + 1)], np.uint64)
"""What of a word is looked at, by the bytes of it that belong to the text."""
_COMMA, _NEWLINE, _ZERO = 44, 10, 48


def conversion_codes(lines: Sequence[str], money: int) -> Codes:
    """Code each line by what makes it one conversion at Metrica: ids, Target and DateTime.

    The DateTime stands in the upper bits, so that codes of sales grow with time and whoever looks up new ones
    touches nothing that is old; below it are 30 bits of a hash of ids and Target. `money` is how
    many columns the header has behind Target and DateTime, `keys.Split.changing`.
    """
    return (lines if isinstance(lines, JoinedLines) else JoinedLines(lines)).once(_CODERS[money])


def repeated_places(codes: Codes) -> list[int]:
    """Find the places of codes that are there more than once, in order."""
    order = np.argsort(codes, kind="stable")
    equal = codes[order][1:] == codes[order][:-1]
    places = np.concatenate([order[1:][equal], order[:-1][equal]])
    found: list[int] = np.unique(places).tolist()
    return found


def _conversion_codes(money: int, lines: JoinedLines) -> Codes:
    if not lines:
        return np.empty(0, np.int64)
    text = encoded(lines) + b"\n" + bytes(_WORD)
    letters = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(letters == _NEWLINE)
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])
    commas = np.flatnonzero(letters == _COMMA)
    last = np.searchsorted(commas, ends) - money
    end, before = commas[last] if money else ends, commas[last - 1]
    return (_numbers(letters, before + 1, end) << _HASH_BITS) | _hashes(text, starts, before - starts)


_CODERS = [partial(_conversion_codes, money) for money in range(3)]


def _numbers(letters: NDArray[np.uint8], starts: Codes, ends: Codes) -> Codes:
    """Read the digits of each span."""
    values, factor = np.zeros(len(starts), np.int64), 1
    shortest = int((ends - starts).min())
    for place in range(1, int((ends - starts).max()) + 1):
        at = ends - place
        digits = letters[at].astype(np.int64) - _ZERO
        values += (digits if place <= shortest else np.where(at >= starts, digits, 0)) * factor
        factor *= 10
    return values


def _hashes(text: bytes, starts: Codes, sizes: Codes) -> Codes:
    """Hash each span to `_HASH_BITS`, eight bytes of all spans at a time."""
    words = np.ndarray((len(text) - _WORD + 1,), "<u8", text, strides=(1,))
    hashes = np.zeros(len(starts), np.uint64)
    shortest = int(sizes.min())
    for offset in range(0, int(sizes.max()), _WORD):
        if offset + _WORD <= shortest:  # a whole word of each
            mixed = (hashes ^ words[starts + offset]) * _FACTOR
            hashes = mixed ^ (mixed >> np.uint64(29))
            continue
        left = np.clip(sizes - offset, 0, _WORD)
        word = words[np.where(left, starts + offset, 0)] & _MASKS[left]
        mixed = (hashes ^ word) * _FACTOR
        hashes = np.where(left, mixed ^ (mixed >> np.uint64(29)), hashes)
    return ((hashes * _FACTOR) >> np.uint64(64 - _HASH_BITS)).astype(np.int64)
