"""Keys as 64-bit codes, many at a time, for their index. Pure, stable for ever.

A code only leads to the uploads in which a key may be; whether it is there says the key's text. So two keys
with one code cost a look and nothing else.

Keys of a single whole number below 10^18, the commonest kind, are their own code: new orders then lie behind
all older ones, and whoever looks them up touches nothing that is old. All other keys are negative, by a hash.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from syncd.model.digits import (
    NINE,
    ZERO,
    Codes,
    Letters,
    ends_of_lines,
    numbers_between,
    numbers_in,
    starts_of_lines,
)
from syncd.model.joined import JoinedLines
from syncd.model.key_code import DIGITS, NUMBER, code_of

_HEAD, _TAIL = b'["', b'"]'
_NUMBERS = re.compile(f"(?:{NUMBER}\n)*+".encode())


def codes_of(keys: Sequence[str]) -> Codes:
    """The code of each key, in the same order; not to be changed."""
    return (keys if isinstance(keys, JoinedLines) else JoinedLines(keys)).once(_codes)


def are_numbers(keys: JoinedLines) -> bool:
    """Whether each is one whole number below 10^18."""
    return keys.once(_numbers) is not None


def are_distinct(several: Sequence[Codes]) -> bool:
    """Whether no key is there twice; False also where two that differ have one code."""
    codes = np.sort(np.concatenate(several))
    return not (codes[1:] == codes[:-1]).any()


def _codes(keys: JoinedLines) -> Codes:
    numbers = keys.once(_numbers)
    return np.array([code_of(key) for key in keys], dtype=np.int64) if numbers is None else numbers


def _numbers(keys: JoinedLines) -> Codes | None:
    """The number that each key is; None where one is something else."""
    if not keys or not keys[0].startswith(_HEAD.decode()):
        return None
    text = keys.joined.encode("utf-8", "surrogatepass") + b"\n"
    letters = np.frombuffer(text, np.uint8)
    width = text.index(b"\n") + 1
    if len(text) == width * len(keys) and (numbers := _as_wide(letters.reshape(-1, width))) is not None:
        return numbers
    if _NUMBERS.fullmatch(text) is None:
        return None
    ends = ends_of_lines(letters)
    return numbers_between(letters, starts_of_lines(ends) + len(_HEAD), ends - len(_TAIL))


def _as_wide(table: Letters) -> Codes | None:
    """The numbers of keys that are all as long, as most pages of growing keys; None where one is none."""
    digits = table[:, len(_HEAD) : -len(_TAIL) - 1]
    size = digits.shape[1]
    frame = [*enumerate(_HEAD), *enumerate(_TAIL + b"\n", len(_HEAD) + size)]
    are_keys = (
        0 < size <= DIGITS
        and all((table[:, place] == letter).all() for place, letter in frame)
        and (digits - np.uint8(ZERO) <= NINE).all()
        and (size == 1 or (digits[:, 0] != ZERO).all())
    )
    return numbers_in(digits) if are_keys else None
