"""The state store may know less than Metrica: it was restored from a backup, or lost.

An upload's tag follows from its content (`payload.tag_of`), so the same rows make the same tag again. When a
process first runs a query, Metrica's list is compared with the store. Uploads that the store does not know,
newer than all that it knows, are kept in mind until the query has read all there is: whatever begins like one
of them is recorded as delivered by it instead of being sent. Chunks need not end where they ended before.

Where rows have changed since, their upload's tag cannot be met, and its rows are sent again; Metrica
overwrites what is the same conversion (docs/metrica.md).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock
from typing import Protocol

from syncd.model import Chunk, Receipt, Rows
from syncd.model.errors import MetricaError
from syncd.model.events import Event, Observer
from syncd.pipeline.ports import UploadList
from syncd.pipeline.uploading.payload import TAG_PREFIX, Tagger

MOST_HASHED = 5_000_000
"""Lines hashed in search of uploads in one chunk, some seconds; what is then left is sent."""
_OURS = re.compile(rf"{TAG_PREFIX}[0-9a-f]{{32}}")


GLANCE = 1000
"""Uploads of the list's beginning that are looked at where the rest was compared before."""


BEHIND_ACTION = (
    "Metrica has uploads of syncd that this state store does not know: the store is new, or was restored or "
    "lost, or another syncd with another store sends to this counter. Nothing to do: rows that make such an "
    "upload again are recorded as delivered by it (upload_found), and not sent twice."
)


@dataclass(frozen=True, slots=True)
class ComparedList:
    """How far a counter's list was compared with the store."""

    entries: int
    newest_id: int
    """The highest of Metrica's numbers in it."""


class RecordedTags(Protocol):
    """The part of the state store that is needed here. Every method raises StateError."""

    def known_tags(self, tags: Sequence[str]) -> Collection[str]:
        """Tell of which of these tags the store knows that Metrica may have them."""
        ...

    def compared_list(self, address: str, counter: int) -> tuple[int, int] | None:
        """Tell how far the list was compared: entries and newest id; None: never."""
        ...

    def save_compared_list(self, address: str, counter: int, entries: int, newest_id: int) -> None:
        """Record how far the list was compared."""
        ...


class Unrecorded:
    """The uploads at Metrica that the store should know; asked for once per counter. Thread-safe.

    A list is read as a whole once in a store's life. From then on the store knows how long it was and the
    newest upload in it, and a start looks at what came since: behind the former end where the oldest come
    first, at the beginning where the newest do. Where neither tells, all of it is read once more.
    """

    def __init__(self, store: RecordedTags, observer: Observer, address: str = "") -> None:
        """Get ready; `address` is where Metrica is (`places.address_of`)."""
        self._store = store
        self._observer = observer
        self._address = address
        self._found: dict[tuple[int, str], Mapping[str, Receipt]] = {}
        self._lock = Lock()
        self._asking: dict[int, Lock] = {}
        """One per counter: a list that is slow in coming holds up no other counter's queries."""

    def of(self, counter: int, query: str, lister: UploadList) -> Mapping[str, Receipt]:
        """Find them, by tag. Raises StateError.

        A list that cannot be read is told and taken for empty: a token may have the right to upload and not
        to read (docs/metrica.md, 5), and what the comparison saves is only the sending of equal rows.
        """
        with self._lock:
            asking = self._asking.setdefault(counter, Lock())
        listed = counter, lister.list_path
        with asking:
            if listed not in self._found:
                try:
                    self._found[listed] = self._compare(counter, lister)
                except MetricaError as error:
                    self._observer.emit(Event.LIST_FAILED, query=query, error=str(error))
                    self._found[listed] = {}
            found = self._found[listed]
        if found:
            rows = sum(receipt.source_quantity or 0 for receipt in found.values())
            self._observer.emit(
                Event.STATE_BEHIND,
                query=query,
                counter=counter,
                uploads=len(found),
                rows=rows,
                action=BEHIND_ACTION,
            )
        return found

    def forget(self) -> None:
        """Have every list looked at again: the store may have lost what it knew."""
        with self._lock:
            self._found.clear()

    def _compare(self, counter: int, lister: UploadList) -> Mapping[str, Receipt]:
        address = f"{self._address}{lister.list_path}"
        before = self._store.compared_list(address, counter)
        seen = None if before is None else _news(counter, lister, ComparedList(*before))
        if seen is None:
            seen = _Seen()
            for page in lister.pages(counter):
                seen.take(page)
        found = self._unknown(seen.ours)
        if not found and before != (seen.entries, seen.newest_id):
            # What was found and is not recorded yet has to be found again by whoever comes after a crash.
            self._store.save_compared_list(address, counter, seen.entries, seen.newest_id)
        return found

    def _unknown(self, ours: Mapping[str, Receipt]) -> Mapping[str, Receipt]:
        known = set(self._store.known_tags(list(ours)))
        # By Metrica's own clock. Older ones may be unknown because the store forgets old uploads.
        newest = max((_age(ours[tag]) for tag in known), default=None)
        return {
            tag: receipt
            for tag, receipt in ours.items()
            if tag not in known and (newest is None or _age(receipt) >= newest)
        }


@dataclass(slots=True)
class _Seen:
    """The part of Metrica's list that was read; other programs' uploads are only counted."""

    entries: int = 0
    newest_id: int = 0
    ours: dict[str, Receipt] = field(default_factory=dict)

    def take(self, page: Sequence[Receipt]) -> None:
        """Look at a page."""
        self.entries += len(page)
        self.newest_id = max(self.newest_id, *(receipt.id for receipt in page))
        self.ours |= {receipt.comment: receipt for receipt in page if _OURS.fullmatch(receipt.comment)}


def _news(counter: int, lister: UploadList, before: ComparedList) -> _Seen | None:
    """Read what came since a list was compared; None where its order does not tell. Raises MetricaError."""
    first = lister.page(counter, 0, GLANCE)
    tail = [receipt for page in lister.pages(counter, before.entries) for receipt in page]
    newer = [receipt for receipt in (*first, *tail) if receipt.id > before.newest_id]
    # Entries without a readable number are other programs', and tell nothing of the order.
    added = {receipt.id for receipt in tail} - {0}
    oldest_first = all(upload_id > before.newest_id for upload_id in added)
    newest_first = len({receipt.id for receipt in first if receipt.id > before.newest_id}) >= len(added)
    if not (oldest_first or newest_first) or (oldest_first and not tail and newer):
        return None
    seen = _Seen(before.entries, before.newest_id)
    if newer:
        seen.take(newer)
    seen.entries = before.entries + len(tail)
    return seen


def _age(receipt: Receipt) -> tuple[datetime, int]:
    """What uploads are ordered by; the moment may be missing."""
    try:
        moment = datetime.fromisoformat(receipt.create_time)
    except ValueError:
        moment = datetime(1970, 1, 1, tzinfo=UTC)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment, receipt.id


@dataclass(slots=True)
class Found:
    """The rows of a chunk that Metrica has already, and the rest."""

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
