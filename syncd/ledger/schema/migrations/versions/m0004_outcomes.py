"""What became of uploads over time: rows too old, dropped, linked by a later try; days, alarms, the quota."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from syncd.ledger.types import Moment, Name, Number

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns, indexes and tables; nothing that is there changes."""
    names = op.get_context().opts
    prefix: str = names["syncd_prefix"]
    schema: str | None = names["syncd_schema"]
    uploads = f"{prefix}uploads"
    for column in (
        sa.Column("old_rows", Number),
        sa.Column("dropped", Number),
        sa.Column("again_at", Moment),
        sa.Column("gained", Number),
    ):
        op.add_column(uploads, column, schema=schema)
    for name, columns, condition in (
        ("old", ["query", "settled_at"], "old_rows > 0"),
        ("dropped", ["query", "settled_at"], "dropped > 0"),
        ("unlinked", ["query", "settled_at"], "linked < rows"),
    ):
        where = sa.text(condition)
        op.create_index(
            f"{uploads}_{name}",
            uploads,
            columns,
            schema=schema,
            sqlite_where=where,
            postgresql_where=where,
        )
    op.create_table(
        f"{prefix}match_days",
        sa.Column("query", Name, primary_key=True),
        sa.Column("day", Name, primary_key=True),
        sa.Column("uploads", Number, nullable=False),
        sa.Column("rows", Number, nullable=False),
        sa.Column("linked", Number, nullable=False),
        sa.Column("gained", Number, nullable=False),
        sa.Column("user_not_found", Number, nullable=False),
        sa.Column("goal_not_found", Number, nullable=False),
        schema=schema,
    )
    op.create_table(
        f"{prefix}match_alarms",
        sa.Column("query", Name, primary_key=True),
        sa.Column("since", Moment, nullable=False),
        sa.Column("past", sa.Float, nullable=False),
        schema=schema,
    )
    op.create_table(
        f"{prefix}quotas",
        sa.Column("login", Name, primary_key=True),
        sa.Column("day", Name, nullable=False),
        sa.Column("spent", Number, nullable=False),
        schema=schema,
    )
