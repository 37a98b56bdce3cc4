"""From commit to Metrica: `python -m benchmarks.latency` prints a line.

A thousand rows a second are committed to the table while one query watches them and 50 others, which find
nothing, run besides. Late is what a row needs beyond the query's interval: from just before its commit until
the last byte of its upload was received.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine

from benchmarks.contest import ROOT, configuration
from benchmarks.databases import DATABASES, Database
from benchmarks.idle import daemon
from benchmarks.machine import machine
from benchmarks.sink import sink

OTHERS = 50
BATCH = 0.1
"""Seconds between two commits."""
_INSERT = (
    "INSERT INTO orders SELECT n, (100000000000000000 + n)::text, 'paid', now(), clock_timestamp(), 9.99,"
    " 'RUB' FROM generate_series({first}, {last}) AS n"
)
WAKE = "orders_paid"
"""The channel of `wake`."""
_TRIGGER = f"""
CREATE OR REPLACE FUNCTION tell_{WAKE}() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN NOTIFY {WAKE}; RETURN NULL; END $$;
CREATE TRIGGER tell_{WAKE} AFTER INSERT OR UPDATE ON orders FOR EACH STATEMENT EXECUTE FUNCTION tell_{WAKE}()
"""
"""As docs/databases.md says it."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds from commit to Metrica."""

    rows: int
    lost: int
    median: float
    p99: float
    longest: float


def main() -> None:
    """Measure PostgreSQL."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--rate", type=int, default=1000, help="rows a second")
    parser.add_argument("--every", type=int, default=5, help="the queries' interval, seconds")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--wake", action="store_true", help="a trigger tells of each commit")
    asked = parser.parse_args()
    print(machine(), end="\n\n")
    one = latency(asked.rate, asked.every, asked.seconds, wake=asked.wake)
    print("| rows | lost | median s | p99 s | longest s | interval s |")
    print("|---|---|---|---|---|---|")
    print(
        f"| {one.rows:,} | {one.lost} | {one.median:.2f} | {one.p99:.2f} | {one.longest:.2f} | "
        f"{asked.every} |"
    )


def latency(rate: int, every: int, seconds: int, checkout: Path = ROOT, *, wake: bool = False) -> Latency:
    """Let a checkout's daemon watch so many rows a second; with `wake`, the table tells of them."""
    with TemporaryDirectory(prefix="bench-") as name, DATABASES["postgresql"](Path(name)) as database:
        database.fill(1000)
        if wake:
            database.run(_TRIGGER)
        arrivals = Path(name) / "arrivals"
        with sink("--keep", str(arrivals)) as api_url, TemporaryDirectory(prefix="bench-") as folder:
            file = Path(folder) / "config.yaml"
            file.write_text(_configuration(database, api_url, every, wake=wake), encoding="utf-8")
            with daemon(Path(folder), checkout):
                time.sleep(2 * every)  # the runs of the beginning come in a heap
                commits = write(database, rate, seconds)
                time.sleep(every + 5)  # the last rows' poll and upload
        waits = sorted(_waits(commits, arrivals, rate))
    if len(waits) < 2:
        raise SystemExit("no rows arrived")
    lost = sum(count for _, _, count in commits) - len(waits)
    return Latency(len(waits), lost, median(waits), quantiles(waits, n=100)[98], waits[-1])


def write(database: Database, rate: int, seconds: int) -> list[tuple[float, int, int]]:
    """Commit so many rows a second; gives the moment before each commit, the first row and how many."""
    commits, first = [], 10_000_000
    count, end = int(rate * BATCH), time.monotonic() + seconds
    with create_engine(database.url, isolation_level="AUTOCOMMIT").connect() as connection:
        due = time.monotonic()
        while due < end:
            time.sleep(max(due - time.monotonic(), 0))  # it sells at a steady rate
            due += BATCH
            commits.append((time.time(), first, count))
            connection.exec_driver_sql(_INSERT.format(first=first, last=first + count - 1))
            first += count
    return commits


def _configuration(database: Database, api_url: str, every: int, *, wake: bool) -> str:
    """One query that gets the rows, and others that get none."""
    text = configuration(database, api_url, 1 + OTHERS, every=f"{every}s", start="now")
    document = {**json.loads(text), "log": {"format": "json"}, "http": {"listen": "127.0.0.1:0"}}
    if wake:
        document["queries"]["orders0"]["wake"] = WAKE
    for number in range(1, 1 + OTHERS):
        query = document["queries"][f"orders{number}"]
        query["sql"] = query["sql"].replace("'paid'", f"'other{number}'")
    return json.dumps(document)


def _waits(commits: list[tuple[float, int, int]], arrivals: Path, rate: int) -> list[float]:
    """Seconds that each row that arrived took."""
    begun = {first // int(rate * BATCH): at for at, first, _ in commits}
    waits = []
    for line in arrivals.read_text(encoding="utf-8").splitlines():
        arrived, client = line.split()
        place = (int(client) - 10**17) // int(rate * BATCH)
        if place in begun:
            waits.append(float(arrived) - begun[place])
    return waits


if __name__ == "__main__":
    main()
