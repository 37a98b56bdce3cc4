"""What a look comes to, and what several looks share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from syncd.language import _, number
from syncd.model.errors import SyncdError

CLOCK_TOLERANCE = timedelta(seconds=10)
"""A clock further off than this is worth a word: rows wait, or are refused, by it."""
CLOCK = "%Y-%m-%d %H:%M:%S"


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    NOTE = "note"
    """Something could not be looked at, and nothing is known to be wrong."""
    WARNING = "warning"
    ERROR = "error"


class Code(StrEnum):
    """What can be found that is not well: a closed list, which docs/check.md describes."""

    CONFIG = "config"
    READABLE = "file.readable"
    API_UNENCRYPTED = "api.unencrypted"
    STATE = "state"
    STATE_WRITE = "state.write"
    DESTINATION = "destination"
    DATABASE = "database"
    DATABASE_RIGHTS = "database.rights"
    CLOCK = "clock"
    NOT_LOOKED_AT = "query.not_looked_at"
    QUERY = "query"
    QUERY_LIMIT = "query.limit"
    QUERY_RENAMED = "query.renamed"
    QUERY_EMPTY = "query.empty"
    KIND = "columns.kind"
    MONEY_ROUNDED = "columns.money_rounded"
    TARGET_NO_GOAL = "target.no_goal"
    TARGET_NOT_IDENTIFIER = "target.not_identifier"
    ZONE_WRONG = "timezone.wrong"
    ZONE_ASSUMED = "timezone.assumed"
    DATE_ONLY = "datetime.date_only"
    SAME_SALE = "rows.same_sale"
    SAME_KEY = "rows.same_key"
    REJECTED = "rows.rejected"
    ALL_REJECTED = "rows.all_rejected"
    MARK_TEXT_ORDER = "mark.text_order"
    MARK_RANDOM = "mark.random"
    MARK_INEXACT = "mark.inexact"
    MARK_COARSE = "mark.coarse"
    MARK_NULL = "mark.null"
    MARK_CLOCKS_CHANGE = "mark.clocks_change"
    MARK_AHEAD = "mark.ahead"
    LATE_HIDDEN = "late.hidden"
    LATE_UNSEEN = "late.unseen"
    SOURCE_WENT_BACK = "source.went_back"
    INDEX_MISSING = "index.missing"
    PLAN_UNKNOWN = "index.unknown"
    FIRST_RUN_LARGE = "start.large"
    COUNTER = "counter"
    COUNTER_VIEW_ONLY = "counter.view_only"
    SETTLE_SHORT = "settle.short"
    ID_PARAMETER = "api.id_parameter"


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """One thing that was looked at."""

    level: Level
    where: str
    """`state`, `query paid_orders`, …"""
    message: str
    action: str = ""
    code: Code | None = None
    """None of what is well."""
    path: tuple[str, ...] = ()
    """The key of the file that it concerns, such as queries, paid_orders, sql."""
    at: tuple[str, int] | None = None
    """File and line, where it knows them better than the key does."""


def failed(
    where: str, error: SyncdError, code: Code = Code.QUERY, path: tuple[str, ...] = (), name: str = ""
) -> CheckFinding:
    """What an error comes to, without the place that its message begins with.

    `name` takes the place of NAME in what is to be done.
    """
    message, action = error.as_final()
    message = message.removeprefix(f"{where}: ")
    action = action.replace("NAME", name) if name else action
    return CheckFinding(Level.ERROR, where, message, action, code, path)


def look_at_clock(where: str, whose: str, ahead: timedelta | None) -> Iterator[CheckFinding]:
    """How far this machine's clock is ahead of another; None: not known."""
    if ahead is None:
        return
    seconds = abs(ahead.total_seconds())
    if abs(ahead) <= CLOCK_TOLERANCE:
        yield CheckFinding(
            Level.OK,
            where,
            _("{whose} clock and this machine's agree within {seconds:.0f} s").format(
                whose=whose, seconds=max(1, seconds)
            ),
        )
        return
    if ahead > timedelta():
        words = _("this machine's clock is {seconds} s ahead of {whose}")
    else:
        words = _("this machine's clock is {seconds} s behind {whose}")
    yield CheckFinding(
        Level.WARNING,
        where,
        words.format(seconds=number(round(seconds)), whose=whose),
        _("Set both by NTP: rows of the last moments are held back, or refused as future ones."),
        Code.CLOCK,
    )
