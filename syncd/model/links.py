"""The nouns of what Metrica linked over time, per query.

Standard library only, as `model`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Links:
    """What Metrica made of uploads that it has finished with."""

    uploads: int = 0
    rows: int = 0
    linked: int = 0
    """At the first try."""
    gained: int = 0
    """Linked only when they were sent again."""
    user_not_found: int = 0
    goal_not_found: int = 0

    def __add__(self, other: Links) -> Links:
        return Links(
            self.uploads + other.uploads,
            self.rows + other.rows,
            self.linked + other.linked,
            self.gained + other.gained,
            self.user_not_found + other.user_not_found,
            self.goal_not_found + other.goal_not_found,
        )

    @property
    def rate(self) -> float:
        """The share of rows that were linked at the first try, 0 to 1; 0 without rows."""
        return min(1.0, self.linked / self.rows) if self.rows else 0.0


@dataclass(frozen=True, slots=True)
class MatchDay:
    """The links of the uploads of one query that Metrica accepted on one day (UTC)."""

    day: date
    links: Links


@dataclass(frozen=True, slots=True)
class Alarm:
    """A query's match rate has fallen."""

    since: datetime
    past: float
    """The rate before."""
