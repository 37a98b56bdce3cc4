"""Where a query began, or a person moved its mark forward to: no overlap reaches behind it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    names = op.get_context().opts
    op.add_column(f"{names['syncd_prefix']}marks", sa.Column("floor", sa.Text), schema=names["syncd_schema"])
