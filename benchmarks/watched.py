"""Daemons that are watched for a while, for the table of targets: idle, with many queries, and under rows.

Each is watched once, since it is a mean or a high percentile of many polls already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.idle import Idle, idle
from benchmarks.latency import OTHERS, Latency, latency
from benchmarks.turns import Asked, Failed, Line, cell, running, take_turns

ROWS = 10_000
MANY = 500
RATE = 1000
"""Rows a second."""
EVERY = 5
"""Seconds between two polls of those rows."""


def alone(asked: Asked) -> Iterator[Line]:
    """One query."""
    found = _idle(asked, 1)
    yield _idle_line("idle, PostgreSQL, 1 query: RSS MB (peak)", "under 75", found, _memory)


def many(asked: Asked) -> Iterator[Line]:
    """As many queries as a large installation has."""
    found = _idle(asked, MANY)
    what = f"{MANY} queries on PostgreSQL at `every: 10s`"
    yield _idle_line(f"{what}: CPU of a core (runs/s)", "under 15 %", found, _cpu)
    yield _idle_line(f"{what}: RSS MB (peak)", "under 130", found, _memory)


def commit(asked: Asked) -> Iterator[Line]:
    """By polls alone."""
    contestants = {
        name: partial(latency, RATE, EVERY, asked.seconds, checkout)
        for name, checkout in asked.checkouts.items()
    }
    found = take_turns(contestants, 1, "from commit to upload")
    before, own = (cell(found, name, _late) for name in ("before", "syncd"))
    yield Line(_commit("`every: 5s`"), "under 5.5", before=before, syncd=own)


def wake(asked: Asked) -> Iterator[Line]:
    """With a trigger that tells of each commit; older commits have no `wake`."""
    contestants = {"syncd": partial(latency, RATE, EVERY, asked.seconds, wake=True)}
    found = take_turns(contestants, 1, "from commit to upload with `wake`")
    yield Line(_commit("`wake: CHANNEL`"), "under 1", syncd=cell(found, "syncd", _late))


def _idle(asked: Asked, queries: int) -> dict[str, list[Idle] | Failed]:
    def watch(checkout: Path) -> Idle:
        return idle(database, api_url, queries, "10s", asked.seconds, checkout)

    with running("postgresql") as (database, api_url):
        database.fill(ROWS)
        contestants = {name: partial(watch, checkout) for name, checkout in asked.checkouts.items()}
        return take_turns(contestants, 1, f"idle with {queries} queries")


def _idle_line(
    what: str, target: str, found: dict[str, list[Idle] | Failed], show: Callable[[list[Idle]], str]
) -> Line:
    before, own = (cell(found, name, show) for name in ("before", "syncd"))
    return Line(what, target, before=before, syncd=own)


def _memory(taken: list[Idle]) -> str:
    return f"{taken[0].memory:.0f} ({taken[0].peak:.0f})"


def _cpu(taken: list[Idle]) -> str:
    return f"{taken[0].cpu:.1%} ({taken[0].runs:.1f})"


def _commit(how: str) -> str:
    return f"from commit to upload, {RATE:,} rows/s, {OTHERS} other queries, {how}: p99 s"


def _late(taken: list[Latency]) -> str:
    lost = f" ({taken[0].lost} rows lost)" if taken[0].lost else ""
    return f"{taken[0].p99:.2f}{lost}"
