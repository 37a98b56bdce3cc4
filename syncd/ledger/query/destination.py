"""Where a query's rows went, and what a person says once the configuration names another place."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, and_, delete, func, or_, select, update
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from syncd.language import _
from syncd.ledger.database import StoreDatabase
from syncd.ledger.tables import is_unsettled
from syncd.model import Reason, UploadState
from syncd.model.errors import DestinationChanged
from syncd.model.places import Place


def check(query: str, was: Place | None, now: Place) -> None:
    """Raise DestinationChanged when the query's rows went to another place than they would go to now."""
    if was is None or not was.differs(now):
        return
    if was.counter == now.counter:
        moved = _("to {old}, and the configuration now names {new}").format(old=was.address, new=now.address)
    else:
        moved = _("to {old}, and the configuration now names {new}").format(old=was, new=now)
    raise DestinationChanged(
        f"query {query}: "
        + _(
            "its rows went {moved}. Say which is wanted: `syncd rewind {query} "
            "--new-destination deliver-again` sends all of them to the new place, from where "
            "the query starts; `--new-destination go-on` sends only rows that are new"
        ).format(query=query, moved=moved)
    )


def is_there(column: ReadOnlyColumnCollection[str, Column[Any]], place: Place) -> ColumnElement[bool]:
    """Make the condition of uploads that went to this place, as far as is known."""
    there = column.counter == place.counter
    return (
        and_(there, or_(column.api_url.is_(None), column.api_url == place.address))
        if place.address
        else there
    )


def note(database: StoreDatabase, connection: Connection, query: str, place: Place) -> None:
    """Record where the upload that is being recorded goes. Raises DestinationChanged."""
    if not _write(database, connection, query, place, only_if_same=True):
        went = database.tables.destinations
        found = connection.execute(select(went).where(went.c.query == query)).one()
        check(query, Place(found.api_url or "", found.counter), place)


def _write(
    database: StoreDatabase, connection: Connection, query: str, place: Place, *, only_if_same: bool = False
) -> bool:
    """Record the place, with `only_if_same` unless another one was recorded; gives whether it is done."""
    row = {"query": query, "api_url": place.address or None, "counter": place.counter}
    table = database.tables.destinations
    adding = database.insert(table).values(row)
    new = adding.excluded
    same_address = or_(table.c.api_url.is_(None), new.api_url.is_(None), table.c.api_url == new.api_url)
    done = connection.execute(
        adding.on_conflict_do_update(
            index_elements=["query"],
            set_={"api_url": func.coalesce(new.api_url, table.c.api_url), "counter": new.counter},
            where=and_(table.c.counter == new.counter, same_address) if only_if_same else None,
        ).returning(table.c.query)
    )
    return done.first() is not None


def go_on(database: StoreDatabase, connection: Connection, query: str, place: Place, now: datetime) -> None:
    """Count what was delivered elsewhere as delivered; what is open or to come goes to the new place."""
    uploads = database.tables.uploads
    connection.execute(
        update(uploads)
        .where(uploads.c.query == query, is_unsettled(uploads.c.state))
        .values(counter=place.counter, api_url=place.address, state=UploadState.PLANNED.value)
    )
    _decide(database, connection, query, place, now)


def deliver_again(
    database: StoreDatabase, connection: Connection, query: str, place: Place, now: datetime
) -> None:
    """Have nothing that was delivered elsewhere count, in no figure either; the caller moves the mark back.

    Uploads that are open are forgotten, like rejects: their rows are read again.
    """
    tables = database.tables
    uploads, rejects, passed, runs = tables.uploads, tables.rejects, tables.passed, tables.runs
    is_open = (uploads.c.query == query, is_unsettled(uploads.c.state))
    ids = select(uploads.c.id).where(*is_open).scalar_subquery()
    connection.execute(delete(tables.files).where(tables.files.c.upload_id.in_(ids)))
    connection.execute(delete(uploads).where(*is_open))
    connection.execute(delete(rejects).where(rejects.c.query == query, rejects.c.dropped_at.is_(None)))
    refused = rejects.c.reason == Reason.REFUSED_BY_METRICA.value
    connection.execute(delete(rejects).where(rejects.c.query == query, refused))
    connection.execute(delete(passed).where(passed.c.query == query, passed.c.upload_id.is_not(None)))
    for table in (tables.totals, tables.match_days, tables.match_alarms):
        connection.execute(delete(table).where(table.c.query == query))
    connection.execute(update(runs).where(runs.c.query == query).values(newest_at=None))
    _decide(database, connection, query, place, now)
    newest = select(func.max(uploads.c.id)).where(uploads.c.query == query).scalar_subquery()
    table = tables.destinations
    connection.execute(update(table).where(table.c.query == query).values(uploads_elsewhere=newest))


def _decide(database: StoreDatabase, connection: Connection, query: str, place: Place, now: datetime) -> None:
    _write(database, connection, query, place)
    table = database.tables.destinations
    connection.execute(update(table).where(table.c.query == query).values(decided_at=now))
