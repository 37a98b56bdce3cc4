"""Which uploads may hold a few keys: the index of `key_index`, looked into without numpy.

An idle daemon that looks again at its last rows, and a command that asks for one key, need no more; numpy
takes 16 MB, and a tenth of the start of `syncd explain`.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, func, select

from syncd.ledger.database import StoreDatabase
from syncd.ledger.types import Number
from syncd.model.key_code import code_of

FEW = 64
"""So many keys are looked for one by one; more read a run's range as a whole."""
FEW_BLOCKS = 600
"""So many blocks are looked into for few keys; where it is more (keys in no order), filters come first."""
KEY = "key"
"""The subject of `key_codes.codes_of`."""
CONVERSION = "conversion"
"""The subject of `conversion_codes.conversion_codes`."""


class Indexed(NamedTuple):
    """The subject of an index: a query's keys, or the conversions of its lines."""

    query: str
    subject: str = KEY


def find(
    database: StoreDatabase, connection: Connection, query: str, keys: Sequence[str]
) -> dict[int, list[str]]:
    """Find the uploads that may hold some of these keys, each with those keys."""
    if not keys:
        return {}
    if len(keys) <= FEW:
        found = find_few(database, connection, Indexed(query), [code_of(key) for key in keys])
    else:
        from syncd.ledger.key_index import find_codes  # noqa: PLC0415 — numpy, which only many keys need
        from syncd.model.key_codes import codes_of  # noqa: PLC0415 — the same

        found = find_codes(database, connection, Indexed(query), codes_of(keys))
    return {upload_id: [keys[place] for place in places] for upload_id, places in found.items()}


def find_few(
    database: StoreDatabase, connection: Connection, indexed: Indexed, codes: Sequence[int]
) -> dict[int, list[int]]:
    """Find the uploads that may hold what has these codes, each with the places of those codes."""
    found: dict[int, list[int]] = {}
    overlapping = connection.execute(runs_between(database, indexed, min(codes), max(codes))).all()
    if len(overlapping) * len(codes) > FEW_BLOCKS:
        import numpy as np  # noqa: PLC0415 — for a store that has grown

        from syncd.ledger.key_index import find_in_runs  # noqa: PLC0415 — the same

        return find_in_runs(database, connection, overlapping, np.array(codes, np.int64))
    if len(overlapping) > 1:
        around = _around(database, indexed)
        looked_at = (
            (place, block)
            for place, code in enumerate(codes)
            for block in connection.execute(around, {"code": code})
        )
    else:
        looked_at = (one for run in overlapping for one in _in_run(database, connection, run, codes))
    for place, block in looked_at:
        for upload_id in _uploads_of(block, codes[place]):
            found.setdefault(upload_id, []).append(place)
    return found


def runs_between(database: StoreDatabase, indexed: Indexed, first: int, last: int) -> Select[Any]:
    """The runs that may hold codes of this range."""
    runs = database.tables.key_runs.c
    # By its length, for which SQLite looks at the row's head alone; `IS NOT NULL` reads the filter.
    has_filter = func.length(runs.filter).is_not(None).label("has_filter")
    return select(runs.id, runs.first, runs.last, has_filter).where(
        runs.query == indexed.query,
        runs.subject == indexed.subject,
        runs.last >= first,
        runs.first <= last,
    )


def _around(database: StoreDatabase, indexed: Indexed) -> Select[Any]:
    """The block of each of a query's runs that may hold one code: one statement, however many runs."""
    runs, blocks = database.tables.key_runs.c, database.tables.key_blocks
    others, code = blocks.alias().c, bindparam("code", type_=Number)
    lasts = select(func.min(others.last)).where(others.run_id == runs.id, others.last >= code)
    return select(blocks.c.codes, blocks.c.uploads).where(
        runs.query == indexed.query,
        runs.subject == indexed.subject,
        runs.first <= code,
        runs.last >= code,
        blocks.c.run_id == runs.id,
        blocks.c.last == lasts.scalar_subquery(),
    )


def _in_run(
    database: StoreDatabase, connection: Connection, run: Any, codes: Sequence[int]
) -> Iterator[tuple[int, Any]]:
    """The place of each code that lies in the run, in the codes' order, and the block that may hold it."""
    places = [place for place, code in enumerate(codes) if run.first <= code <= run.last]
    asked, block = block_of(database), None
    for place in sorted(places, key=codes.__getitem__):
        if block is None or codes[place] > block.last:
            block = connection.execute(asked, {"run": run.id, "code": codes[place]}).one()
        yield place, block


def block_of(database: StoreDatabase) -> Select[Any]:
    """The block of a `run` that may hold a `code`."""
    blocks, run, code = (
        database.tables.key_blocks.c,
        bindparam("run", type_=Number),
        bindparam("code", type_=Number),
    )
    asked = select(blocks.last, blocks.codes, blocks.uploads).where(blocks.run_id == run, blocks.last >= code)
    return asked.order_by(blocks.last).limit(1)


def _uploads_of(block: Any, code: int) -> set[int]:
    """The uploads of a code in a block."""
    codes = memoryview(block.codes).cast("q")
    left = bisect_left(codes, code)
    if left == len(codes) or codes[left] != code:
        return set()
    uploads = memoryview(zlib.decompress(block.uploads)).cast("q")
    return set(uploads[left : bisect_right(codes, code, left)].tolist())
