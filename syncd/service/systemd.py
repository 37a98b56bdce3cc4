"""What syncd tells the service manager (systemd's notify protocol): ready, reloading, stopping, and alive.

Where there is none, as at a desk or in most containers, nothing is told to anybody.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from math import inf

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


LOOK = 1.0
"""Seconds: with many queries there are a hundred turns in each."""


class SystemdWatchdog:
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
        self._looked_at = self._told_at = -inf
        self._told = ""

    def turned(self, status: Callable[[], str]) -> None:
        """The loop has made a turn; `status` makes what `systemctl status` shows, once a second at most."""
        now = self._clock()
        if now - self._looked_at < LOOK or now - self._bookkeeper() > self._limit / 2:
            return
        self._looked_at, text = now, status()
        if text != self._told or now - self._told_at >= self._limit / 8:
            self._told_at, self._told = now, text
            notify(f"WATCHDOG=1\nSTATUS={text}")


def _limit() -> float:
    """Seconds after which the manager takes silence for a fault; for ever when it does not watch us."""
    pid, microseconds = os.environ.get("WATCHDOG_PID", ""), os.environ.get("WATCHDOG_USEC", "")
    ours = pid in {"", str(os.getpid())} and microseconds.isdigit()
    return int(microseconds) / 1e6 if ours else inf
