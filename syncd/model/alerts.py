"""The memory of a trouble that people are told of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

Key = tuple[str, str]
"""A trouble's kind and query."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """The facts of a trouble that every daemon remembers from one look to the next, also after a restart."""

    since: datetime
    """When it was first seen."""
    told_at: datetime | None = None
    """When a message last spoke of it; None: nobody was told yet."""
    words: str = ""
    """What the message said, for the one that tells that it is over."""
    is_over: bool = False
    """The trouble is gone, and that is being told."""
    is_owed: bool = False
    """No receiver has taken the message of `told_at` yet."""
