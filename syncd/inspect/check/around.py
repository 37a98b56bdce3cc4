"""What queries need: the state store and the databases."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from syncd.inspect.check.findings import Finding, Level, failed, look_at_clock
from syncd.model.errors import SyncdError


class StateStore(Protocol):
    """The part of the state store that is needed here."""

    def is_new(self) -> bool:
        """True when nothing was ever written to it. Raises StateError."""
        ...

    def check_version(self) -> None:
        """Raise StateTooNew or StateUnavailable when this syncd cannot use it as it is."""
        ...


def look_at_state(store: StateStore) -> Finding:
    """Whether the state store can be reached and read."""
    try:
        if store.is_new():
            return Finding(Level.OK, "state", "there is none yet; the first run makes it")
        store.check_version()
    except SyncdError as error:
        return failed("state", error)
    return Finding(Level.OK, "state", "reachable, and of this version")


def look_at_names(
    queries: Sequence[str], configured: Collection[str], recorded: Collection[str]
) -> Iterator[Finding]:
    """Queries that never ran, beside ones that did and are gone: perhaps the same by another name.

    Args:
        queries: The queries that are looked at.
        configured: All that the file names.
        recorded: Those that the state store knows.
    """
    gone = sorted(name for name in recorded if name not in configured)
    for name in queries if gone else ():
        if name not in recorded:
            yield Finding(
                Level.WARNING,
                f"query {name}",
                f"it never ran, and the state store knows {', '.join(gone)}, which the file no longer names",
                "If it is that query under a new name, keep the old one: what was delivered is known by the "
                "query's name, and all would be sent again.",
            )


@dataclass(frozen=True, slots=True)
class Connected:
    """What a first word with a database came to."""

    product: str
    """Such as `postgresql`."""
    took: timedelta
    clock_ahead: timedelta | None
    """How far this machine's clock is ahead of the database's; None: not known, or the same clock."""


def look_at_database(name: str, connect: Callable[[], Connected]) -> list[Finding]:
    """Whether a database can be reached, how long that takes, and what time it has there."""
    where = f"database {name}"
    try:
        found = connect()
    except SyncdError as error:
        return [failed(where, error)]
    took = f"{found.took.total_seconds() * 1000:.0f} ms"
    connected = Finding(Level.OK, where, f"connected to {found.product} in {took}")
    return [connected, *look_at_clock(where, "the database's", found.clock_ahead)]
