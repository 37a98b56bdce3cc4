"""What the store remembers of delivered keys: found by the index of codes, told by the uploads' own files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from syncd.ledger import entries, key_lookup
from syncd.ledger.database import StoreDatabase
from syncd.ledger.packing import unpacked
from syncd.model import Known, RowFate
from syncd.model import keys as key_rules

FILES_AT_ONCE = 8
"""Files read at once, each of up to `chunk_rows` lines."""
PASSED = Known(RowFate.DELIVERED, b"", "")
"""A key that counts as delivered whatever its row says (`news.PASSED`)."""


def find_delivered(
    database: StoreDatabase, connection: Connection, query: str, keys: Sequence[str]
) -> dict[str, tuple[int | None, Known]]:
    """Find which of the keys were delivered: the last upload that did so (None: passed over), and as what."""
    passed = entries.among_all(database, connection, database.tables.passed, query, keys)
    found: dict[str, tuple[int | None, Known]] = dict.fromkeys(passed, (None, PASSED))
    for upload_id, lines, split in _lines(database, connection, query, keys):
        for key, line in lines.items():
            found[key] = upload_id, Known(RowFate.DELIVERED, *key_rules.fingerprint(line, split))
    return found


def conversions(
    database: StoreDatabase, connection: Connection, query: str, lines: Sequence[str], split: key_rules.Split
) -> dict[str, dict[str, str]]:
    """Find which conversions of these lines were delivered: the heads, with key and line of all that did."""
    from syncd.ledger.key_index import find_codes  # noqa: PLC0415 — numpy, which only rows to send need
    from syncd.model.conversion_codes import conversion_codes  # noqa: PLC0415 — the same

    codes = conversion_codes(lines, split.changing)
    indexed = key_lookup.Indexed(query, key_lookup.CONVERSION)
    held = find_codes(database, connection, indexed, codes)
    found: dict[str, dict[str, str]] = {}
    for row in _files(database, connection, query, sorted(held)):
        wanted = {split.parts(lines[place])[0] for place in held[row.id]}
        its_split = key_rules.split_of(row.header)
        for key, line in zip(entries.keys_of(row.names), unpacked(row.lines), strict=True):
            head = its_split.parts(line)[0]
            if head in wanted:
                found.setdefault(head, {})[key] = line
    return found


def _lines(
    database: StoreDatabase, connection: Connection, query: str, keys: Sequence[str]
) -> Iterator[tuple[int, Mapping[str, str], key_rules.Split]]:
    """Upload by upload, oldest first: the lines of the keys it really holds, and how they are split."""
    held = key_lookup.find(database, connection, query, keys)
    for row in _files(database, connection, query, sorted(held)):
        wanted = set(held[row.id])
        both = zip(entries.keys_of(row.names), unpacked(row.lines), strict=True)
        lines = {key: line for key, line in both if key in wanted}
        yield row.id, lines, key_rules.split_of(row.header)


def _files(database: StoreDatabase, connection: Connection, query: str, ids: Sequence[int]) -> Iterator[Any]:
    """Read the files of these uploads, oldest first, but for those that do not count any more."""
    uploads, files, went = database.tables.uploads, database.tables.files, database.tables.destinations
    elsewhere = select(went.c.uploads_elsewhere).where(went.c.query == query).scalar_subquery()
    asked = (
        select(uploads.c.id, uploads.c.header, files.c["keys"].label("names"), files.c.lines)
        .join(files, files.c.upload_id == uploads.c.id)
        .where(uploads.c.id > func.coalesce(elsewhere, 0))
    )
    for start in range(0, len(ids), FILES_AT_ONCE):
        part = ids[start : start + FILES_AT_ONCE]
        yield from connection.execute(asked.where(uploads.c.id.in_(part)).order_by(uploads.c.id))
