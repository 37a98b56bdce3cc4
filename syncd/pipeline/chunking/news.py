"""What a row is, given what is remembered of its key: news, known, or another conversion. Pure."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from syncd.model import Known, KnownAs, keys

PASSED = b""
"""The identity remembered of rows that were there before `start: now`: taken for delivered as they are."""


LONGEST_SPREAD = 3600
"""Seconds by which `spread` moves a row at most."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What of a query decides about rows read again."""

    on_change: Literal["ignore", "resend"]
    split: keys.Split
    """`keys.split_of` the header."""
    ahead: AbstractSet[str] = frozenset()
    """Keys whose last row bears a mark of the future, and is not among those that are read."""
    spread: bool = False
    """Whether a line may have been delivered some seconds later (`same_conversion`)."""
    identity_words: str = "id, Target or DateTime"
    """What a key may not change, for people."""


def decide(line: str, known: Known | None, rules: Rules) -> Literal["news", "known", "changed"]:
    """What a line is, given what is remembered of its key."""
    if known is None or known.state is KnownAs.WAITING:
        return "news"
    identity, money = keys.fingerprint(line, rules.split)
    if known.refused == (identity, money):
        return "known"  # it is a reject, and just as it was
    same = identity == known.identity or (
        rules.spread and keys.is_moved(line, rules.split, known.identity, LONGEST_SPREAD)
    )
    if known.state is KnownAs.REJECTED:  # Metrica refused it: once it is put right it is news
        return "known" if same and money == known.money else "news"
    if known.identity == PASSED:
        return "known"
    if not same:
        return "changed"
    changed = rules.on_change == "resend" and not rules.split.is_same(money, known.money)
    return "news" if changed else "known"


def as_known(line: str, split: keys.Split, state: KnownAs) -> Known:
    """A line as the ledger would remember it."""
    return Known(state, *keys.fingerprint(line, split))
