"""Rows that are read again and differ from what is known of their key: held back for a while. Pure.

A key may have several rows: a log of changes, the items of an order. What was delivered, or waits, is its
last one, so a row that differs is news only if none that comes after it is as it was.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from syncd.model import Chunk, Conversion, Known, KnownAs, Rows
from syncd.model.joined import Texts
from syncd.pipeline.chunking.news import Rules, decide


@dataclass(slots=True)
class SeenAgain:
    """Those of one range, until all of it was read."""

    keys: set[str] | None = None
    """Where they are wanted: takes the keys of all rows that can be sent."""
    lines: dict[str, str] = field(default_factory=dict)
    """Of delivered keys with other money: key → the last line."""
    waiting: dict[str, Conversion] = field(default_factory=dict)
    """Of keys that wait: key → the last row that waits."""
    header: str = ""
    oldest: float = math.inf
    newest: int = 0

    def rows(self) -> Rows:
        """The lines that are held back."""
        return Rows(Texts(self.lines), Texts(self.lines.values()), self.newest, self.oldest)

    def hold_rows(
        self, chunk: Chunk, rows: Rows, known: Mapping[str, Known], rules: Rules
    ) -> Iterator[tuple[str, str]]:
        """Hold back what has other money; gives the others, key and line."""
        self.header = chunk.header
        self.oldest, self.newest = min(self.oldest, rows.oldest), max(self.newest, rows.newest)
        for key, line in zip(rows.keys, rows.lines, strict=True):
            before = known.get(key) if rules.on_change == "resend" else None
            if before is None or before.state is not KnownAs.DELIVERED:
                yield key, line
                continue
            what = decide(line, before, rules)
            if what == "news" and key in rules.ahead:
                chunk.rows_known += 1
            elif what == "news" or (what == "known" and key in self.lines):
                chunk.rows_known += key in self.lines
                self.lines[key] = line
            else:
                yield key, line

    def hold_waiting(
        self, chunk: Chunk, rows: Sequence[Conversion], known: Mapping[str, Known]
    ) -> Iterator[Conversion]:
        """Hold back rows of keys that wait; gives the others."""
        self.header = chunk.header
        for row in rows:
            before = known.get(row.key)
            if before is not None and before.state is KnownAs.WAITING:
                chunk.rows_known += row.key in self.waiting
                self.waiting[row.key] = row
            else:
                yield row
