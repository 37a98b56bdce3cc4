"""Ends statements that outlive their time, with one thread for all of them, however many begin a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from heapq import heappop, heappush
from itertools import count
from threading import Condition, Thread
from time import monotonic


class Watchdog:
    """Calls what it was given when its time is up, unless the block is left before."""

    def __init__(self) -> None:
        """Nothing is watched; the thread begins with the first block."""
        self._ring = Condition()
        self._heap: list[tuple[float, int]] = []
        self._aborts: dict[int, Callable[[], None]] = {}
        """By number; of blocks that were left, only the number stays on the heap, until its time."""
        self._numbers = count()
        self._running = False

    @contextmanager
    def watching(self, seconds: float, abort: Callable[[], None]) -> Iterator[None]:
        """Call `abort` from another thread if the block lasts longer than this; it must not raise."""
        number, due = next(self._numbers), monotonic() + seconds
        with self._ring:
            self._aborts[number] = abort
            heappush(self._heap, (due, number))
            if self._heap[0][1] == number:  # else the thread wakes in time anyway
                self._ring.notify()
            if not self._running:
                self._running = True
                Thread(target=self._work, name="watchdog", daemon=True).start()
        try:
            yield
        finally:
            with self._ring:
                self._aborts.pop(number, None)

    def _work(self) -> None:
        while True:
            with self._ring:
                while not (due := self._take()):
                    self._ring.wait(self._heap[0][0] - monotonic() if self._heap else None)
                # Within the lock, so that a block that is left is never aborted: its connection may be
                # another's by then.
                for abort in due:
                    abort()

    def _take(self) -> list[Callable[[], None]]:
        """Take the calls whose time is up."""
        due = []
        while self._heap and (self._heap[0][1] not in self._aborts or self._heap[0][0] <= monotonic()):
            abort = self._aborts.pop(heappop(self._heap)[1], None)
            if abort is not None:
                due.append(abort)
        return due
