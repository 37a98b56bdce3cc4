"""Which uploads may hold a key: sorted runs of codes, merged as they grow, so that the cost stays flat.

Every upload adds one run of its keys' codes (`key_codes`). A B-tree would be rewritten all over by every
upload of keys in no order; here a run is written once, and eight of a size become one now and then (a
log-structured merge), until it is long or, as with growing keys, would gain nothing by it. A run is stored in
blocks of codes in order, each with the upload of every code, so a few keys read a few blocks, many keys read
each block once, and a run whose range is elsewhere is not touched. Keys in no order (UUIDs) are in the range
of every run: a merged one has a filter (`bloom`), so that hardly a key is looked for which it has not.

The index is not the truth: an upload that is gone is simply not found, and codes of other keys are sorted out
by whoever asks (`deliveries`). All of it takes part in the caller's transaction.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from syncd.ledger import bloom, key_lookup
from syncd.ledger.database import StoreDatabase
from syncd.ledger.key_lookup import Indexed
from syncd.ledger.types import Number
from syncd.model.digits import Codes

FAN = 8
"""Runs of one tier that become one of the next."""
LONGEST_RUN = 250_000
"""Codes: what a merge may hold in memory, about 10 MB; longer runs are not made."""
BLOCK = 2048
"""Codes in a block: 16 KB."""
LONG = 8 * BLOCK
"""Codes: runs of so many stay as they are where they lie apart, as those of growing keys do."""
OVERLAP = 64
"""The part of a run's range, one in so many, that the run before may reach into."""
FINISHED = 100
"""The tier of runs that are merged no more."""


class Run(NamedTuple):
    """A run that is to be written: codes in order, and the upload of each."""

    indexed: Indexed
    tier: int
    codes: Codes
    uploads: Codes


def add(
    database: StoreDatabase,
    connection: Connection,
    query: str,
    codes: Mapping[str, Codes],
    upload_id: int,
) -> None:
    """Remember that what has these codes, by subject, is in this upload.

    Merges runs when there are enough of a size.
    """
    runs = [
        Run(Indexed(query, subject), 0, np.sort(some), np.full(len(some), upload_id, np.int64))
        for subject, some in codes.items()
    ]
    _write(database, connection, runs)
    _merge(database, connection, query)


def find_codes(
    database: StoreDatabase, connection: Connection, indexed: Indexed, codes: Codes
) -> dict[int, list[int]]:
    """Find the uploads that may hold what has these codes, each with the places of those codes."""
    if len(codes) <= key_lookup.FEW:
        return key_lookup.find_few(database, connection, indexed, codes.tolist())
    between = key_lookup.runs_between(database, indexed, int(codes.min()), int(codes.max()))
    return find_in_runs(database, connection, connection.execute(between).all(), codes)


def find_in_runs(
    database: StoreDatabase, connection: Connection, runs: Sequence[Any], codes: Codes
) -> dict[int, list[int]]:
    """Find which of the uploads of some runs may hold what has these codes."""
    found: dict[int, list[int]] = {}
    column = database.tables.key_runs.c
    filter_of = select(column.filter).where(column.id == bindparam("run", type_=Number))
    for run in runs:
        places = np.flatnonzero((codes >= run.first) & (codes <= run.last))
        if run.has_filter:  # each is read by itself: a year has eleven megabytes
            filtered = connection.execute(filter_of, {"run": run.id}).scalar_one()
            places = places[bloom.may_be_in(filtered, codes[places])]
        order = places[np.argsort(codes[places], kind="stable")]
        for place, upload_id in _in_run(database, connection, run, codes[order]):
            found.setdefault(upload_id, []).append(int(order[place]))
    return found


def forget(database: StoreDatabase, connection: Connection, oldest_kept: int) -> None:
    """Drop the runs of which every upload is older than this id."""
    runs, blocks = database.tables.key_runs, database.tables.key_blocks
    ids = list(connection.execute(select(runs.c.id).where(runs.c.newest_upload < oldest_kept)).scalars())
    if ids:
        connection.execute(delete(blocks).where(blocks.c.run_id.in_(ids)))
        connection.execute(delete(runs).where(runs.c.id.in_(ids)))


def _in_run(
    database: StoreDatabase, connection: Connection, run: Any, wanted: Codes
) -> Iterator[tuple[int, int]]:
    """Find which of the sorted codes a run holds: their place, and the upload, once for each upload."""
    if not len(wanted):
        return
    for block in _blocks(database, connection, run, wanted):
        yield from _in_block(block, wanted)


def _in_block(block: Any, wanted: Codes) -> Iterator[tuple[int, int]]:
    """Find which of the sorted codes a block of a run holds: their place, and the upload."""
    codes = np.frombuffer(block.codes, np.int64)
    start, end = np.searchsorted(wanted, codes[0], "left"), np.searchsorted(wanted, codes[-1], "right")
    lefts = np.searchsorted(codes, wanted[start:end], "left")
    rights = np.searchsorted(codes, wanted[start:end], "right")
    held = np.flatnonzero(rights > lefts)
    if len(held):
        uploads = np.frombuffer(zlib.decompress(block.uploads), np.int64)
        for place in held.tolist():
            for upload_id in set(uploads[lefts[place] : rights[place]].tolist()):
                yield int(start) + place, upload_id


def _blocks(database: StoreDatabase, connection: Connection, run: Any, wanted: Codes) -> Iterator[Any]:
    """The blocks of a run that may hold the codes, each once; equal codes are all in one block."""
    if len(wanted) > key_lookup.FEW:
        blocks = database.tables.key_blocks.c
        asked = select(blocks.last, blocks.codes, blocks.uploads).where(blocks.run_id == run.id)
        spanned = asked.where(blocks.last >= int(wanted[0]), blocks.first <= int(wanted[-1]))
        yield from connection.execute(spanned.order_by(blocks.last))
        return
    of_code, last = key_lookup.block_of(database), None
    for code in wanted.tolist():
        if last is None or code > last:
            block = connection.execute(of_code, {"run": run.id, "code": code}).one()
            last = block.last
            yield block


def _write(database: StoreDatabase, connection: Connection, runs: Sequence[Run]) -> None:
    """Write runs of different subjects."""
    runs = [run for run in runs if len(run.codes)]
    if not runs:
        return
    tables = database.tables
    rows = [
        {
            "query": run.indexed.query,
            "subject": run.indexed.subject,
            "tier": run.tier,
            "size": len(run.codes),
            "first": int(run.codes[0]),
            "last": int(run.codes[-1]),
            "newest_upload": int(run.uploads.max()),
            "filter": bloom.filter_of(run.codes) if run.tier and len(run.codes) >= LONG else None,
        }
        for run in runs
    ]
    made = insert(tables.key_runs).returning(tables.key_runs.c.subject, tables.key_runs.c.id)
    ids = {row.subject: row.id for row in connection.execute(made, rows)}
    blocks = [block for run in runs for block in _cut(ids[run.indexed.subject], run.codes, run.uploads)]
    connection.execute(insert(tables.key_blocks), blocks)


def _cut(run_id: int, codes: Codes, uploads: Codes) -> Iterator[dict[str, object]]:
    """Cut a run into blocks; equal codes stay together."""
    # The blocks of one upload differ in nothing but their size, so each size is packed once.
    packed, is_of_one = dict[int, bytes](), bool((uploads == uploads[0]).all())
    start = 0
    while start < len(codes):
        end = min(start + BLOCK, len(codes))
        end = int(np.searchsorted(codes, codes[end - 1], "right"))
        if not is_of_one or end - start not in packed:
            packed[end - start] = zlib.compress(uploads[start:end].tobytes(), 1)
        yield {
            "run_id": run_id,
            "last": int(codes[end - 1]),
            "first": int(codes[start]),
            "codes": codes[start:end].tobytes(),
            "uploads": packed[end - start],
        }
        start = end


def _merge(database: StoreDatabase, connection: Connection, query: str) -> None:
    """Make one run of the oldest ones of a tier, wherever there are enough and it is of use."""
    runs = database.tables.key_runs
    crowded = (
        select(runs.c.subject, runs.c.tier)
        .where(runs.c.query == query, runs.c.tier < FINISHED)
        .group_by(runs.c.subject, runs.c.tier)
        .having(func.count() >= FAN)
        .order_by(runs.c.subject, runs.c.tier)
    )
    for subject, tier in connection.execute(crowded).all():
        asked = select(runs.c.id, runs.c.size, runs.c.first, runs.c.last)
        of_tier = asked.where(runs.c.query == query, runs.c.subject == subject, runs.c.tier == tier)
        group = _oldest(connection.execute(of_tier.order_by(runs.c.id)))
        ids = [run.id for run in group]
        if len(group) < FAN // 2 or _lie_apart(group):
            connection.execute(update(runs).where(runs.c.id.in_(ids)).values(tier=FINISHED))
        else:
            _merge_runs(database, connection, Indexed(query, subject), tier + 1, ids)


def _oldest(runs: Iterable[Any]) -> list[Any]:
    """The first of them, one at least, that together make no run too long."""
    group: list[Any] = []
    size = 0
    for run in runs:
        size += run.size
        if group and size > LONGEST_RUN:
            break
        group.append(run)
    return group


def _lie_apart(runs: Sequence[Any]) -> bool:
    """Whether they are long, and hardly overlap: nearly every code is in the range of one of them at most.

    Uploads of growing keys do not overlap; conversions of a second may be in two uploads.
    """
    apart = all(
        one.last - other.first < (other.last - other.first) // OVERLAP for one, other in pairwise(runs)
    )
    return apart and all(run.size >= LONG for run in runs)


def _merge_runs(
    database: StoreDatabase, connection: Connection, indexed: Indexed, tier: int, ids: Sequence[int]
) -> None:
    runs, blocks = database.tables.key_runs, database.tables.key_blocks
    asked = select(blocks.c.codes, blocks.c.uploads).where(blocks.c.run_id.in_(ids))
    codes, uploads = _in_order(connection.execute(asked.order_by(blocks.c.run_id, blocks.c.last)))
    connection.execute(delete(blocks).where(blocks.c.run_id.in_(ids)))
    connection.execute(delete(runs).where(runs.c.id.in_(ids)))
    _write(database, connection, [Run(indexed, tier, codes, uploads)])


def _in_order(blocks: Iterable[Any]) -> tuple[Codes, Codes]:
    """The codes of all blocks in order, and their uploads; what they were made of is freed with this call."""
    codes, uploads = bytearray(), bytearray()
    for block in blocks:
        codes += block.codes
        uploads += zlib.decompress(block.uploads)
    found = np.frombuffer(codes, np.int64)
    order = np.argsort(found, kind="stable")
    return found[order], np.frombuffer(uploads, np.int64)[order]
