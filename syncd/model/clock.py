"""The time, and the wish to stop."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from threading import Event
from typing import Protocol


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """The moment, aware, in UTC. Somebody may set it, back or ahead."""
        ...

    def seconds(self) -> float:
        """Seconds since some moment: nobody sets them, and they go on while the machine sleeps."""
        ...


_LASTING = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux's goes on while the machine sleeps."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        return datetime.now(UTC)

    def seconds(self) -> float:
        """Seconds that nobody sets."""
        return time.clock_gettime(_LASTING)


def pause(seconds: float) -> None:
    """Wait so long, whoever sets the clock.

    Not by `time.sleep`: Python gives that the moment of a clock, and refuses with EINVAL under a library
    that shifts the time of day (libfaketime).
    """
    Event().wait(seconds)


class Stop(Protocol):
    """A flag such as threading.Event."""

    def is_set(self) -> bool:
        """Whether to begin nothing more."""
        ...
