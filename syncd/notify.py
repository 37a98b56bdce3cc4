"""What syncd tells the service manager (systemd's notify protocol): ready, reloading, stopping, and alive.

Where there is none, as at a desk or in most containers, nothing is told to anybody.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress

SEND_LIMIT = 1.0
"""Seconds; a service manager that does not read must not hold up the loop."""


def notify(message: str) -> None:
    """Send lines such as READY=1 or STATUS=…. A failure is let be: the manager notices silence by itself."""
    where = os.environ.get("NOTIFY_SOCKET", "")
    if not where:
        return
    address = f"\0{where[1:]}" if where.startswith("@") else where
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.settimeout(SEND_LIMIT)
        channel.sendto(message.encode(), address)


def reloading() -> str:
    """The message that a reload begins; READY=1 tells its end. systemd wants to know when it was sent."""
    return f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}"


class Watchdog:
    """Fed by each turn of the main loop, and only while the bookkeeper goes on too.

    Both stand still when the state store hangs, in a deadlock, or in a process that is paused; then the
    manager starts syncd anew. A query that fails, or a source or Metrica that is away, is no reason: a
    restart would correct nothing, and /readyz tells it.
    """

    def __init__(self, bookkeeper: Callable[[], float], clock: Callable[[], float] = time.monotonic) -> None:
        """Get ready.

        Args:
            bookkeeper: when its thread last went on, by `clock`.
            clock: seconds that nobody sets.
        """
        self._bookkeeper = bookkeeper
        self._clock = clock
        self._limit = _limit()
        self._told: tuple[float, str] | None = None

    def turned(self, status: str) -> None:
        """The loop has made a turn; `status` is what `systemctl status` shows."""
        if self._limit is None:
            return
        now = self._clock()
        if now - self._bookkeeper() > self._limit / 2:
            return
        if self._told is None or now - self._told[0] >= self._limit / 8 or status != self._told[1]:
            self._told = (now, status)
            notify(f"WATCHDOG=1\nSTATUS={status}")


def _limit() -> float | None:
    """Seconds after which the manager takes silence for a fault; None when it does not watch this process."""
    pid, microseconds = os.environ.get("WATCHDOG_PID", ""), os.environ.get("WATCHDOG_USEC", "")
    if pid not in {"", str(os.getpid())} or not microseconds.isdigit():
        return None
    return int(microseconds) / 1e6 or None
