"""Everything that can be known before the first upload. Each look is one function that gives findings.

A finding never stops the others: a database that is down is one line, and the rest is still looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Protocol
from zoneinfo import ZoneInfo

from syncd import sample
from syncd.errors import NotReceived, OutcomeUnknown, StateError, SyncdError
from syncd.intake import Intake, NothingKnown
from syncd.mapping import layout
from syncd.model import Chunk, Mark, Page, Position
from syncd.ports import Clock, Source
from syncd.reading import HIDDEN
from syncd.sample import SampleMoment
from syncd.settings import QuerySettings

SAMPLE_ROWS = 200
"""Rows read from each query to see whether its values can be sent."""
MANY_ROWS = 100_000
"""A first run of more is worth a question: are the old ones wanted?"""
CLOCK_TOLERANCE = timedelta(seconds=10)
"""A clock further off than this is worth a word: rows wait, or are refused, by it."""
_CLOCK = "%Y-%m-%d %H:%M:%S"


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


@dataclass(frozen=True, slots=True)
class Connected:
    """What a first word with a database came to."""

    product: str
    """Such as `postgresql`."""
    took: timedelta
    clock_ahead: timedelta | None
    """How far this machine's clock is ahead of the database's; None: not known, or the same clock."""


def look_at_database(name: str, connect: Callable[[], Connected]) -> list[Finding]:
    """Whether a database can be reached, how long that takes, and what time it has there."""
    where = f"database {name}"
    try:
        found = connect()
    except SyncdError as error:
        return [_failed(where, error)]
    took = f"{found.took.total_seconds() * 1000:.0f} ms"
    connected = Finding(Level.OK, where, f"connected to {found.product} in {took}")
    return [connected, *_look_at_clock(where, "the database's", found.clock_ahead)]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen in a query's sample that is held against its counter."""

    targets: set[str] = field(default_factory=set)
    moment: SampleMoment | None = None


def look_at_query(
    query: QuerySettings,
    opened: Callable[[QuerySettings], Explainer],
    clock: Clock,
    stands: Callable[[], Position | None],
) -> tuple[list[Finding], Seen]:
    """Columns, a sample of values, the index behind the mark; and what was seen for the counter.

    Args:
        query: The query.
        opened: Gives its source; raises SourceError where its SQL is none that can be read.
        clock: The time.
        stands: Tells how far it was read, None when it never ran; may raise StateError.
    """
    where = f"query {query.name}"
    try:
        source = opened(query)
        columns = source.columns()
        plan = layout(query, columns)
        page = source.read(None, SAMPLE_ROWS)
        findings = [Finding(Level.OK, where, f"columns: {sample.described(plan, page)}")]
        moment = sample.sample_moment(plan, page, query.timezone)
        findings += _look_at_zone(query, moment)
        findings += _look_at_sample(query, page, clock.now())
        findings += _look_at_index(source, where, query, page.mark)
        findings += _look_at_transactions(source, where, query)
        with suppress(StateError):  # look_at_state has told of it
            findings += _look_at_backlog(source, where, query, stands())
    except SyncdError as error:
        return [_failed(where, error)], Seen()
    return findings, Seen(sample.targets(plan, page), moment)


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
        findings += _look_at_clock(where, "Metrica's", api.clock_ahead)
        findings += _look_at_days(where, info.time_zone, seen)
        goals = api.goals(counter)
    except (NotReceived, OutcomeUnknown) as error:
        if isinstance(error, NotReceived) and (error.http_status or error.error_type):  # over quota
            return [_failed(where, error)]
        action = "Check metrica.api_url, and the proxy, DNS and firewall between here and Metrica."
        return [Finding(Level.ERROR, where, f"Metrica does not answer as it should: {error}", action)]
    except SyncdError as error:
        return [_failed(where, error)]
    targets = {target for one in seen.values() for target in one.targets}
    for target in sorted(targets):
        queries = [query for query, one in seen.items() if target in one.targets]
        if any(goal.takes(target) for goal in goals):
            findings.append(Finding(Level.OK, where, f"Target {target}: there is a goal for it"))
        else:
            near = next(filter(None, (goal.near(target) for goal in goals)), "")
            findings.append(
                Finding(
                    Level.WARNING,
                    where,
                    f"Target {target} (query {', '.join(queries)}): no goal takes it{near and '; ' + near}",
                    "Make a goal of type JavaScript event with the condition 'matches' and this identifier.",
                )
            )
    return findings


def _failed(where: str, error: SyncdError) -> Finding:
    return Finding(Level.ERROR, where, str(error).removeprefix(f"{where}: "), error.action)


def _introduced(info: CounterInfo) -> str:
    parts = [f"name {info.name}", f"zone {info.time_zone}", f"access {info.permission}"]
    return "the token is accepted; " + ", ".join(part for part in parts if not part.endswith(" "))


def _look_at_clock(where: str, whose: str, ahead: timedelta | None) -> Iterator[Finding]:
    if ahead is None:
        return
    seconds = abs(ahead.total_seconds())
    if abs(ahead) <= CLOCK_TOLERANCE:
        yield Finding(
            Level.OK, where, f"{whose} clock and this machine's agree within {max(1, seconds):.0f} s"
        )
        return
    direction = "ahead of" if ahead > timedelta() else "behind"
    yield Finding(
        Level.WARNING,
        where,
        f"this machine's clock is {seconds:,.0f} s {direction} {whose}",
        "Set both by NTP: rows of the last moments are held back, or refused as future ones.",
    )


def _look_at_zone(query: QuerySettings, found: SampleMoment | None) -> Iterator[Finding]:
    if found is not None:
        read = f" carries no zone: read as {query.timezone}, that" if found.zoneless else ""
        message = f"DateTime {found.value}{read} is {found.moment:{_CLOCK}} UTC"
        yield Finding(Level.OK, f"query {query.name}", message)


def _look_at_days(where: str, zone: str, seen: Mapping[str, Seen]) -> Iterator[Finding]:
    """Metrica's reports go by the counter's zone: a zone taken wrongly shows there as another day."""
    try:
        counters = ZoneInfo(zone)
    except (ValueError, OSError):  # of a name that this machine does not know
        return
    for query, one in seen.items():
        if one.moment is not None:
            utc, there = one.moment.moment, one.moment.moment.astimezone(counters)
            message = f"DateTime {utc:{_CLOCK}} UTC (query {query}) is {there:{_CLOCK}} in its zone"
            yield Finding(Level.OK, where, message)


def _look_at_sample(query: QuerySettings, page: Page, now: datetime) -> Iterator[Finding]:
    where = f"query {query.name}"
    if not page.rows:
        yield Finding(Level.WARNING, where, "no rows yet: their values could not be looked at")
        return
    chunk, intake = Chunk(), Intake(query, NothingKnown())
    intake.add(chunk, page, now)
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
            f"{rows} of them rejected: {reason} in {column or 'the row'}, such as {first.value!r} "
            f"(key {first.key})",
            f"`syncd preview {query.name}` shows them; docs/configuration.md has the rule.",
        )
    shared = sample.shared_keys(intake.keys(page, now))
    if shared:
        yield Finding(
            Level.WARNING,
            where,
            f"{shared} of them have the key ({', '.join(query.key)}) of another row, and would not be sent",
            "Name under key: the columns that make a row unlike all others.",
        )


def _look_at_transactions(source: Source, where: str, query: QuerySettings) -> Iterator[Finding]:
    """Rows committed late are found by whoever has a transaction open, if the database tells."""
    if query.overlap == "auto" and source.open_transactions() is None and source.hides_transactions:
        yield Finding(
            Level.WARNING,
            where,
            "the database hides open transactions from this user: rows committed late may be missed",
            HIDDEN,
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


def _look_at_backlog(
    source: Explainer, where: str, query: QuerySettings, position: Position | None
) -> Iterator[Finding]:
    """How many rows are to come; a first run of very many is asked about."""
    if position is None and query.start == "now":
        yield Finding(Level.OK, where, "it never ran; start: now passes over the rows that are there")
        return
    rows = source.count(position.mark if position else None)
    uploads = "" if rows is None else f", at most {ceil(rows / query.chunk_rows):,} upload request(s)"
    many = (
        "more rows than can be counted in a moment"
        if rows is None
        else f"{rows:,} {'row' if rows == 1 else 'rows'}"
    )
    if position is not None:
        yield Finding(Level.OK, where, f"it has run before; {many} from its mark on")
    elif rows is not None and rows <= MANY_ROWS:
        words = f"it never ran; the first run reads {many} (start: {query.start}){uploads}"
        yield Finding(Level.OK, where, words)
    else:
        yield Finding(
            Level.WARNING,
            where,
            f"it never ran; the first run reads {many} (start: {query.start}){uploads}",
            f"If the old ones are not wanted, set start: to now or to a value of {query.mark[0]}; "
            "Metrica links only to visits of the last 21 days.",
        )
