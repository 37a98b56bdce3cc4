"""Each query's uploads in figures, kept up as each is settled, so that nobody ever has to add them all up."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, func, select

from syncd.ledger.database import Database
from syncd.ledger.rows import UploadTotals
from syncd.ledger.tables import is_unsettled
from syncd.links import Links
from syncd.model import UploadState

_FIGURES = ("uploads", "rows", "rows_told", "linked", "gained", "user_not_found", "goal_not_found")


def add(database: Database, connection: Connection, query: str, **more: int) -> None:
    """Add to some of a query's figures."""
    table = database.tables.totals
    adding = database.insert(table).values(query=query, **(dict.fromkeys(_FIGURES, 0) | more))
    sums = {name: table.c[name] + adding.excluded[name] for name in more}
    connection.execute(adding.on_conflict_do_update(index_elements=["query"], set_=sums))


def add_links(database: Database, connection: Connection, query: str, links: Links) -> None:
    """Add what Metrica has told of an upload."""
    add(
        database,
        connection,
        query,
        rows_told=links.rows,
        linked=links.linked,
        gained=links.gained,
        user_not_found=links.user_not_found,
        goal_not_found=links.goal_not_found,
    )


class TotalsReader:
    """The question of the command line and the page. Raises StateUnavailable."""

    database: Database

    def delivered_counts(self) -> dict[str, UploadTotals]:
        """All uploads that ever were, in figures, by query."""
        table, uploads = self.database.tables.totals, self.database.tables.uploads.c
        is_open = is_unsettled(uploads.state)
        asked = select(uploads.query, uploads.state, func.count()).where(is_open)
        with self.database.read() as connection:
            settled = {row.query: UploadTotals(**row._asdict()) for row in connection.execute(select(table))}
            unsettled = connection.execute(asked.group_by(uploads.query, uploads.state)).all()
        for query, state, count in unsettled:
            known = settled.get(query, UploadTotals(query))
            settled[query] = replace(
                known,
                uploads=known.uploads + count,
                unsettled=known.unsettled + count,
                planned=count if state == UploadState.PLANNED else known.planned,
            )
        return settled
