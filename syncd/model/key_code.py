"""The code of one key, as `key_codes` makes them of many."""

from __future__ import annotations

import re
from hashlib import blake2b

DIGITS = 18
NUMBER = rf'\["(?:0|[1-9][0-9]{{0,{DIGITS - 1}}}+)"\]'
_ONE_NUMBER = re.compile(NUMBER)
_SIGN = -(1 << 63)


def code_of(key: str) -> int:
    """The number that the key is, or a negative one by its hash."""
    if _ONE_NUMBER.fullmatch(key):
        return int(key[2:-2])
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True) | _SIGN
