"""Not more than 30 requests a second leave this machine's address (docs/metrica.md), whatever the login."""

from __future__ import annotations

import time
from collections import deque
from threading import Lock

from syncd.model.clock import pause

REQUESTS = 30
WITHIN = 1.1
"""Seconds: a little more than the one documented, since what leaves evenly need not arrive so."""
BACK_OFF = 1.0
"""Seconds without a request after Metrica said that there were too many at once."""


class Pace:
    """Shared by all clients of a process. Thread-safe."""

    def __init__(self) -> None:
        self._slots: deque[float] = deque(maxlen=REQUESTS)
        self._not_before = 0.0
        self._lock = Lock()

    def wait(self) -> None:
        """Wait for the next slot; seldom, and no longer than a second or so for each thread that waits."""
        with self._lock:
            now = time.monotonic()
            slot = max(now, self._not_before)
            if len(self._slots) == REQUESTS:
                slot = max(slot, self._slots[0] + WITHIN)
            self._slots.append(slot)
        if slot > now:
            pause(slot - now)

    def too_fast(self) -> None:
        """Metrica said so."""
        with self._lock:
            self._not_before = time.monotonic() + BACK_OFF
