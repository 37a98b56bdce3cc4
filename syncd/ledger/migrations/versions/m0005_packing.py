"""Lines are packed with Zstandard from now on; those that are there stay as they are, and are read as before.

Nothing changes in the tables. The number keeps an older syncd from a store that it could not read.
"""

from __future__ import annotations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing to do."""
