"""What Metrica made of the uploads: written upload by upload, read by day and by query."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from syncd.ledger import totals
from syncd.ledger.database import StoreDatabase
from syncd.ledger.query import destination
from syncd.model import Chunk, Origin, Receipt, UploadState, keys
from syncd.model.links import Alarm, Links
from syncd.model.places import Place

FINAL = (UploadState.PROCESSED, UploadState.UNLINKED)
"""The states of uploads that Metrica has finished with."""
FIGURES = ("uploads", "rows", "linked", "gained", "user_not_found", "goal_not_found")


def figures(receipt: Receipt, rows: int, state: UploadState) -> dict[str, object]:
    """What a receipt says of an upload; what it leaves out does not overwrite what an earlier one said."""
    linked = receipt.linked_quantity
    said = {
        "metrica_status": receipt.status,
        "source_quantity": receipt.source_quantity,
        "line_quantity": receipt.line_quantity,
        # LINKAGE_FAILURE says it by its name: not a single visitor was found.
        "linked": 0 if linked is None and state is UploadState.UNLINKED else linked,
        "user_not_found": receipt.user_not_found_quantity,
        "goal_not_found": receipt.goal_not_found_quantity,
        "dropped": receipt.dropped(rows),
    }
    return {name: figure for name, figure in said.items() if figure is not None}


def count_old(chunk: Chunk, since: datetime) -> int:
    """Count the rows of a new upload that are from before a moment, and so too old to be of use.

    Rows that are sent again were counted with their first upload.
    """
    oldest = since.timestamp()
    if chunk.origin is Origin.RESEND or chunk.ready.oldest >= oldest:
        return 0
    if chunk.ready.newest < oldest:  # as in a first load, which should not take its lines apart
        return len(chunk.ready)
    split = keys.split_of(chunk.header)
    return sum(keys.moment(line, split) < oldest for line in chunk.ready.lines)


def count_links(database: StoreDatabase, connection: Connection, row: Row[Any]) -> None:
    """Count an upload that has just become final, in the day on which Metrica accepted it."""
    if row.linked is None:  # Metrica did not say
        return
    if row.origin == Origin.RESEND:
        _count_gain(database, connection, row)
        return
    links = Links(1, row.rows, row.linked, 0, row.user_not_found or 0, row.goal_not_found or 0)
    _add(database, connection, row, links)


def _count_gain(database: StoreDatabase, connection: Connection, resend: Row[Any]) -> None:
    """Rows that were linked only now, when they were sent again, are counted with the first upload."""
    table = database.tables.uploads
    asked = select(table).where(table.c.id == resend.parent_id).with_for_update()
    first = connection.execute(asked).one_or_none()
    if first is None or first.linked is None:
        return
    gained = max(resend.linked - first.linked, first.gained or 0)
    more = gained - (first.gained or 0)
    if more > 0:
        connection.execute(update(table).where(table.c.id == first.id).values(gained=gained))
        _add(database, connection, first, Links(gained=more))


def _add(database: StoreDatabase, connection: Connection, upload: Row[Any], links: Links) -> None:
    table = database.tables.match_days
    day = upload.settled_at.astimezone(UTC).date().isoformat()
    values = {name: getattr(links, name) for name in FIGURES}
    adding = database.insert(table).values(query=upload.query, day=day, **values)
    more = {name: table.c[name] + adding.excluded[name] for name in FIGURES}
    connection.execute(adding.on_conflict_do_update(index_elements=["query", "day"], set_=more))
    totals.add_links(database, connection, upload.query, links)


def to_send_again(
    database: StoreDatabase, query: str, place: Place, since: datetime, before: datetime, limit: int
) -> Sequence[int]:
    """Find uploads not all of whose rows were linked, accepted after `since` and last sent before `before`.

    What went to another place before is left there.
    """
    column = database.tables.uploads.c
    asked = (
        select(column.id)
        .where(
            column.query == query,
            destination.is_there(column, place),
            column.linked < column.rows,
            column.settled_at > since,
            column.state.in_([state.value for state in FINAL]),
            column.origin != Origin.RESEND.value,
            column.linked + func.coalesce(column.gained, 0) < column.rows,
            func.coalesce(column.again_at, column.settled_at) <= before,
        )
        .order_by(column.settled_at, column.id)
        .limit(limit)
    )
    with database.read() as connection:
        return list(connection.execute(asked).scalars())


def write_alarm(database: StoreDatabase, connection: Connection, query: str, alarm: Alarm | None) -> None:
    """Note that the query's match rate has fallen, or (None) that it has recovered."""
    table = database.tables.match_alarms
    connection.execute(delete(table).where(table.c.query == query))
    if alarm is not None:
        connection.execute(insert(table).values(query=query, since=alarm.since, past=alarm.past))
