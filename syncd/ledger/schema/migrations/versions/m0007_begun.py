"""Where a query began, behind which no overlap reaches; and what Metrica said of spent days."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from syncd.ledger.types import Name, Number

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add where a person moved the mark to as well, after which upload; and a table of refusals."""
    names = op.get_context().opts
    prefix, schema = names["syncd_prefix"], names["syncd_schema"]
    op.add_column(f"{prefix}marks", sa.Column("floor", sa.Text), schema=schema)
    op.add_column(f"{prefix}marks", sa.Column("begun_after", Number), schema=schema)
    op.create_table(
        f"{prefix}refusals",
        sa.Column("login", Name, primary_key=True),
        sa.Column("counter", Number, primary_key=True, autoincrement=False),
        sa.Column("day", Name, nullable=False),
        schema=schema,
    )
