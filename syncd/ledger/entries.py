"""The single writes that the ledger's transactions are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, insert, select

from syncd.ledger.database import AT_ONCE, StoreDatabase
from syncd.ledger.packing import packed
from syncd.model import Chunk, Conversion, Mark, Origin, Reason, Reject, Upload, UploadState
from syncd.model.joined import joined
from syncd.model.marks import mark_from_text, mark_to_text

FEW = 2000
"""Keys of a table that are read as a whole rather than asked for."""


def keys_of(text: str) -> list[str]:
    """The keys of a file, which are kept joined by newlines, so that SQL can take them apart."""
    return text.split("\n")


def mark_text(mark: Mark | None) -> str | None:
    """The text of a mark, where there is one."""
    return None if mark is None else mark_to_text(mark)


def mark_of(text: str | None) -> Mark | None:
    """The mark of a text, where there is one."""
    return None if text is None else mark_from_text(text)


def plain(text: str) -> str:
    """A text that every database takes: NUL and lone surrogates, which PostgreSQL refuses, are escaped.

    One such value in a rejected row must not keep the row from being recorded.
    """
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()


def in_parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """The values, a few thousand at a time."""
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]


def insert_upload(
    database: StoreDatabase,
    connection: Connection,
    upload: Upload,
    origin: Origin,
    now: datetime,
    parent: Row[Any] | None = None,
    *,
    old_rows: int = 0,
) -> int:
    """Insert an upload with its file; returns its id. `upload.id` is not looked at.

    `old_rows`: how many of its rows are too old to be of use.
    """
    table = database.tables.uploads
    row = {
        "tag": upload.tag,
        "query": upload.query,
        "counter": upload.counter,
        "kind": upload.kind,
        "api_url": upload.address or None,
        "state": upload.state.value,
        "origin": origin.value,
        "rows": len(upload.lines),
        "old_rows": old_rows,
        "header": upload.header,
        "mark": mark_text(upload.mark),
        "parent_id": None if parent is None else parent.id,
        "root_id": None if parent is None else parent.root_id or parent.id,
        "attempts": 1 if upload.state is UploadState.SENDING else 0,
        "created_at": now,
        "sent_at": upload.sent_at,
        "detail": "",
    }
    new_id: int = connection.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
    file = {"upload_id": new_id, "keys": joined(upload.keys), "lines": packed(upload.lines)}
    connection.execute(insert(database.tables.files).values(file))
    return new_id


def write_mark(
    database: StoreDatabase,
    connection: Connection,
    query: str,
    mark: Mark | None,
    fingerprint: str,
    now: datetime,
) -> None:
    """Write what it is given: whether a mark may move is the pipeline's to decide.

    The safe mark and the floor stay: the one is never ahead of what was really read, the other a person's.
    """
    row = {
        "query": query,
        "mark": mark_text(mark),
        "safe": None,
        "waits_for": "",
        "fingerprint": fingerprint,
        "updated_at": now,
        "floor": None,
        "begun_after": None,
    }
    database.upsert(connection, database.tables.marks, [row], ["mark", "fingerprint", "updated_at"])


def write_rejects(
    database: StoreDatabase,
    connection: Connection,
    query: str,
    rejects: Sequence[Reject],
    now: datetime,
    upload_id: int | None = None,
) -> None:
    """Record rejects; one that is there already, just the same, is left alone. They wait no more."""
    rows = {
        reject.key: {
            "query": query,
            "key": reject.key,
            "reason": reject.reason.value,
            "column": plain(reject.column),
            "value": plain(reject.value),
            "row": plain(reject.row),
            "detail": plain(reject.detail),
            "upload_id": upload_id,
            "created_at": now,
            "retry_at": None,
            "dropped_at": None,
        }
        for reject in rejects
    }
    # With `retry_at`: one that was to be tried again has been, also if it is just as bad as before.
    content = ["reason", "column", "value", "row", "detail", "upload_id", "retry_at", "dropped_at"]
    database.upsert(
        connection,
        database.tables.rejects,
        list(rows.values()),
        [*content, "created_at"],
        unless_same=content,
    )
    forget(database, connection, database.tables.waiting, query, list(rows))


def write_waiting(
    database: StoreDatabase, connection: Connection, query: str, chunk: Chunk, now: datetime
) -> None:
    """Keep rows until their DateTime has come, in their newest form. They are rejects no more."""
    rows = {row.key: _waiting(query, chunk.header, row, now) for row in chunk.waiting}
    table = database.tables.waiting
    database.upsert(connection, table, list(rows.values()), ["due", "header", "line"])
    forget(database, connection, database.tables.rejects, query, list(rows))


def _waiting(query: str, header: str, row: Conversion, now: datetime) -> dict[str, object]:
    return {
        "query": query,
        "key": row.key,
        "due": row.moment,
        "header": header,
        "line": row.line,
        "created_at": now,
    }


def among_all(
    database: StoreDatabase, connection: Connection, table: Table, query: str, wanted: Sequence[str]
) -> list[str]:
    """Find which of the keys a table has of the query.

    Mostly it has none or few, fewer than are wanted, so those are read; asking it for every key of a long
    upload costs more than all the rest.
    """
    if not wanted:
        return []
    mine = table.c.query == query
    most = min(FEW, len(wanted))
    few = connection.execute(select(table.c.key).where(mine).limit(most + 1)).scalars().all()
    if len(few) <= most:
        return list(set(few).intersection(wanted)) if few else []
    found: list[str] = []
    for part in in_parts(wanted):
        here = database.among(table.c.key, part)
        found += connection.execute(select(table.c.key).where(mine, here)).scalars()
    return found


def forget(
    database: StoreDatabase, connection: Connection, table: Table, query: str, gone: Sequence[str]
) -> None:
    """Delete these keys of a query from a table."""
    for part in in_parts(among_all(database, connection, table, query, gone)):
        here = database.among(table.c.key, part)
        connection.execute(delete(table).where(table.c.query == query, here))


def forget_rejects(
    database: StoreDatabase, connection: Connection, query: str, gone: Sequence[str], kept: Reason | None
) -> None:
    """Delete the rejects of these keys, but for those of one reason."""
    table = database.tables.rejects
    for part in in_parts(among_all(database, connection, table, query, gone)):
        where = [table.c.query == query, database.among(table.c.key, part)]
        if kept is not None:
            where.append(table.c.reason != kept.value)
        connection.execute(delete(table).where(*where))
