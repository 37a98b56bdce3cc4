"""Everything that can be known before the first upload. Each look is one function that gives findings.

A finding never stops the others: a database that is down is one line, and the rest is still looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from syncd.errors import SyncdError
from syncd.intake import Intake, NothingKnown
from syncd.mapping import Layout, layout
from syncd.model import Chunk, Column, Mark, Page
from syncd.ports import Clock, Source
from syncd.settings import Constant, QuerySettings

SAMPLE_ROWS = 200
"""Rows read from each query to see whether its values can be sent."""


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    where: str
    """`state`, `query paid_orders`, …"""
    message: str
    action: str = ""


class Explainer(Source, Protocol):
    """A source that can also say how its page query would be carried out."""

    def index_hint(self, after: Mark | None) -> bool | None:
        """Whether the page query seeks by an index; None when that cannot be told."""
        ...


class Api(Protocol):
    """The part of the Metrica client that is needed here."""

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
        return _failed("state", error)
    return Finding(Level.OK, "state", "reachable, and of this version")


def look_at_query(query: QuerySettings, source: Explainer, clock: Clock) -> tuple[list[Finding], set[str]]:
    """Columns, a sample of values, the index behind the mark; and the Targets that were seen."""
    where = f"query {query.name}"
    try:
        columns = source.columns()
        plan = layout(query, columns)
        page = source.read(None, SAMPLE_ROWS)
        findings = [Finding(Level.OK, where, f"columns: {_described(plan, columns)}")]
        findings += _look_at_sample(query, page, clock.now())
        findings += _look_at_index(source, where, query, page.mark)
    except SyncdError as error:
        return [_failed(where, error)], set()
    return findings, _targets(plan, page)


def look_at_counter(api: Api, counter: int, targets: dict[str, list[str]]) -> list[Finding]:
    """Token and access by reading the counter, then a goal for each Target.

    Args:
        api: The client with the token in question.
        counter: The counter's number.
        targets: Target → the queries that send it.
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
        goals = api.goals(counter)
    except SyncdError as error:
        return [_failed(where, error)]
    for target, queries in sorted(targets.items()):
        if any(goal.takes(target) for goal in goals):
            findings.append(Finding(Level.OK, where, f"Target {target}: there is a goal for it"))
        else:
            findings.append(
                Finding(
                    Level.WARNING,
                    where,
                    f"Target {target} (query {', '.join(queries)}): no goal takes it",
                    "Make a goal of type JavaScript event with the condition 'matches' and this identifier.",
                )
            )
    return findings


def _failed(where: str, error: SyncdError) -> Finding:
    return Finding(Level.ERROR, where, str(error), error.action)


def _introduced(info: CounterInfo) -> str:
    parts = [f"name {info.name}", f"zone {info.time_zone}", f"access {info.permission}"]
    return "the token is accepted; " + ", ".join(part for part in parts if not part.endswith(" "))


def _described(plan: Layout, columns: tuple[str, ...]) -> str:
    """Which result column feeds which of Metrica's."""
    return ", ".join(
        f"{written.column} = {written.source.value!r}"
        if isinstance(written.source, Constant)
        else f"{written.column} ← {columns[written.source]}"
        for written in plan.written
    )


def _look_at_sample(query: QuerySettings, page: Page, now: datetime) -> Iterator[Finding]:
    where = f"query {query.name}"
    if not page.rows:
        yield Finding(Level.WARNING, where, "no rows yet: their values could not be looked at")
        return
    chunk = Chunk()
    Intake(query, NothingKnown()).add(chunk, page, now)
    yield Finding(
        Level.OK,
        where,
        f"sample of {len(page.rows)} rows: {len(chunk.ready)} can be sent, {len(chunk.waiting)} would wait, "
        f"{len(chunk.rejects)} would be rejected",
    )
    kinds = Counter((reject.reason, reject.column) for reject in chunk.rejects)
    for (reason, column), rows in kinds.most_common():
        first = next(reject for reject in chunk.rejects if (reject.reason, reject.column) == (reason, column))
        yield Finding(
            Level.WARNING,
            where,
            f"{rows} of them rejected: {reason} in {column or 'the row'}, such as {first.value} "
            f"(key {first.key})",
            "See `syncd preview` and docs/configuration.md for the rule.",
        )


def _look_at_index(
    source: Explainer, where: str, query: QuerySettings, after: Mark | None
) -> Iterator[Finding]:
    seeks = source.index_hint(after)
    mark = ", ".join(query.mark)
    if seeks is None:
        yield Finding(Level.OK, where, "the plan of the query could not be judged")
    elif seeks:
        yield Finding(Level.OK, where, f"an index leads to the mark ({mark})")
    else:
        yield Finding(
            Level.WARNING,
            where,
            f"no index leads to the mark ({mark}): every poll reads the whole table",
            f"Make an index on ({mark}) of the table behind the query.",
        )


def _targets(plan: Layout, page: Page) -> set[str]:
    """The Targets of the sample, trimmed as they would be sent."""
    source = next(written.source for written in plan.written if written.column is Column.TARGET)
    if isinstance(source, Constant):
        return {str(source.value).strip()}
    return {str(row[source]).strip() for row in page.rows if row[source] is not None}
