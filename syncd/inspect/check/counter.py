"""The counter behind a query: token, access, zone, goals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from syncd.inspect.check.findings import CLOCK, CheckFinding, Code, Level, failed, look_at_clock
from syncd.inspect.check.goals import look_at_targets
from syncd.inspect.check.query_sample import Seen
from syncd.language import _
from syncd.model.counters import CounterInfo, Goal
from syncd.model.errors import NotReceived, OutcomeUnknown, SyncdError


class CounterApi(Protocol):
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


def look_at_counter(
    api: CounterApi, counter: int, seen: Mapping[str, Seen]
) -> tuple[str, list[CheckFinding]]:
    """Look at token, access and the Targets of a counter; return its zone too (empty: not known)."""
    where = f"counter {counter}"
    try:
        info = api.counter(counter)
        findings = [CheckFinding(Level.OK, where, _introduced(info))]
        if info.permission == "view":
            findings.append(
                CheckFinding(
                    Level.ERROR,
                    where,
                    _("the token may only view it"),
                    _("Give its account the right to edit."),
                    Code.COUNTER_VIEW_ONLY,
                    ("metrica",),
                )
            )
        findings += look_at_clock(where, _("Metrica's"), api.clock_ahead)
        findings += _look_at_days(where, info.time_zone, seen)
        goals = api.goals(counter)
    except (NotReceived, OutcomeUnknown) as error:
        if isinstance(error, NotReceived) and (error.http_status or error.error_type):  # over quota
            return "", [failed(where, error, Code.COUNTER, ("metrica",))]
        action = _("Check metrica.api_url, and the proxy, DNS and firewall between here and Metrica.")
        message = _("Metrica does not answer as it should: {error}").format(error=error)
        return "", [CheckFinding(Level.ERROR, where, message, action, Code.COUNTER, ("metrica", "api_url"))]
    except SyncdError as error:
        return "", [failed(where, error, Code.COUNTER, ("metrica",))]
    findings += look_at_targets(where, goals, seen)
    return info.time_zone, findings


def _introduced(info: CounterInfo) -> str:
    known = {
        _("name {known}"): info.name,
        _("zone {known}"): info.time_zone,
        _("access {known}"): info.permission,
    }
    parts = ", ".join(words.format(known=fact) for words, fact in known.items() if fact)
    return _("the token is accepted; {parts}").format(parts=parts)


def _look_at_days(where: str, zone: str, seen: Mapping[str, Seen]) -> Iterator[CheckFinding]:
    """Metrica's reports go by the counter's zone: a zone taken wrongly shows there as another day."""
    try:
        counters = ZoneInfo(zone)
    except (ValueError, OSError):  # of a name that this machine does not know
        return
    for query, one in seen.items():
        if one.moment is not None:
            utc, there = one.moment.moment, one.moment.moment.astimezone(counters)
            message = _("DateTime {utc} UTC (query {query}) is {there} in its zone").format(
                utc=f"{utc:{CLOCK}}", query=query, there=f"{there:{CLOCK}}"
            )
            yield CheckFinding(Level.OK, where, message)
