"""What a state store is after a year of 10,000 uploads a week: `python -m benchmarks.year` prints tables.

The same is asked of a new store and of one that has aged (`benchmarks.aging`) for longer than anything is
kept, with pruning as the daemon does it. Seconds are of this machine; what matters is old against new.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from benchmarks.aging import Aging, Clock, Times
from benchmarks.contest import configuration, measured
from benchmarks.databases import DATABASES, Database
from benchmarks.machine import machine
from benchmarks.sink import sink
from syncd.config import load
from syncd.ledger import QueryLedger, Store
from syncd.ledger.prune import KEPT
from syncd.model import places
from syncd.model.settings import Settings, StateSettings
from syncd.monitoring.overview import History, overview
from syncd.service.resources import fingerprint

TRIES = 100
COMMANDS = 5
"""Tries of a command: a process each."""
ASKED = 1000
"""Keys that are looked up at once."""


@dataclass(frozen=True, slots=True)
class Place:
    """One state store, and what is around it."""

    folder: Path
    settings: Settings
    aging: Aging


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.year", description=__doc__)
    parser.add_argument("--weeks", type=int, default=60, help=f"kept are {KEPT.days / 7:.1f}")
    parser.add_argument("--uploads", type=int, default=10_000, help="a week, of all queries together")
    parser.add_argument("--rows", type=int, default=10, help="rows of an upload")
    parser.add_argument("--queries", type=int, default=1)
    parser.add_argument("--uuids", action="store_true", help="keys in no order, instead of growing numbers")
    parser.add_argument(
        "--own-way", type=int, default=8, help="uploads of a day that the ledger itself writes"
    )
    parser.add_argument("--database", default="sqlite", help="of the state: sqlite or postgresql")
    asked = parser.parse_args()
    print(machine(), end="\n\n")
    with (
        TemporaryDirectory(prefix="bench-") as folder,
        DATABASES["sqlite"](Path(folder)) as shop,
        _postgresql(asked.database, Path(folder)) as server,
        sink() as api_url,
    ):
        shop.fill(ASKED)
        tables: dict[str, dict[str, float]] = {}
        for name, weeks in (("new", 0), ("old", asked.weeks)):
            place = _place(Path(folder) / name, shop, server, api_url, asked, weeks)
            for line in _age(place, weeks, asked.uploads):
                print(line, flush=True)
            tables[name] = _answers(place)
            place.aging.store.close()
        print(f"\n| milliseconds | new store | after {asked.weeks} weeks |\n|---|---|---|")
        for what, value in tables["new"].items():
            print(f"| {what} | {value:,.2f} | {tables['old'][what]:,.2f} |")


@contextmanager
def _postgresql(kind: str, folder: Path) -> Iterator[Database | None]:
    with DATABASES[kind](folder) if kind != "sqlite" else nullcontext() as server:
        yield server


def _place(
    folder: Path,
    shop: Database,
    server: Database | None,
    api_url: str,
    asked: argparse.Namespace,
    weeks: int,
) -> Place:
    """An empty store whose clock stands so many weeks back."""
    folder.mkdir()
    schema = f"syncd_{folder.name}"
    state = (
        {"url": f"sqlite:///{folder}/state.db"} if server is None else {"url": server.url, "schema": schema}
    )
    document = json.loads(configuration(shop, api_url, asked.queries))
    file = folder / "config.yaml"
    file.write_text(json.dumps({**document, "state": state}), encoding="utf-8")
    settings = load(file, environ={})
    clock = Clock(datetime.now(UTC) - timedelta(weeks=weeks))
    store = Store.open(StateSettings(url=SecretStr(state["url"]), schema_name=schema), clock)
    store.migrate()
    ledgers = {
        name: QueryLedger(store, name, fingerprint(query), place=places.Place("", query.counter))
        for name, query in settings.queries.items()
    }
    aging = Aging(store, clock, ledgers, asked.rows, uuids=asked.uuids, own_way=asked.own_way)
    return Place(folder, settings, aging)


def _age(place: Place, weeks: int, uploads: int) -> Iterator[str]:
    """Let the weeks go by; a line each quarter, and after the last."""
    aging = place.aging
    if not weeks:  # as much as is looked up at once
        while aging.uploads * aging.rows < ASKED:
            for ledger in aging.ledgers.values():
                aging.record(ledger)
        return
    yield "| week | uploads | kept | MB | bytes a row | record ms | longest | prune step ms | longest |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for week in range(1, weeks + 1):
        aging.week(uploads)
        if week % 13 == 0 or week == weeks:
            kept, size = _kept(aging.store), _size(place)
            record, prune = aging.times.record, aging.times.prune or [0.0]
            yield (
                f"| {week} | {aging.uploads:,} | {kept:,} | {size / 1e6:,.0f} "
                f"| {size / kept / aging.rows:.0f} | {median(record) * 1000:.1f} | {max(record) * 1000:.1f} "
                f"| {median(prune) * 1000:.1f} | {max(prune) * 1000:.1f} |"
            )
            aging.times = Times()


def _answers(place: Place) -> dict[str, float]:
    """Milliseconds of everything that is asked of a store; medians."""
    aging, store, clock = place.aging, place.aging.store, place.aging.clock
    name, ledger = next(iter(aging.ledgers.items()))
    queries = list(place.settings.queries.values())
    history = History(store, clock)
    per_lookup = max(ASKED // aging.rows, 1)
    fresh, newest = aging.uploads + 10**6, aging.uploads - 1
    oldest = max(newest - _kept(store) + 1, 0)

    def keys(first: int, count: int) -> list[str]:
        uploads = range(first, first + count * len(aging.ledgers), len(aging.ledgers))
        return [key for upload in uploads for key in aging.keys(upload)]

    found = {
        "a poll: where it stands": _timed(lambda: ledger.position_and_work(clock.now())),
        "known, 10 new keys": _timed(lambda: ledger.find_known(keys(fresh, 1)[:10])),
        f"known, {ASKED:,} new keys": _timed(lambda: ledger.find_known(keys(fresh, per_lookup))),
        f"known, {ASKED:,} of this hour": _timed(
            lambda: ledger.find_known(keys(max(newest - per_lookup, 0), per_lookup))
        ),
        f"known, {ASKED:,} of the oldest": _timed(lambda: ledger.find_known(keys(oldest, per_lookup))),
        "an upload recorded": _timed(lambda: aging.record(ledger, finish=False)),
        "follow-up: what to ask for": _timed(ledger.followed),
        "relink: what to send again": _timed(
            lambda: ledger.to_send_again(
                clock.now() - timedelta(days=3), clock.now() - timedelta(days=1), 100
            )
        ),
        "/readyz, /metrics, `syncd status`": _timed(lambda: overview(store, queries, clock)),
        "the page's plots": _timed(history.recent),
        "a query's page": _timed(lambda: history.of(name)),
        "the newest 20 uploads": _timed(lambda: store.uploads(name, limit=20)),
        "a key explained": _timed(lambda: store.delivery(name, aging.keys(oldest)[0])),
    }
    (key,) = json.loads(aging.keys(oldest)[0])
    commands = {
        "status": ["status"],
        "uploads": ["uploads"],
        "explain NAME KEY": ["explain", name, str(key)],
        "run --once": ["run", "--once"],
    }
    for shown, command in commands.items():
        found |= _command(place.folder, shown, command)
    return found


def _command(folder: Path, shown: str, command: list[str]) -> Mapping[str, float]:
    """A command as a process: how long it takes, and its peak of memory."""
    whole = [sys.executable, "-m", "syncd", *command, "-c", "config.yaml"]
    measured(whole, folder)  # modules are compiled, and `run` has found what is new
    runs = [measured(whole, folder) for _ in range(COMMANDS)]
    return {
        f"`syncd {shown}`": median(one.seconds for one in runs) * 1000,
        f"`syncd {shown}`, MB": median(one.memory for one in runs),
    }


def _timed(ask: Callable[[], object]) -> float:
    """Milliseconds; the median of many tries, or of fewer where they take long."""
    ask()
    took: list[float] = []
    while len(took) < TRIES and (len(took) < 5 or sum(took) < 20):
        began = time.perf_counter()
        ask()
        took.append(time.perf_counter() - began)
    return median(took) * 1000


def _kept(store: Store) -> int:
    """Uploads in the store."""
    with store.database.read() as connection:
        statement = f"SELECT count(*) FROM {_name(store, 'uploads')}"  # noqa: S608 — a name of ours
        count: int = connection.exec_driver_sql(statement).scalar_one()
    return count


def _size(place: Place) -> int:
    """Bytes on the disk."""
    store = place.aging.store
    if not store.database.postgresql:
        return sum(path.stat().st_size for path in place.folder.glob("state.db*"))
    statement = (
        "SELECT sum(pg_total_relation_size(oid)) FROM pg_class"  # noqa: S608 — the same
        f" WHERE relkind = 'r' AND relnamespace = '{store.database.schema}'::regnamespace"
    )
    with store.database.read() as connection:
        return int(connection.exec_driver_sql(statement).scalar_one())


def _name(store: Store, table: str) -> str:
    return f"{store.database.schema}.{table}" if store.database.postgresql else f"syncd_{table}"


if __name__ == "__main__":
    main()
