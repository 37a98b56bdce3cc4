"""Waiting for what has no event to wait for: looked at again and again, until a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable

DEADLINE = 60.0
"""Seconds after which something that should have happened has not."""


def eventually(holds: Callable[[], object], state: Callable[[], str] = str) -> None:
    """Until it holds; else an AssertionError with what `state` says then."""
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end, state()
        time.sleep(0.02)  # nothing tells us; the test goes on as soon as it holds
