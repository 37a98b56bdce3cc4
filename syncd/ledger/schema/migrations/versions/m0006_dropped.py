"""Rejects that a person dropped stay recorded, so that they do not come back when they are read again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from syncd.ledger.types import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

HERE, DROPPED = "dropped_at IS NULL", "dropped_at IS NOT NULL"


def upgrade() -> None:
    """Add the column; the indexes behind lists and counts leave dropped ones out."""
    names = op.get_context().opts
    prefix: str = names["syncd_prefix"]
    schema: str | None = names["syncd_schema"]
    rejects = f"{prefix}rejects"
    op.add_column(rejects, sa.Column("dropped_at", Moment), schema=schema)
    for name in ("query", "reason"):
        op.drop_index(f"{rejects}_{name}", rejects, schema=schema)
    for name, columns, condition in (
        ("query", ["query", "id"], HERE),
        ("reason", ["query", "reason"], HERE),
        ("dropped", ["query", "id"], DROPPED),
        ("dropped_at", ["dropped_at"], DROPPED),
    ):
        where = sa.text(condition)
        op.create_index(
            f"{rejects}_{name}",
            rejects,
            columns,
            schema=schema,
            sqlite_where=where,
            postgresql_where=where,
        )
