"""Bloom filters: which codes a run of the key index certainly does not hold. Pure.

A filter takes a quarter of the space of the codes it is made of, so whoever looks for keys that are new reads
that instead of them (B. H. Bloom, 1970). The libraries for it take one value at a time; here it is a page.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from syncd.model.digits import Codes

_BITS = 16
"""Bits of a filter for each code."""
_PROBES = 6
"""Bits that each code sets: of codes that are not there, one in 1,000 is taken for one that is."""
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""2^64 by the golden ratio, which spreads neighbours all over (Knuth's multiplicative hashing)."""
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_BYTE, _IN_BYTE = np.uint64(3), np.uint64(7)

Words = NDArray[np.uint64]


def filter_of(codes: Codes) -> bytes:
    """Make the filter of these codes."""
    bits = np.zeros(len(codes) * _BITS, np.uint8)
    first, step = _hashes(codes)
    for probe in range(_PROBES):
        bits[_place(first, step, probe, len(bits))] = 1
    return np.packbits(bits, bitorder="little").tobytes()


def may_be_in(filtered: bytes, codes: Codes) -> NDArray[np.intp]:
    """Find the codes that the filter's may be among, by their places; no other is."""
    letters = np.frombuffer(filtered, np.uint8)
    first, step = _hashes(codes)
    left = np.arange(len(codes))
    for probe in range(_PROBES):
        places = _place(first[left], step[left], probe, len(letters) * 8)
        bits = letters[places >> _BYTE] >> (places & _IN_BYTE).astype(np.uint8)
        left = left[(bits & np.uint8(1)).view(np.bool_)]
    return left


def _hashes(codes: Codes) -> tuple[Words, Words]:
    """Two halves of one hash, which stand for as many as are wanted (Kirsch and Mitzenmacher, 2006)."""
    spread = codes.view(np.uint64) * _FACTOR
    spread = (spread ^ (spread >> _HALF)) * _FACTOR
    return spread >> _HALF, spread & _LOW | np.uint64(1)


def _place(first: Words, step: Words, probe: int, size: int) -> Words:
    """One of the bits of each code, in a filter of so many."""
    return ((first + step * np.uint64(probe)) & _LOW) * np.uint64(size) >> _HALF
