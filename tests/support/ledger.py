"""What tests of the ledger share."""

from __future__ import annotations

from datetime import timedelta

from syncd.model.keys import key_text
from tests.support.fix_ledger import NOW

LATER = NOW + timedelta(seconds=5)


def key(name: str) -> str:
    """The key of the row of that name."""
    return key_text([name])
