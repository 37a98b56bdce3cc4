"""What a row is, given what is remembered of its key: news, known, or another conversion. Pure.

A key may have several rows: a log of changes, the items of an order. What was delivered, or waits, is the
last of them. So while rows are read again, one that differs is held back until the range has been read: it is
news only if no row that comes after it is as it was.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Literal

from syncd.model import Chunk, Conversion, Known, RowFate, Rows, keys
from syncd.model.joined import JoinedLines

PASSED = b""
"""The identity remembered of rows that were there before `start: now`: taken for delivered as they are."""


LONGEST_SPREAD = 3600
"""Seconds by which `spread` moves a row at most."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a query for rows that are read again."""

    on_change: Literal["ignore", "resend"]
    split: keys.Split
    """`keys.split_of` the header."""
    spread: bool = False
    """Whether a line may have been delivered some seconds later (`same_conversion`)."""
    identity_words: str = "id, Target or DateTime"
    """What a key may not change, for people."""


def decide(line: str, known: Known | None, rules: Rules) -> Literal["news", "known", "changed"]:
    """Judge a line by what is remembered of its key."""
    if known is None or known.state is RowFate.WAITING:
        return "news"
    identity, money = keys.fingerprint(line, rules.split)
    if known.refused == (identity, money):
        return "known"  # it is a reject, and just as it was
    same = identity == known.identity or (
        rules.spread and keys.is_moved(line, rules.split, known.identity, LONGEST_SPREAD)
    )
    if known.state is RowFate.REJECTED:  # Metrica refused it: once it is put right it is news
        return "known" if same and money == known.money else "news"
    if known.identity == PASSED:
        return "known"
    if not same:
        return "changed"
    changed = rules.on_change == "resend" and not rules.split.is_same(money, known.money)
    return "news" if changed else "known"


def as_known(line: str, split: keys.Split, state: RowFate) -> Known:
    """Describe a line as the ledger would remember it."""
    return Known(state, *keys.fingerprint(line, split))


@dataclass(slots=True)
class HeldRows:
    """The rows of one range that are held back until all of it has been read."""

    future_keys: AbstractSet[str] = frozenset()
    """Keys whose last row bears a mark of the future, and so is not in the range."""
    seen_keys: set[str] | None = None
    """Takes the keys of all rows that can be sent, where somebody wants them."""
    ends_with_page: bool = False
    """Whether the range is read for the first time: what is held back is decided at the end of the page."""
    lines: dict[str, str] = field(default_factory=dict)
    """Delivered keys with other money: key → the last line."""
    waiting: dict[str, Conversion] = field(default_factory=dict)
    """Keys that wait: key → the last row that waits."""
    header: str = ""
    oldest: float = math.inf
    newest: int = 0

    def rows(self) -> Rows:
        """Give the lines that are held back."""
        return Rows(JoinedLines(self.lines), JoinedLines(self.lines.values()), self.newest, self.oldest)

    def hold_rows(
        self, chunk: Chunk, rows: Rows, known: Mapping[str, Known], rules: Rules
    ) -> Iterator[tuple[str, str]]:
        """Hold back the rows that have other money; give the others, key and line."""
        self.header = chunk.header
        self.oldest, self.newest = min(self.oldest, rows.oldest), max(self.newest, rows.newest)
        for key, line in zip(rows.keys, rows.lines, strict=True):
            before = known.get(key) if rules.on_change == "resend" else None
            if before is None or before.state is not RowFate.DELIVERED:
                yield key, line
                continue
            what = decide(line, before, rules)
            if what == "news" and key in self.future_keys:
                chunk.rows_known += 1
            elif what == "news" or (what == "known" and key in self.lines):
                chunk.rows_known += key in self.lines
                self.lines[key] = line
            else:
                yield key, line

    def hold_waiting(
        self, chunk: Chunk, rows: Sequence[Conversion], known: Mapping[str, Known]
    ) -> Iterator[Conversion]:
        """Hold back the rows of keys that wait; give the others."""
        self.header = chunk.header
        for row in rows:
            before = known.get(row.key)
            if before is not None and before.state is RowFate.WAITING:
                chunk.rows_known += row.key in self.waiting
                self.waiting[row.key] = row
            else:
                yield row
