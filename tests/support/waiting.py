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
        # Nothing tells us; the test goes on as soon as it holds. To look costs a processor that those we wait
        # for need, so a long wait looks less often: after a fiftieth of what it has taken so far.
        time.sleep(0.02 + min(0.2, (time.monotonic() - began) / 50))
    return time.monotonic() - began
