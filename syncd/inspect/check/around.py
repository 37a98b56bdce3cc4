"""What queries need: the state store and the databases."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from syncd.inspect.check.findings import CheckFinding, Code, Level, failed, look_at_clock
from syncd.language import _
from syncd.model.errors import StateNotWritable, SyncdError


def look_at_state(try_out: Callable[[], bool]) -> CheckFinding:
    """Whether the state store can be reached, read and written; tried out, it tells whether it is new."""
    path = ("state", "url")
    try:
        is_new = try_out()
    except StateNotWritable as error:
        return failed("state", error, Code.STATE_WRITE, path)
    except SyncdError as error:
        return failed("state", error, Code.STATE, path)
    if is_new:
        return CheckFinding(Level.OK, "state", _("there is none yet; the first run makes it, and may"))
    return CheckFinding(Level.OK, "state", _("reachable, of this version, and can be written"))


def look_at_names(
    queries: Sequence[str], configured: Collection[str], recorded: Collection[str]
) -> Iterator[CheckFinding]:
    """Queries that never ran, beside ones that did and are gone: perhaps the same by another name.

    Args:
        queries: The queries that are looked at.
        configured: All that the file names.
        recorded: Those that the state store knows.
    """
    gone = sorted(name for name in recorded if name not in configured)
    for name in queries if gone else ():
        if name not in recorded:
            yield CheckFinding(
                Level.WARNING,
                f"query {name}",
                _("it never ran, and the state store knows {gone}, which the file no longer names").format(
                    gone=", ".join(gone)
                ),
                _(
                    "If it is that query under a new name, keep the old one: what was delivered is "
                    "known by the query's name, and all would be sent again."
                ),
                Code.QUERY_RENAMED,
                ("queries", name),
            )


def look_at_destination(query: str, check: Callable[[], None]) -> Iterator[CheckFinding]:
    """Tell whether the query's rows went to the counter and address that they would go to now."""
    try:
        check()
    except SyncdError as error:
        yield failed(f"query {query}", error, Code.DESTINATION, ("queries", query, "counter"), query)


@dataclass(frozen=True, slots=True)
class Connected:
    """What a first word with a database came to."""

    product: str
    """Such as `postgresql`."""
    took: timedelta
    clock_ahead: timedelta | None
    """How far this machine's clock is ahead of the database's; None: not known, or the same clock."""
    may_write: tuple[str, str] | None = None
    """What the account may do beyond reading, and what to write instead; None: nothing, or not known."""


def look_at_database(name: str, connect: Callable[[], Connected]) -> list[CheckFinding]:
    """Whether a database can be reached, how long that takes, and what time it has there."""
    where = f"database {name}"
    try:
        found = connect()
    except SyncdError as error:
        return [failed(where, error, Code.DATABASE, ("databases", name, "url"))]
    took = found.took.total_seconds() * 1000
    connected = CheckFinding(
        Level.OK, where, _("connected to {product} in {took:.0f} ms").format(product=found.product, took=took)
    )
    findings = [connected, *look_at_clock(where, _("the database's"), found.clock_ahead)]
    if found.may_write is not None:
        may, remedy = found.may_write
        message = _(
            "the account may do more than read: {may}; syncd never writes, but a stolen password could"
        ).format(may=may)
        path = ("databases", name, "url")
        findings.append(CheckFinding(Level.WARNING, where, message, remedy, Code.DATABASE_RIGHTS, path))
    return findings
