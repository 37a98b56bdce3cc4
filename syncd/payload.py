"""The wire format of an upload (product.md 4): bytes, tag and parameter. Pure, but for the random tag."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from syncd.model import IdKind

TAG_PREFIX = "syncd"
_TAG_BYTES = 16

# PurchaseId has no client_id_type in any generation of the API's documents (metrica-api.md 1).
_UNTYPED = frozenset({IdKind.PURCHASE_ID})


def render(header: str, lines: Sequence[str]) -> bytes:
    r"""The file, byte for byte repeatable: header and lines in UTF-8, each ended by `\n`, no BOM."""
    return "\n".join([header, *lines, ""]).encode()


def new_tag() -> str:
    """A new upload's `comment`: `syncd` and 32 random hexadecimal digits, as the API takes no other signs."""
    return TAG_PREFIX + secrets.token_hex(_TAG_BYTES)


def client_id_type(header: str) -> str | None:
    """The parameter `client_id_type`; None for several kinds of id, or for one that has none."""
    names = header.split(",")
    kinds = {kind for kind in IdKind if kind.column in names}
    return kinds.pop().value if len(kinds) == 1 and not kinds & _UNTYPED else None
