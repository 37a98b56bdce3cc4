"""How a day's requests are shared out: uploads first, then what can wait. Pure.

The API gives a login so many requests a day, from 00:00 GMT (docs/metrica.md). Even spending leaves, at
any moment, as large a part of them as of the day. What can wait keeps away from the lower part of that.
"""

from __future__ import annotations

from datetime import datetime, timedelta

ASK_ABOVE = 0.5
"""Asking what became of uploads leaves uploads this part of an even rest."""
ASKING_SHARE = 1 / 20
"""Asking what became of uploads takes no larger part of a day's requests, and is spread over the day."""
ASKED_AT_ONCE = 25
"""Requests by which asking may be ahead of the day."""
REPEAT_ABOVE = 0.75
"""Sending rows again leaves more."""
SHORT = 0.1
"""Below this part of the day's requests a person should know, unless the day is nearly over."""
_DAY = timedelta(days=1)


def next_midnight(now: datetime) -> datetime:
    """The moment the daily quotas begin anew: the next 00:00 GMT after `now` (aware, UTC)."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY


def even(limit: int, now: datetime) -> float:
    """What even spending would have left."""
    return limit * ((next_midnight(now) - now) / _DAY)


def may_ask(left: int, limit: int, now: datetime) -> bool:
    """Whether to ask what became of uploads."""
    return left > ASK_ABOVE * even(limit, now)


def asking_share(limit: int, now: datetime) -> float:
    """How many requests may have asked what became of uploads by now."""
    share = limit * ASKING_SHARE
    return min(share, share - even(limit, now) * ASKING_SHARE + ASKED_AT_ONCE)


def may_repeat(left: int, limit: int, now: datetime) -> bool:
    """Whether to send rows again."""
    return left > REPEAT_ABOVE * even(limit, now)


def is_short(left: int, limit: int, now: datetime) -> bool:
    """Whether the day's requests are near their end long before the day is."""
    return left < SHORT * limit and left < even(limit, now)


def spacing(left: int, limit: int, now: datetime, queries: int) -> timedelta:
    """How far apart a query's uploads should be so that the rest lasts; zero while there is plenty."""
    if may_ask(left, limit, now):
        return timedelta(0)
    return (next_midnight(now) - now) * queries / max(left, 1)
