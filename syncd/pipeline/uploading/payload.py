"""The wire format of an upload: bytes, tag and parameter. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count

from syncd.model.joined import encoded

TAG_PREFIX = "syncd"
_TAG_BYTES = 16


def render(header: str, lines: Sequence[str]) -> tuple[bytes, ...]:
    r"""In pieces, repeatable byte for byte: header and lines in UTF-8, each ended by `\n`, no BOM."""
    head = f"{header}\n".encode()
    return (head, encoded(lines), b"\n") if lines else (head,)


@dataclass(frozen=True, slots=True)
class Tagger:
    """Makes the tags of one query's uploads with one header."""

    query: str
    counter: int
    header: str

    def begin(self) -> Tagging:
        """Begin a tag, to which lines are added one by one."""
        return Tagging(f"{self.query}\n{self.counter}\n{self.header}\n")

    def tag_of(self, lines: Sequence[str], nonce: int) -> str:
        """The `comment` of an upload of these lines, as the API takes no other signs.

        The same rows make the same tag, also when the state store has forgotten them (`restore`). `nonce`
        keeps it unique: how many uploads before had the same content.
        """
        tagging = self.begin()
        tagging.add(encoded(lines))
        return tagging.tag(nonce)


class Tagging:
    """The digest of an upload's content so far."""

    def __init__(self, head: str) -> None:
        self._digest = blake2b(head.encode(), digest_size=_TAG_BYTES)

    def add(self, line: bytes) -> None:
        """One line more, or several joined by newlines; none of them holds one."""
        self._digest.update(line)
        self._digest.update(b"\n")

    def tag(self, nonce: int) -> str:
        """The tag of what was added; more may be added after."""
        digest = self._digest.copy()
        digest.update(f"\n{nonce}".encode())
        return TAG_PREFIX + digest.hexdigest()


def unused_tag(tagger: Tagger, lines: Sequence[str], is_used: Callable[[str], bool]) -> str:
    """The tag for a new upload of these lines."""
    return next(tag for tag in (tagger.tag_of(lines, nonce) for nonce in count()) if not is_used(tag))
