"""Each query's uploads in figures; the index that they were added up from goes.

Lines are packed with Zstandard from this version on; those that are there stay, and are read as before.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from syncd.ledger.types import Name, Number

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FIGURES = ("uploads", "rows", "rows_told", "linked", "gained", "user_not_found", "goal_not_found")
SETTLED = "state NOT IN ('planned', 'sending')"
DELIVERED = "'accepted', 'processed', 'unlinked'"
TOLD = "state IN ('processed', 'unlinked') AND origin <> 'resend' AND linked IS NOT NULL"


def upgrade() -> None:
    """Add the table and what the uploads say so far; change indexes."""
    options = op.get_context().opts
    prefix: str = options["syncd_prefix"]
    schema: str | None = options["syncd_schema"]
    op.create_table(
        f"{prefix}totals",
        sa.Column("query", Name, primary_key=True),
        *(sa.Column(name, Number, nullable=False) for name in FIGURES),
        schema=schema,
    )
    place = f"{op.get_bind().dialect.identifier_preparer.quote(schema)}." if schema else prefix
    op.execute(added_up(place))
    op.drop_index(f"{prefix}uploads_sums", f"{prefix}uploads", schema=schema)
    known = sa.text("upload_id IS NOT NULL")
    op.create_index(
        f"{prefix}passed_upload",
        f"{prefix}passed",
        ["upload_id"],
        schema=schema,
        sqlite_where=known,
        postgresql_where=known,
    )


def added_up(place: str) -> str:
    """One line for each query that has uploads; `place` is what tables' names begin with."""
    told = "".join(
        f", sum(CASE WHEN {TOLD} THEN coalesce({name}, 0) ELSE 0 END)"
        for name in ("rows", "linked", "gained", "user_not_found", "goal_not_found")
    )
    return (
        f"INSERT INTO {place}totals (query, {', '.join(FIGURES)})"  # noqa: S608 — names of our own
        f" SELECT query, sum(CASE WHEN {SETTLED} THEN 1 ELSE 0 END),"
        f" sum(CASE WHEN state IN ({DELIVERED}) AND origin <> 'resend' THEN rows ELSE 0 END)"
        f"{told} FROM {place}uploads GROUP BY query"
    )
