"""Which mapped rows are news: the keys already accounted for are taken out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from syncd import keys
from syncd.model import Chunk, Conversion, Known, KnownAs, Mapped, Reason, Reject

LARGEST_FILE = 1_000_000_000
"""Bytes: the API takes 1 GB [D faq.md]."""
PAGE_ROWS = 10_000
"""Rows read at once: what bounds the memory, however long the chunk."""
LARGEST_PAGE = 64_000_000
"""Bytes that a page of lines can come to: PAGE_ROWS rows of five texts of 255 four-byte characters."""
PASSED = b""
"""The identity remembered of rows that were there before `start: now`: taken for delivered as they are."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What of a query decides about rows read again."""

    on_change: Literal["ignore", "resend"]
    money: int
    """`keys.money_columns` of the header."""


def rows_wanted(chunk: Chunk, chunk_rows: int) -> int:
    """How many rows to read next so that the chunk never holds more than `chunk_rows` to send."""
    return min(PAGE_ROWS, chunk_rows - len(chunk.ready))


def is_full(chunk: Chunk, chunk_rows: int) -> bool:
    """True when nothing more may be added: rows, bytes, or enough read that it should be recorded."""
    return (
        len(chunk.ready) >= chunk_rows
        or chunk.size > LARGEST_FILE - LARGEST_PAGE
        or chunk.rows_read >= chunk_rows + 10 * PAGE_ROWS
    )


def add(chunk: Chunk, mapped: Mapped, known: Mapping[str, Known], rules: Rules) -> None:
    """Put the news of one page into the chunk; count what is known.

    Args:
        chunk: What is being collected; changed in place.
        mapped: The page's rows.
        known: What the ledger remembers of the page's keys, conversions and rejects alike.
        rules: The query's.
    """
    chunk.rows_read += len(mapped.ready) + len(mapped.waiting) + len(mapped.rejects)
    inside = {conversion.key: index for index, conversion in enumerate(chunk.ready)}
    for conversion in mapped.ready:
        _add_ready(chunk, conversion, known.get(conversion.key), inside, rules)
    for conversion in mapped.waiting:
        _add_waiting(chunk, conversion, known.get(conversion.key), inside, rules)
    for reject in mapped.rejects:
        _add_reject(chunk, reject, known.get(reject.key), rules)


def _add_ready(
    chunk: Chunk, conversion: Conversion, known: Known | None, inside: dict[str, int], rules: Rules
) -> None:
    index = inside.get(conversion.key)
    if index is not None:
        known = _as_known(chunk.ready[index], rules.money, KnownAs.DELIVERED)
    match _decide(conversion, known, rules):
        case "news" if index is not None:  # the newest money takes the place of the one before
            chunk.rows_known += 1
            chunk.size += _bytes(conversion) - _bytes(chunk.ready[index])
            chunk.ready[index] = conversion
        case "news":
            inside[conversion.key] = len(chunk.ready)
            chunk.ready.append(conversion)
            chunk.size += _bytes(conversion)
        case "known":
            chunk.rows_known += 1
        case "changed":
            chunk.rejects.append(_changed(conversion))


def _add_waiting(
    chunk: Chunk, conversion: Conversion, known: Known | None, inside: dict[str, int], rules: Rules
) -> None:
    index = inside.get(conversion.key)
    if index is not None:
        known = _as_known(chunk.ready[index], rules.money, KnownAs.DELIVERED)
    if known == _as_known(conversion, rules.money, KnownAs.WAITING):
        chunk.rows_known += 1
        return
    match _decide(conversion, known, rules):
        case "news":
            chunk.waiting.append(conversion)
        case "known":
            chunk.rows_known += 1
        case "changed":
            chunk.rejects.append(_changed(conversion))


def _add_reject(chunk: Chunk, reject: Reject, known: Known | None, rules: Rules) -> None:
    """A delivered row that turned bad is left alone, unless its change should have been sent."""
    delivered = known is not None and known.state is KnownAs.DELIVERED
    passed = known is not None and known.identity == PASSED
    if delivered and (rules.on_change == "ignore" or passed):
        chunk.rows_known += 1
    else:
        chunk.rejects.append(reject)


def _decide(conversion: Conversion, known: Known | None, rules: Rules) -> Literal["news", "known", "changed"]:
    """What a conversion is, given what is remembered of its key."""
    if known is None or known.state is KnownAs.WAITING:
        return "news"
    head, money = keys.split_line(conversion.line, rules.money)
    same = keys.identity(head) == known.identity
    if known.state is KnownAs.REJECTED:  # Metrica refused it: once it is put right it is news
        return "known" if same and money == known.money else "news"
    if known.identity == PASSED:
        return "known"
    if not same:
        return "changed"
    return "news" if money != known.money and rules.on_change == "resend" else "known"


def _as_known(conversion: Conversion, money: int, state: KnownAs) -> Known:
    """The conversion as the ledger would remember it."""
    head, amounts = keys.split_line(conversion.line, money)
    return Known(state, keys.identity(head), amounts)


def _changed(conversion: Conversion) -> Reject:
    return Reject(
        key=conversion.key,
        reason=Reason.IDENTITY_CHANGED,
        column="",
        value=conversion.line[:200],
        row="{}",
        detail="the key was delivered with another id, Target or DateTime; this would count twice",
    )


def _bytes(conversion: Conversion) -> int:
    return len(conversion.line.encode()) + 1


def without(chunk: Chunk, recorded: frozenset[str]) -> None:
    """Take out the rejects that are recorded already, just as they are."""
    if recorded:
        chunk.rows_known += len(recorded)
        chunk.rejects = [reject for reject in chunk.rejects if reject.key not in recorded]


def rejects_only(chunk: Chunk, limit: int) -> Chunk:
    """A chunk of the first `limit` rejects alone, which leaves the mark where it is."""
    return Chunk(chunk.origin, rows_read=chunk.rows_read, rejects=chunk.rejects[:limit])
