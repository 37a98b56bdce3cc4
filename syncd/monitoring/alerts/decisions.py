"""Decides what there is to tell: trouble that lasts, what is over, and reminders. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from syncd.model.alerts import Key, Remembered
from syncd.monitoring.alerts.troubles import AlertKind, Trouble

OWED_FOR = timedelta(minutes=2)
"""A message that nobody has taken for so long is told anew: the daemon that told it may have been killed."""


@dataclass(frozen=True, slots=True)
class AlertTerms:
    """The settings of `alerts` that decide whether a trouble is told."""

    kinds: Collection[str]
    after: timedelta
    remind: timedelta


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One line of a message."""

    kind: AlertKind
    query: str
    words: str
    since: datetime
    is_reminder: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A decision on one trouble: what is remembered from now on, and what is told."""

    key: Key
    before: Remembered | None
    after: Remembered | None
    """None: there is nothing to remember any more."""
    item: MessageLine | None = None


def decide(
    troubles: Mapping[Key, Trouble], memory: Mapping[Key, Remembered], terms: AlertTerms, now: datetime
) -> list[Step]:
    """Compare what is wrong with what was told.

    Trouble is told once it has lasted `after`, and again each `remind`. Its end is told only where it was
    told itself. What heals before `after` is never told.
    """
    wanted = {key: trouble for key, trouble in troubles.items() if trouble.kind in terms.kinds}
    steps = [_trouble_step(key, trouble, memory.get(key), terms, now) for key, trouble in wanted.items()]
    steps += [_over_step(key, known, terms, now) for key, known in memory.items() if key not in wanted]
    return [step for step in steps if step.before != step.after]


def _trouble_step(
    key: Key, trouble: Trouble, before: Remembered | None, terms: AlertTerms, now: datetime
) -> Step:
    known = before if before is not None and not before.is_over else Remembered(now)
    if known.told_at is None:
        is_due = now >= known.since + terms.after
    else:
        is_due = now >= known.told_at + (OWED_FOR if known.is_owed else terms.remind)
    if not is_due:
        return Step(key, before, known)
    is_reminder = known.told_at is not None and not known.is_owed
    item = MessageLine(trouble.kind, trouble.query, trouble.words, known.since, is_reminder)
    return Step(key, before, replace(known, told_at=now, words=trouble.words, is_owed=True), item)


def _over_step(key: Key, known: Remembered, terms: AlertTerms, now: datetime) -> Step:
    was_told = known.told_at is not None and not (known.is_owed and not known.is_over)
    if not was_told or AlertKind.RECOVERED not in terms.kinds:
        return Step(key, known, None)
    if known.is_over and known.told_at is not None and now < known.told_at + OWED_FOR:
        return Step(key, known, known)
    item = MessageLine(AlertKind.RECOVERED, key[1], known.words, known.since)
    return Step(key, known, replace(known, told_at=now, is_over=True, is_owed=True), item)
