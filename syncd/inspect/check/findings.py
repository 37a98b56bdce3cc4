"""What a look comes to, and what several looks share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from syncd.model.errors import SyncdError

CLOCK_TOLERANCE = timedelta(seconds=10)
"""A clock further off than this is worth a word: rows wait, or are refused, by it."""
CLOCK = "%Y-%m-%d %H:%M:%S"


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    where: str
    """`state`, `query paid_orders`, …"""
    message: str
    action: str = ""


def failed(where: str, error: SyncdError) -> Finding:
    """What an error comes to, without the place that its message begins with."""
    return Finding(Level.ERROR, where, str(error).removeprefix(f"{where}: "), error.action)


def look_at_clock(where: str, whose: str, ahead: timedelta | None) -> Iterator[Finding]:
    """How far this machine's clock is ahead of another; None: not known."""
    if ahead is None:
        return
    seconds = abs(ahead.total_seconds())
    if abs(ahead) <= CLOCK_TOLERANCE:
        yield Finding(
            Level.OK, where, f"{whose} clock and this machine's agree within {max(1, seconds):.0f} s"
        )
        return
    direction = "ahead of" if ahead > timedelta() else "behind"
    yield Finding(
        Level.WARNING,
        where,
        f"this machine's clock is {seconds:,.0f} s {direction} {whose}",
        "Set both by NTP: rows of the last moments are held back, or refused as future ones.",
    )
