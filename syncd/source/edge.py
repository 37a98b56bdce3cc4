"""Memory of the last page's end, so that a page's edge may run through rows that tie.

Each page begins at the last row of the one before, that row and its ties included; what comes again is
recognised here and dropped. Rows are remembered by a digest of their whole content, with their number, so
two identical rows are two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from uuid import UUID

from syncd.model import Mark

_EXACT = (int, float, Decimal, bytes, date, UUID)
"""Types that Python compares as databases do. Text is not among them: collations differ."""

Row = tuple[object, ...]
CursorOf = Callable[[int], tuple[object, ...]]


@dataclass(slots=True)
class Edge:
    """The end of the last page of a scan."""

    mark: Mark
    cursor: tuple[object, ...]
    """The last row's mark and tie-breakers."""
    given: Counter[bytes] = field(default_factory=Counter)
    """Rows given out that may come again: all that tie with the cursor, and perhaps some that do not."""
    ties: int = 0
    """How many rows given out tie with the cursor for certain, and so will come again."""
    last_line: tuple[str, str] | None = None
    """Key and line of the last row, where it was given out as text."""
    is_tied: bool = False
    """Whether the last page ended among rows that tie with the end of the page before it."""

    @property
    def is_exact(self) -> bool:
        """Whether Python can tell by itself which rows tie with the cursor."""
        return all(isinstance(value, _EXACT) for value in self.cursor)

    def is_tie(self, cursor: Sequence[object]) -> bool:
        """Whether a cursor equals this one; only to be asked if `is_exact`."""
        return all(_certain(one, other) for one, other in zip(self.cursor, cursor, strict=True))

    def fresh_places(self, rows: Sequence[Row], ties: Sequence[bool]) -> list[int]:
        """Places of the rows that were not given out yet; `ties` tells which tie with the cursor."""
        left = self.given.copy() if self.given else None
        found = []
        for place, (row, is_tie) in enumerate(zip(rows, ties, strict=True)):
            if is_tie and left and left[mark := digest(row)] > 0:
                left[mark] -= 1
            else:
                found.append(place)
        return found

    def advance(self, rows: Sequence[Row], cursor_of: CursorOf, mark: Mark, *, is_tied: bool) -> Edge:
        """The edge after these rows, which are not empty, were given out.

        Args:
            rows: The rows.
            cursor_of: Gives the cursor of a row by its place among them.
            mark: That of the last row.
            is_tied: Whether the last row ties with the old cursor, and so all of them do.
        """
        if is_tied:
            given = self.given
            given.update(map(digest, rows))
            last = cursor_of(len(rows) - 1)
            return Edge(mark, last, given, self.ties + len(rows), is_tied=True)
        return first_edge(rows, cursor_of, mark)


def first_edge(rows: Sequence[Row], cursor_of: CursorOf, mark: Mark) -> Edge:
    """The edge after the first page, or after one that left the old edge's ties behind."""
    last = cursor_of(len(rows) - 1)
    edge = Edge(mark, last)
    for place in range(len(rows) - 1, -1, -1):
        cursor = cursor_of(place)
        if not all(_perhaps(one, other) for one, other in zip(last, cursor, strict=True)):
            break
        edge.given[digest(rows[place])] += 1
        edge.ties += all(_certain(one, other) for one, other in zip(last, cursor, strict=True))
    return edge


def digest(row: Row) -> bytes:
    """16 bytes that stand for a row's content, whatever types it holds."""
    return blake2b(repr(row).encode(errors="surrogatepass"), digest_size=16).digest()


def _certain(one: object, other: object) -> bool:
    """Equal in every database; NaN, which Python finds unequal to itself, is."""
    return one == other or repr(one) == repr(other)


def _perhaps(one: object, other: object) -> bool:
    """Equal in some database."""
    return not isinstance(one, _EXACT) or not isinstance(other, _EXACT) or _certain(one, other)
