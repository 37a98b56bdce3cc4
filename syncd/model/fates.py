"""What became of a row, in a word: `explain` says it of one row, `audit` of many, the ledger of keys."""

from __future__ import annotations

from enum import StrEnum


class RowFate(StrEnum):
    """What became of a row, as far as the state store tells."""

    SENDING = "sending"
    """In an upload whose outcome is open."""
    DELIVERED = "delivered"
    CHANGED_MONEY = "changed_money"
    """Delivered, and has another Price or Currency now."""
    CHANGED_IDENTITY = "changed_identity"
    """Delivered, and has another id, Target or DateTime now, or cannot be sent as it is now."""
    PASSED = "passed"
    """Counted as delivered without being sent: it was there before the query's `start`."""
    WAITING = "waiting"
    """It waits for its DateTime."""
    REJECTED = "rejected"
    DROPPED = "dropped"
    """Rejected, and a person said that it is never to be sent."""
    WITHDRAWN = "withdrawn"
    """It waited for its DateTime, and when that came the query no longer returned it."""
    TO_COME = "to_come"
    """The source has it, and the query has not come by it yet."""
    MISSING = "missing"
    """The source has it behind the mark, and nothing is known of it."""
    UNKNOWN = "unknown"
    """Neither the store nor the source knows it."""
