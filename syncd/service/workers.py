"""A bounded pool of threads: work begins at once in a thread of its own, until many are busy."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Lock, Thread

Work = Callable[[], None]

IDLE_SECONDS = 30.0
"""How long a thread without work is kept."""
MOST_THREADS = 64
"""Runs at the same time. A run may have a second thread, and a container often allows 200 in all."""


class Workers:
    """Begins work in an idle thread, else in a new one, else as soon as one of the busy threads is done.

    So a query that hangs delays no other, before MOST_THREADS hang at once or the system gives no more.
    """

    def __init__(self, idle_seconds: float = IDLE_SECONDS, most: int = MOST_THREADS) -> None:
        self._idle_seconds = idle_seconds
        self._most = most
        self._threads = 0
        self._idle: list[SimpleQueue[Work]] = []
        """The inboxes of threads without work; the last one to become idle is the first to work again, so
        that those of a busy moment come to rest and end."""
        self._waiting: deque[Work] = deque()
        """Work for which there is no thread yet, in the order in which it came."""
        self._lock = Lock()

    def start(self, work: Work) -> None:
        """Begin `work`, which must not raise, as soon as there is a thread for it."""
        with self._lock:
            if self._idle:
                self._idle.pop().put(work)
                return
            self._waiting.append(work)
        self.add_thread()

    def add_thread(self) -> None:
        """Have one more thread where work waits for one and there may be more."""
        with self._lock:
            if not self._waiting or self._threads >= self._most:
                return
            self._threads += 1
            work = self._waiting.popleft()
        try:
            Thread(target=self._serve, args=(work,), name="run", daemon=True).start()
        except RuntimeError:  # the system, or the container, gives no more threads now
            with self._lock:
                self._threads -= 1
                self._waiting.appendleft(work)
                if self._idle:
                    self._idle.pop().put(self._waiting.popleft())

    def _serve(self, work: Work) -> None:
        inbox = SimpleQueue[Work]()
        while True:
            work()
            del work  # what it holds is not kept while there is nothing to do
            with self._lock:
                if self._waiting:
                    work = self._waiting.popleft()
                    continue
                self._idle.append(inbox)
            try:
                work = inbox.get(timeout=self._idle_seconds)
            except Empty:
                with self._lock:
                    if inbox in self._idle:
                        self._idle.remove(inbox)
                        self._threads -= 1
                        return
                work = inbox.get()  # it was given some at that very moment
