"""Keys as 64-bit codes, many at a time: what the index of delivered keys is made of. Pure, stable for ever.

A code only leads to the uploads in which a key may be; whether it is there says the key's text. So two keys
with one code cost a look and nothing else.

Keys of a single whole number below 2^62, the commonest kind, are their own code: new orders then lie behind
all older ones, and whoever looks them up touches nothing that is old. All other keys are negative, by a hash.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from syncd.model.joined import Texts
from syncd.model.keys import are_numbers

Codes = NDArray[np.int64]

_HEAD, _BETWEEN, _TAIL = '["', '"]\n["', '"]'
_ONE_NUMBER = re.compile(r'\["(?:0|[1-9][0-9]{0,17})"\]')
_SIGN = -(1 << 63)


def codes_of(keys: Sequence[str]) -> Codes:
    """The code of each key, in the same order; not to be changed."""
    return (keys if isinstance(keys, Texts) else Texts(keys)).once(_codes)


def are_distinct(several: Sequence[Codes]) -> bool:
    """Whether no key is there twice; False also where two that differ have one code."""
    codes = np.sort(np.concatenate(several))
    return not (codes[1:] == codes[:-1]).any()


def _codes(keys: Texts) -> Codes:
    if keys.once(are_numbers):
        digits = keys.joined.removeprefix(_HEAD).removesuffix(_TAIL).replace(_BETWEEN, "\n")
        return np.fromstring(digits, np.int64, sep="\n")
    return np.array([_code(key) for key in keys], dtype=np.int64)


def _code(key: str) -> int:
    if _ONE_NUMBER.fullmatch(key):
        return int(key[2:-2])
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True) | _SIGN
