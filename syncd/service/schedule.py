"""When things happen next. Pure arithmetic over values; the daemon owns the clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from syncd.config.firings import first_firing, next_firing
from syncd.model.errors import LoginRefused, NotReceived, OutcomeUnknown, StillUnclear, SyncdError
from syncd.model.settings import QuerySettings

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=5)
LOGIN_LOOK = timedelta(seconds=20)
"""How often it is looked whether a refused password has changed. Nothing is asked of the database by that."""
TRIES_ONCE = 6
"""Failures in a row after which `run --once` gives a query up: about half a minute."""
SOON = timedelta(minutes=1)
"""What Metrica asks to wait for no longer than this, `run --once` waits for."""
STAGGER = timedelta(milliseconds=20)
"""Between the first runs of two queries, so that five hundred do not connect at once."""


def first_run(query: QuerySettings, index: int, now: datetime) -> datetime:
    """When the query at `index` of the file runs first: at once, or at its first cron time."""
    if query.cron is not None:
        return first_firing(query.cron, query.timezone, now)
    return now + STAGGER * index


def next_run(query: QuerySettings, due: datetime, now: datetime) -> datetime:
    """When to run after the run that was due at `due` and has ended by `now`.

    Turns that were missed meanwhile, by a long run or a jump of the clock, are not made up for.
    """
    if query.cron is not None:
        return next_firing(query.cron, query.timezone, now)
    if due > now:  # the clock was set back meanwhile
        return now + query.every
    missed = (now - due) // query.every
    return due + query.every * (missed + 1)


def after_jump(query: QuerySettings, due: datetime, jump: timedelta, now: datetime) -> datetime:
    """When to run what was due at `due` before the clock was set by `jump`, to `now`.

    As many seconds later as before, whatever the clock shows; only a time of cron is the clock's.
    """
    if query.cron is None:
        return due + jump
    return due if due <= now else min(due, next_run(query, now, now))


def is_final_once(error: SyncdError, failures: int, now: datetime) -> bool:
    """True when `run --once` should give the query up rather than try again.

    An open upload is followed to its end as long as that is a matter of seconds or `metrica.settle`; what
    needs a person or a database to come back is left to the next invocation.
    """
    if isinstance(error, StillUnclear):
        return False
    if isinstance(error, NotReceived) and error.retry_at and error.retry_at - now > SOON:
        return True
    return not isinstance(error, NotReceived | OutcomeUnknown) or failures >= TRIES_ONCE


def pause(failures: int, random: Random) -> timedelta:
    """How long to wait after the `failures`-th failure in a row: doubling, with jitter, at most 5 min."""
    longest = min(FIRST_PAUSE * float(1 << min(failures - 1, 20)), LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1.0)


def retry_at(error: SyncdError, failures: int, now: datetime, random: Random) -> datetime:
    """When to try again after an error: not before the API's quota or `metrica.settle` says."""
    soon = now + pause(failures, random)
    if isinstance(error, LoginRefused):
        return min(soon, now + LOGIN_LOOK)
    if isinstance(error, StillUnclear):
        return min(soon, max(error.retry_at, now))
    if isinstance(error, NotReceived) and error.retry_at is not None:
        wait = max(error.retry_at - now, timedelta(0))
        return max(soon, error.retry_at + random.uniform(0, 1) * min(wait, FIRST_PAUSE * 60))
    return soon
