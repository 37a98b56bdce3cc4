"""Waiting for what has no event to wait for: looked at again and again, until a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable

DEADLINE = 60.0
"""Seconds after which something that should have happened has not."""


def eventually(
    holds: Callable[[], object], state: Callable[[], str] = str, seconds: float = DEADLINE
) -> float:
    """Until it holds, and how many seconds that took; else an AssertionError with what `state` says then."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, state()
        time.sleep(0.02)  # nothing tells us; the test goes on as soon as it holds
    return time.monotonic() - began
