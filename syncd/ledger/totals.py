"""Each query's uploads in figures, kept up as each is settled, so that nobody ever has to add them all up."""

from __future__ import annotations

from sqlalchemy import Connection

from syncd.ledger.database import StoreDatabase
from syncd.model.links import Links

_FIGURES = ("uploads", "rows", "rows_told", "linked", "gained", "user_not_found", "goal_not_found")


def add(database: StoreDatabase, connection: Connection, query: str, **more: int) -> None:
    """Add to some of a query's figures."""
    table = database.tables.totals
    adding = database.insert(table).values(query=query, **(dict.fromkeys(_FIGURES, 0) | more))
    sums = {name: table.c[name] + adding.excluded[name] for name in more}
    connection.execute(adding.on_conflict_do_update(index_elements=["query"], set_=sums))


def add_links(database: StoreDatabase, connection: Connection, query: str, links: Links) -> None:
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
