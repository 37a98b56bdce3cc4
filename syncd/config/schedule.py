"""Cron expressions: are they readable, and how often do they fire?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from syncd.config.words import Wrong, but_got
from syncd.language import _

_FROM = datetime(2025, 1, 10)  # noqa: DTZ001 - the zone is put in below
"""Gaps are measured from here, whenever the file is loaded. A Friday: the weekend is seen early on."""
_DAYS = timedelta(days=8)
_FEWEST, _MOST = 4, 1_500
_LONGEST_TEXT = 100
_FIELDS = 5


def cron(value: object) -> str:
    """A cron expression of five fields that fires at some time.

    Raises:
        Wrong: cronsim cannot read it, or it never fires, such as on 30 February.
    """
    wants = _('wants a cron expression of five fields such as "*/10 * * * *"')
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT or len(value.split()) != _FIELDS:
        fields = isinstance(value, str) and len(value.split()) == _FIELDS + 1
        raise Wrong(wants + but_got(value), _("there is no field for seconds") if fields else "")
    expression = " ".join(value.split())
    try:
        next(CronSim(expression, _FROM))
    except CronSimError as error:
        raise Wrong(f"{wants}: {str(error).lower()}{but_got(value)}") from None
    except StopIteration:
        raise Wrong(_("the cron expression never fires{got}").format(got=but_got(value))) from None
    except (AssertionError, TypeError, ValueError, IndexError, OverflowError):
        # cronsim lets these out for odd text such as "* * 1-L * *".
        raise Wrong(wants + but_got(value)) from None
    return expression


@lru_cache(maxsize=1024)
def gaps(expression: str, zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    """The smallest and the largest time between consecutive firings, seen over a week and a bit."""
    between = [later - sooner for sooner, later in pairwise(_firings(expression, zone))]
    return min(between), max(between)


def _firings(expression: str, zone: ZoneInfo) -> Iterator[datetime]:
    begin = _FROM.replace(tzinfo=zone)
    for count, moment in enumerate(CronSim(expression, begin)):
        # In UTC, because the difference of two moments in one zone is that of their clocks.
        yield moment.astimezone(UTC)
        if count >= _MOST or (count >= _FEWEST and moment - begin > _DAYS):
            return
