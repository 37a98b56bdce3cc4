"""Which mapped rows are news: the keys already accounted for are taken out. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Literal

from syncd import keys
from syncd.key_codes import are_distinct, codes_of
from syncd.model import Chunk, Conversion, Known, KnownAs, Mapped, Reason, Reject, Rows
from syncd.texts import Texts, joined

LARGEST_FILE = 1_000_000_000
"""Bytes: the API takes 1 GB [D faq.md]."""
PAGE_ROWS = 50_000
"""Rows read at once, at most: what bounds the memory, however long the chunk."""
LARGEST_PAGE = 320_000_000
"""Bytes that a page of lines can come to: PAGE_ROWS rows of five texts of 255 four-byte characters."""
PASSED = b""
"""The identity remembered of rows that were there before `start: now`: taken for delivered as they are."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What of a query decides about rows read again."""

    on_change: Literal["ignore", "resend"]
    money: int
    """`keys.money_columns` of the header."""
    ahead: AbstractSet[str] = frozenset()
    """Keys whose last row bears a mark of the future, and is not among those that are read."""


@dataclass(slots=True)
class SeenAgain:
    """Of rows that are read again, those that differ from what is known of their key: held back for a while.

    A key may have several rows, and what was delivered, or waits, is its last one.
    """

    lines: dict[str, str] = field(default_factory=dict)
    """Of delivered keys with other money: key → the last line."""
    waiting: dict[str, Conversion] = field(default_factory=dict)
    """Of keys that wait: key → the last row that waits."""
    keys: set[str] | None = None
    """Where they are wanted: the keys of all rows that can be sent."""
    header: str = ""
    oldest: float = math.inf
    newest: int = 0

    def rows(self) -> Rows:
        """All of them."""
        return Rows(Texts(self.lines), Texts(self.lines.values()), self.newest, self.oldest)


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


def cut(chunk: Chunk, rows: int) -> tuple[Chunk, Chunk]:
    """A chunk that took more of a page than it may send, as one of `rows` rows to send and one of the others.

    All that is not to be sent goes with the first.
    """
    ready, rest = chunk.ready.cut(rows)
    second = Chunk(chunk.origin, chunk.header, len(rest), ready=rest, size=_size(rest))
    first = replace(
        chunk,
        rows_read=chunk.rows_read - len(rest),
        ready=ready,
        codes=[],
        size=chunk.size - second.size,
    )
    return first, second


def add(
    chunk: Chunk,
    mapped: Mapped,
    known: Mapping[str, Known],
    rules: Rules,
    seen_again: SeenAgain | None = None,
) -> None:
    """Put the news of one page into the chunk; count what is known.

    Args:
        chunk: What is being collected; changed in place.
        mapped: The page's rows.
        known: What the ledger remembers of the page's keys, conversions and rejects alike.
        rules: The query's.
        seen_again: Keeps what is held back where more rows are to be read again; else that is decided at the
            end of the page.
    """
    held = SeenAgain() if seen_again is None else seen_again
    if held.keys is not None:
        held.keys.update(mapped.ready.keys)
    chunk.rows_read += len(mapped.ready) + len(mapped.waiting) + len(mapped.rejects)
    whole = _extend(chunk, mapped.ready, known)
    if not whole or mapped.waiting:
        places = {key: place for place, key in enumerate(chunk.ready.keys)}
        held.header = chunk.header
        rows = () if whole else _rows_held_back(chunk, mapped.ready, known, rules, held)
        for key, line in [*rows, *(held.lines.items() if seen_again is None else ())]:
            _add_row(chunk, key, line, known.get(key), places, rules)
        waiting = _waiting_held_back(chunk, mapped.waiting, known, held)
        for conversion in [*waiting, *(held.waiting.values() if seen_again is None else ())]:
            _add_waiting(chunk, conversion, known.get(conversion.key), places, rules)
    for reject in mapped.rejects:
        _add_reject(chunk, reject, known.get(reject.key), rules)


def _extend(chunk: Chunk, rows: Rows, known: Mapping[str, Known]) -> bool:
    """Put all of the rows into the chunk if all of them are news, which is how it nearly always is."""
    if known or not _are_new(chunk, rows.keys):
        chunk.ready.widen(rows.oldest, rows.newest)
        return False
    chunk.ready.extend(rows)
    chunk.size += _size(rows)
    return True


def _are_new(chunk: Chunk, keys: Sequence[str]) -> bool:
    """Whether none of the keys is in the chunk, and none is there twice."""
    if sum(map(len, chunk.codes)) != len(chunk.ready):
        chunk.codes = [codes_of(chunk.ready.keys)]
    codes = [*chunk.codes, codes_of(keys)]
    if new := are_distinct(codes):
        chunk.codes = codes
    return new


def _rows_held_back(
    chunk: Chunk, rows: Rows, known: Mapping[str, Known], rules: Rules, held: SeenAgain
) -> Iterator[tuple[str, str]]:
    """The others."""
    held.oldest, held.newest = min(held.oldest, rows.oldest), max(held.newest, rows.newest)
    for key, line in zip(rows.keys, rows.lines, strict=True):
        before = known.get(key) if rules.on_change == "resend" else None
        if before is None or before.state is not KnownAs.DELIVERED:
            yield key, line
            continue
        match _decide(line, before, rules):
            case "news" if key in rules.ahead:
                chunk.rows_known += 1
            case "news" | "known" as what if what == "news" or key in held.lines:
                chunk.rows_known += key in held.lines
                held.lines[key] = line
            case _:
                yield key, line


def _waiting_held_back(
    chunk: Chunk, rows: Sequence[Conversion], known: Mapping[str, Known], held: SeenAgain
) -> Iterator[Conversion]:
    """The others."""
    for row in rows:
        before = known.get(row.key)
        if before is not None and before.state is KnownAs.WAITING:
            chunk.rows_known += row.key in held.waiting
            held.waiting[row.key] = row
        else:
            yield row


def _add_row(
    chunk: Chunk, key: str, line: str, known: Known | None, places: dict[str, int], rules: Rules
) -> None:
    place = places.get(key)
    if place is not None:
        known = _as_known(chunk.ready.lines[place], rules.money, KnownAs.DELIVERED)
    match _decide(line, known, rules):
        case "news" if place is not None:  # the newest money takes the place of the one before
            chunk.rows_known += 1
            chunk.size += _bytes(line) - _bytes(chunk.ready.lines[place])
            chunk.ready.lines[place] = line
        case "news":
            places[key] = len(chunk.ready)
            chunk.ready.keys.append(key)
            chunk.ready.lines.append(line)
            chunk.size += _bytes(line)
        case "known":
            chunk.rows_known += 1
        case "changed":
            chunk.rejects.append(_changed(key, line))


def _add_waiting(
    chunk: Chunk, conversion: Conversion, known: Known | None, places: Mapping[str, int], rules: Rules
) -> None:
    place = places.get(conversion.key)
    if place is not None:
        known = _as_known(chunk.ready.lines[place], rules.money, KnownAs.DELIVERED)
    if known == _as_known(conversion.line, rules.money, KnownAs.WAITING):
        chunk.rows_known += 1
        return
    match _decide(conversion.line, known, rules):
        case "news":
            chunk.waiting.append(conversion)
        case "known":
            chunk.rows_known += 1
        case "changed":
            chunk.rejects.append(_changed(conversion.key, conversion.line))


def _add_reject(chunk: Chunk, reject: Reject, known: Known | None, rules: Rules) -> None:
    """A delivered row that turned bad is left alone, unless its change should have been sent."""
    delivered = known is not None and known.state is KnownAs.DELIVERED
    passed = known is not None and known.identity == PASSED
    if delivered and (rules.on_change == "ignore" or passed):
        chunk.rows_known += 1
    else:
        chunk.rejects.append(reject)


def _decide(line: str, known: Known | None, rules: Rules) -> Literal["news", "known", "changed"]:
    """What a line is, given what is remembered of its key."""
    if known is None or known.state is KnownAs.WAITING:
        return "news"
    identity, money = keys.fingerprint(line, rules.money)
    same = identity == known.identity
    if known.state is KnownAs.REJECTED:  # Metrica refused it: once it is put right it is news
        return "known" if same and money == known.money else "news"
    if known.identity == PASSED:
        return "known"
    if not same:
        return "changed"
    changed = rules.on_change == "resend" and not keys.same_money(money, known.money)
    return "news" if changed else "known"


def _as_known(line: str, money: int, state: KnownAs) -> Known:
    """A line as the ledger would remember it."""
    return Known(state, *keys.fingerprint(line, money))


def _changed(key: str, line: str) -> Reject:
    return Reject(
        key=key,
        reason=Reason.IDENTITY_CHANGED,
        column="",
        value=line[:200],
        row="{}",
        detail="the key was delivered with another id, Target or DateTime; this would count twice",
    )


def _size(rows: Rows) -> int:
    return _bytes(joined(rows.lines)) if rows else 0


def _bytes(line: str) -> int:
    return (len(line) if line.isascii() else len(line.encode())) + 1


def without(chunk: Chunk, recorded: frozenset[str]) -> None:
    """Take out the rejects that are recorded already, and what is in the chunk twice, just as it is."""
    rejects = [reject for reject in dict.fromkeys(chunk.rejects) if reject.key not in recorded]
    waiting = list(dict.fromkeys(chunk.waiting))
    chunk.rows_known += len(chunk.rejects) - len(rejects) + len(chunk.waiting) - len(waiting)
    chunk.rejects, chunk.waiting = rejects, waiting


def rejects_only(chunk: Chunk, limit: int) -> Chunk:
    """A chunk of the first `limit` rejects alone, which leaves the mark where it is."""
    return Chunk(chunk.origin, rows_read=chunk.rows_read, rejects=chunk.rejects[:limit])
