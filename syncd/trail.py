"""Where a query stood some time ago: how far back to read where nobody tells of open transactions. Pure.

A row's mark is taken inside its transaction, so a transaction that lasts no longer than `back` cannot bring
a row behind the mark as it stood `back` before it was read. For marks that are times the same is had by
taking `back` off the mark (`marks.earlier`); numbers from a sequence say nothing of time, so it is noted
when the mark was where.
"""

from __future__ import annotations

from collections import deque
from datetime import timedelta

from syncd.model import Mark

STEPS = 64
"""So many places are remembered for each `back`, however often the mark moves."""


class Trail:
    """The marks that a query has passed. Times are those of a clock that nobody sets (`Clock.seconds`)."""

    def __init__(self) -> None:
        self._passed: deque[tuple[float, Mark]] = deque()
        self._at: Mark | None = None

    def begin(self, mark: Mark | None, now: float, back: timedelta) -> None:
        """A run begins at this mark; what was noted counts no more if it did not end there."""
        if mark != self._at:
            self._passed.clear()
        if mark is not None:
            self.note(mark, now, back)

    def note(self, mark: Mark, now: float, back: timedelta) -> None:
        """The query stands at this mark now."""
        self._at = mark
        if self._passed:
            since, last = self._passed[-1]
            if mark == last or now - since < back.total_seconds() / STEPS:
                return
        self._passed.append((now, mark))

    def stood(self, then: float) -> Mark | None:
        """Where the query stood at that moment; None where that is not known. What is older is forgotten."""
        while len(self._passed) > 1 and self._passed[1][0] <= then:
            self._passed.popleft()
        return self._passed[0][1] if self._passed and self._passed[0][0] <= then else None
