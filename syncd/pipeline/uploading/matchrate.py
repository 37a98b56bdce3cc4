"""When a query's match rate has fallen against its own past, and when it has recovered. Pure.

The share of rows that Metrica links differs from shop to shop, so it is compared with nothing but the query's
own past. Rates of few rows jump by chance: both sides need enough rows, and the difference must be more than
chance. Between falling and recovering lies a span in which nothing changes, so that a rate at the edge does
not flap.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import sqrt

from syncd.model.links import Alarm, Links, MatchDay

ENOUGH_ROWS = 100
ENOUGH_UPLOADS = 3
"""One odd file is no trend."""
RECENT = timedelta(days=14)
"""Enough rows have come within this time, or nothing is said."""
PAST = timedelta(days=28)
"""What lies before the recent days: four weeks, since weekdays differ."""
FALLEN = 0.7
"""Below this share of the past rate it has fallen."""
RECOVERED = 0.85
"""From this share of the rate before on it has recovered."""
CHANCE = 3.0
"""Standard deviations: less is taken for chance."""
USED_TO = timedelta(days=35)
"""After so long the new rate is the query's past."""
NEEDED = RECENT + PAST
"""Older days are not looked at."""


def recent(days: Sequence[MatchDay]) -> Links | None:
    """The newest days that make enough rows together; None when there are too few."""
    split = _split(days)
    return None if split is None else split[0]


def judge(days: Sequence[MatchDay], alarm: Alarm | None, now: datetime) -> Alarm | None:
    """The alarm that holds now.

    Args:
        days: The query's days, oldest first.
        alarm: The one that held before; None: there was none.
        now: The moment.
    """
    if alarm is not None and now - alarm.since > USED_TO:
        return None
    split = _split(days)
    if split is None:
        return alarm
    lately, past = split
    if alarm is not None:
        return None if lately.rate >= RECOVERED * alarm.past else alarm
    if past.rows < ENOUGH_ROWS or lately.rate >= FALLEN * past.rate or not _beyond_chance(past, lately):
        return None
    return Alarm(now, past.rate)


def _split(days: Sequence[MatchDay]) -> tuple[Links, Links] | None:
    """The recent links and those of the past before them."""
    lately = Links()
    for place in range(len(days) - 1, -1, -1):
        first = days[place].day
        if days[-1].day - first >= RECENT:
            return None
        lately += days[place].links
        if lately.rows >= ENOUGH_ROWS and lately.uploads >= ENOUGH_UPLOADS:
            before = (one.links for one in days[:place] if first - one.day <= PAST)
            return lately, sum(before, Links())
    return None


def _beyond_chance(past: Links, lately: Links) -> bool:
    """Whether two samples of one rate would hardly differ so much."""
    both = past + lately
    spread = sqrt(both.rate * (1 - both.rate) * (1 / past.rows + 1 / lately.rows))
    return past.rate - lately.rate > CHANCE * spread
