"""The counter behind a query: token, access, zone, goals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from syncd.inspect.check.findings import CLOCK, Finding, Level, failed, look_at_clock
from syncd.inspect.check.query import Seen
from syncd.model.errors import NotReceived, OutcomeUnknown, SyncdError
from syncd.model.showing import escaped


class Api(Protocol):
    """The part of the Metrica client that is needed here."""

    @property
    def clock_ahead(self) -> timedelta | None:
        """How far this machine's clock is ahead of Metrica's, by the last answer; None: not known."""
        ...

    def counter(self, counter: int) -> CounterInfo:
        """The counter's facts. Raises MetricaError."""
        ...

    def goals(self, counter: int) -> Sequence[Goal]:
        """The counter's goals. Raises MetricaError."""
        ...


class CounterInfo(Protocol):
    """What is shown of a counter."""

    @property
    def name(self) -> str:
        """Its name; may be empty."""
        ...

    @property
    def time_zone(self) -> str:
        """The name of its zone; may be empty."""
        ...

    @property
    def permission(self) -> str:
        """What the token's account may do with it; may be empty."""
        ...


class Goal(Protocol):
    """One goal of a counter."""

    def takes(self, target: str) -> bool:
        """True when conversions with this Target reach the goal."""
        ...

    def near(self, target: str) -> str:
        """What keeps a goal with this identifier from taking the Target, in words; empty: it has another."""
        ...


def look_at_counter(api: Api, counter: int, seen: Mapping[str, Seen]) -> list[Finding]:
    """Token and access by reading the counter, then its zone, and a goal for each Target.

    Args:
        api: The client with the token in question.
        counter: The counter's number.
        seen: What was seen in the samples, by query.
    """
    where = f"counter {counter}"
    try:
        info = api.counter(counter)
        findings = [Finding(Level.OK, where, _introduced(info))]
        if info.permission == "view":
            findings.append(
                Finding(
                    Level.ERROR, where, "the token may only view it", "Give its account the right to edit."
                )
            )
        findings += look_at_clock(where, "Metrica's", api.clock_ahead)
        findings += _look_at_days(where, info.time_zone, seen)
        goals = api.goals(counter)
    except (NotReceived, OutcomeUnknown) as error:
        if isinstance(error, NotReceived) and (error.http_status or error.error_type):  # over quota
            return [failed(where, error)]
        action = "Check metrica.api_url, and the proxy, DNS and firewall between here and Metrica."
        return [Finding(Level.ERROR, where, f"Metrica does not answer as it should: {error}", action)]
    except SyncdError as error:
        return [failed(where, error)]
    targets = {target for one in seen.values() for target in one.targets}
    for target in sorted(targets):
        queries = [query for query, one in seen.items() if target in one.targets]
        if any(goal.takes(target) for goal in goals):
            findings.append(Finding(Level.OK, where, f"Target {escaped(target)}: there is a goal for it"))
        else:
            near = next(filter(None, (goal.near(target) for goal in goals)), "")
            who = f"Target {escaped(target)} (query {', '.join(queries)})"
            findings.append(
                Finding(
                    Level.WARNING,
                    where,
                    f"{who}: no goal takes it{near and '; ' + near}",
                    "Make a goal of type JavaScript event with the condition 'matches' and this identifier.",
                )
            )
    return findings


def _introduced(info: CounterInfo) -> str:
    parts = [f"name {info.name}", f"zone {info.time_zone}", f"access {info.permission}"]
    return "the token is accepted; " + ", ".join(part for part in parts if not part.endswith(" "))


def _look_at_days(where: str, zone: str, seen: Mapping[str, Seen]) -> Iterator[Finding]:
    """Metrica's reports go by the counter's zone: a zone taken wrongly shows there as another day."""
    try:
        counters = ZoneInfo(zone)
    except (ValueError, OSError):  # of a name that this machine does not know
        return
    for query, one in seen.items():
        if one.moment is not None:
            utc, there = one.moment.moment, one.moment.moment.astimezone(counters)
            message = f"DateTime {utc:{CLOCK}} UTC (query {query}) is {there:{CLOCK}} in its zone"
            yield Finding(Level.OK, where, message)
