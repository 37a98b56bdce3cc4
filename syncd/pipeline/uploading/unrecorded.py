"""The state store may know less than Metrica: it was restored from a backup, or lost.

An upload's tag follows from its content (`payload.tag_of`), so the same rows make the same tag again. When a
process first runs a query, Metrica's list is compared with the store. Uploads that the store does not know,
newer than all that it knows, are kept in mind until the query has read all there is: whatever begins like one
of them is recorded as delivered by it instead of being sent. Chunks need not end where they ended before.

Where rows have changed since, their upload's tag cannot be met, and its rows are sent again; Metrica
overwrites what is the same conversion [D faq.md].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock
from typing import Protocol

from syncd.model import Chunk, Receipt, Rows
from syncd.model.errors import MetricaError
from syncd.model.events import Event, Observer
from syncd.pipeline.uploading.payload import TAG_PREFIX, Tagger

MOST_HASHED = 5_000_000
"""Lines hashed in search of uploads in one chunk, some seconds; what is then left is sent."""
_OURS = re.compile(rf"{TAG_PREFIX}[0-9a-f]{{32}}")


class Lister(Protocol):
    """The part of the Metrica client that is needed here."""

    def all_uploads(self, counter: int) -> dict[int, Receipt]:
        """Every upload in the counter's list, by Metrica's id. Raises MetricaError."""
        ...


class Unrecorded:
    """The uploads at Metrica that the store should know; asked for once per counter. Thread-safe."""

    def __init__(self, known_tags: Callable[[Sequence[str]], Collection[str]], observer: Observer) -> None:
        """`known_tags` says of which of these tags the store knows that Metrica may have them."""
        self._known_tags = known_tags
        self._observer = observer
        self._found: dict[int, Mapping[str, Receipt]] = {}
        self._lock = Lock()
        self._asking: dict[int, Lock] = {}
        """One per counter: a list that is slow in coming holds up no other counter's queries."""

    def of(self, counter: int, query: str, lister: Lister) -> Mapping[str, Receipt]:
        """By tag. Raises StateError.

        A list that cannot be read is told and taken for empty: a token may have the right to upload and not
        to read (docs/metrica.md, 5), and what the comparison saves is only the sending of equal rows.
        """
        with self._lock:
            asking = self._asking.setdefault(counter, Lock())
        with asking:
            if counter not in self._found:
                self._found[counter] = self._compare(self._listed(counter, query, lister))
            found = self._found[counter]
        if found:
            rows = sum(receipt.source_quantity or 0 for receipt in found.values())
            self._observer.emit(
                Event.STATE_BEHIND, query=query, counter=counter, uploads=len(found), rows=rows
            )
        return found

    def _listed(self, counter: int, query: str, lister: Lister) -> list[Receipt]:
        try:
            return list(lister.all_uploads(counter).values())
        except MetricaError as error:
            self._observer.emit(Event.LIST_FAILED, query=query, error=str(error))
            return []

    def _compare(self, listed: Sequence[Receipt]) -> Mapping[str, Receipt]:
        ours = {receipt.comment: receipt for receipt in listed if _OURS.fullmatch(receipt.comment)}
        known = set(self._known_tags(list(ours)))
        # By Metrica's own clock. Older ones may be unknown because the store forgets old uploads.
        newest = max((_age(ours[tag]) for tag in known), default=None)
        return {
            tag: receipt
            for tag, receipt in ours.items()
            if tag not in known and (newest is None or _age(receipt) >= newest)
        }


def _age(receipt: Receipt) -> tuple[datetime, int]:
    """What uploads are ordered by; the moment may be missing."""
    try:
        moment = datetime.fromisoformat(receipt.create_time)
    except ValueError:
        moment = datetime(1970, 1, 1, tzinfo=UTC)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment, receipt.id


@dataclass(slots=True)
class Found:
    """What of a chunk Metrica has already."""

    uploads: list[tuple[Chunk, str, Receipt]] = field(default_factory=list)
    """Rows, their tag, Metrica's upload of exactly these rows; they leave the mark."""
    rest: Rows = field(default_factory=Rows)


def search(chunk: Chunk, tagger: Tagger, unrecorded: Mapping[str, Receipt]) -> Found:
    """Find spans of the chunk's rows that are exactly the rows of unrecorded uploads, from left to right."""
    found, place, left = Found(), 0, MOST_HASHED
    open_tags = dict(unrecorded)
    while place < len(chunk.ready):
        sizes = {receipt.source_quantity for receipt in open_tags.values()}
        # Without its number of rows an upload might have any.
        longest = len(chunk.ready) if None in sizes else max((size or 0 for size in sizes), default=0)
        span = chunk.ready.lines[place : place + min(longest, left)]
        tag, size = _first(tagger, span, None if None in sizes else sizes, open_tags)
        left -= len(span)
        if tag:
            rows = chunk.ready.part(place, place + size)
            part = replace(chunk, ready=rows, waiting=[], rejects=[], resolved=[], mark=None)
            found.uploads.append((part, tag, open_tags.pop(tag)))
            place += size
        else:
            found.rest.extend(chunk.ready.part(place, place + 1))
            place += 1
    return found


def _first(
    tagger: Tagger, span: Sequence[str], sizes: Collection[int | None] | None, tags: Collection[str]
) -> tuple[str, int]:
    """The tag of the shortest beginning of the span that is one of these, and its rows; "" for none."""
    begun = tagger.begin()
    for size, line in enumerate(span, 1):
        begun.add(line.encode())
        if (sizes is None or size in sizes) and (tag := begun.tag(0)) in tags:
            return tag, size
    return "", 0
