"""The daemons that share a store, also those that hold no lease: who counts when queries are shared out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from syncd.ledger.types import Moment, Name

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    names = op.get_context().opts
    op.create_table(
        f"{names['syncd_prefix']}daemons",
        sa.Column("owner", Name, primary_key=True),
        sa.Column("queries", sa.Text, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        schema=names["syncd_schema"],
    )
