"""Which mapped rows are news: the keys already accounted for are taken out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from syncd.model import Chunk, Conversion, Known, Mapped, Reason, Reject, RowFate, Rows
from syncd.model.joined import joined
from syncd.pipeline.chunking.news import PASSED, HeldRows, Rules, as_known, decide

LARGEST_FILE = 1_000_000_000
"""Bytes: the API takes 1 GB (docs/metrica.md)."""
PAGE_ROWS = 50_000
"""Rows read at once, at most: what bounds the memory, however long the chunk."""
LARGEST_PAGE = 320_000_000
"""Bytes that a page of lines can come to: PAGE_ROWS rows of five texts of 255 four-byte characters."""


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
    held_rows: HeldRows | None = None,
) -> None:
    """Put the news of one page into the chunk; count what is known.

    Args:
        chunk: What is being collected; changed in place.
        mapped: The page's rows.
        known: What the ledger remembers of the page's keys, conversions and rejects alike.
        rules: The query's.
        held_rows: Keeps what is held back where more rows are to be read again; else that is decided at the
            end of the page.
    """
    held = HeldRows(ends_with_page=True) if held_rows is None else held_rows
    if held.seen_keys is not None:
        held.seen_keys.update(mapped.ready.keys)
    chunk.rows_read += len(mapped.ready) + len(mapped.waiting) + len(mapped.rejects)
    whole = _extend(chunk, mapped.ready, known)
    if not whole or mapped.waiting:
        rows = [] if whole else list(held.hold_rows(chunk, mapped.ready, known, rules))
        waiting = list(held.hold_waiting(chunk, mapped.waiting, known))
        if held.ends_with_page:
            rows += held.lines.items()
            waiting += held.waiting.values()
        places = {key: place for place, key in enumerate(chunk.ready.keys)}
        for key, line in rows:
            _add_row(chunk, key, line, known.get(key), places, rules)
        for conversion in waiting:
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
    from syncd.model.key_codes import are_distinct, codes_of  # noqa: PLC0415 — numpy, which only rows need

    if sum(map(len, chunk.codes)) != len(chunk.ready):
        chunk.codes = [codes_of(chunk.ready.keys)]
    codes = [*chunk.codes, codes_of(keys)]
    if new := are_distinct(codes):
        chunk.codes = codes
    return new


def _add_row(
    chunk: Chunk, key: str, line: str, known: Known | None, places: dict[str, int], rules: Rules
) -> None:
    place = places.get(key)
    if place is not None:
        known = as_known(chunk.ready.lines[place], rules.split, RowFate.DELIVERED)
    match decide(line, known, rules):
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
            chunk.rejects.append(_changed(key, line, rules))


def _add_waiting(
    chunk: Chunk, conversion: Conversion, known: Known | None, places: Mapping[str, int], rules: Rules
) -> None:
    place = places.get(conversion.key)
    if place is not None:
        known = as_known(chunk.ready.lines[place], rules.split, RowFate.DELIVERED)
    if known == as_known(conversion.line, rules.split, RowFate.WAITING):
        chunk.rows_known += 1
        return
    match decide(conversion.line, known, rules):
        case "news":
            chunk.waiting.append(conversion)
        case "known":
            chunk.rows_known += 1
        case "changed":
            chunk.rejects.append(_changed(conversion.key, conversion.line, rules))


def _add_reject(chunk: Chunk, reject: Reject, known: Known | None, rules: Rules) -> None:
    """A delivered row that turned bad is left alone, unless its change should have been sent."""
    delivered = known is not None and known.state is RowFate.DELIVERED
    passed = known is not None and known.identity == PASSED
    if delivered and (rules.on_change == "ignore" or passed):
        chunk.rows_known += 1
    else:
        chunk.rejects.append(reject)


def _changed(key: str, line: str, rules: Rules) -> Reject:
    # What may change of an order or a call names its client, and stands in no reject.
    shown = line if rules.split.is_money else rules.split.parts(line)[0]
    return Reject(
        key=key,
        reason=Reason.IDENTITY_CHANGED,
        column="",
        value=shown[:200],
        row="{}",
        detail=f"the key was delivered with another {rules.identity_words}; this would count twice",
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
