"""Threads that are used again: work begins at once in a thread of its own, however many others hang."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Lock, Thread

Work = Callable[[], None]

IDLE_SECONDS = 30.0
"""How long a thread without work is kept."""


class Workers:
    """Never makes work wait for other work: a new thread wherever none is idle."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        """No thread yet."""
        self._idle_seconds = idle_seconds
        self._idle: list[SimpleQueue[Work]] = []
        """The inboxes of threads without work; the last one to become idle is the first to work again, so
        that those of a busy moment come to rest and end."""
        self._lock = Lock()

    def start(self, work: Work) -> None:
        """Begin `work`, which must not raise."""
        with self._lock:
            inbox = self._idle.pop() if self._idle else None
        if inbox is None:
            Thread(target=self._serve, args=(work,), name="run", daemon=True).start()
        else:
            inbox.put(work)

    def _serve(self, work: Work) -> None:
        inbox = SimpleQueue[Work]()
        while True:
            work()
            del work  # what it holds is not kept while there is nothing to do
            with self._lock:
                self._idle.append(inbox)
            try:
                work = inbox.get(timeout=self._idle_seconds)
            except Empty:
                with self._lock:
                    if inbox in self._idle:
                        self._idle.remove(inbox)
                        return
                work = inbox.get()  # it was given some at that very moment
