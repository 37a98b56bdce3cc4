"""How far behind the mark is read again, and when, for rows that appear there unseen. Pure."""

from __future__ import annotations

from datetime import timedelta

from syncd.model import Mark
from syncd.model.marks import grain

UNWATCHED = timedelta(minutes=2)
"""`overlap: auto` where nobody tells which transactions are open (docs/guarantees.md)."""
SLACK = timedelta(seconds=10)
"""`overlap: auto` elsewhere. An application that sets the mark does so before its transaction begins, by a
clock of its own, and often in whole seconds, so that rows of one second come in any order."""
LOOKS_EVERY = timedelta(minutes=1)


class Looks:
    """When to look behind the mark again though there is nothing new. Times are of `Clock.seconds`.

    Once, when nobody can be late any more; where marks are whole days, again and again while one may last.
    """

    def __init__(self) -> None:
        self._mark: Mark | None = None
        self._until = 0.0
        self._next: float | None = None

    def due(self, now: float) -> bool:
        """Whether it is time to."""
        return self._next is not None and now >= self._next

    def begin(self) -> None:
        """Somebody looks; if that fails it is to be done again."""
        self._next = 0.0

    def end(self, mark: Mark | None, began: float, now: float) -> None:
        """All up to `mark` was read, in a run that began at that time."""
        if mark != self._mark:
            self._mark = mark
            self._until = now + (max(SLACK, grain(mark)).total_seconds() if mark else 0)
        is_over = mark is None or began >= self._until
        self._next = None if is_over else min(self._until, now + LOOKS_EVERY.total_seconds())
