"""Where a query began, or a person moved its mark forward to: no overlap reaches behind it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from syncd.ledger.types import Number

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it, and after which upload that was."""
    names = op.get_context().opts
    marks, schema = f"{names['syncd_prefix']}marks", names["syncd_schema"]
    op.add_column(marks, sa.Column("floor", sa.Text), schema=schema)
    op.add_column(marks, sa.Column("begun_after", Number), schema=schema)
