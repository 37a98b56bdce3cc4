"""How fast, how big, how kind to the database: `python -m benchmarks` prints tables in Markdown.

Parts (`--only`): targets = one table of everything that has a target, beside the limit and the older syncd;
contest = limit, before, syncd and script, or some of these four; growth = memory as rows grow; and the
modules beside this one, each with options of its own: orders, idle, latency, polls, keys, year.
`--before` names the checkout of an older syncd, with its environment, such as
`git worktree add ../before 21d263e && (cd ../before && uv sync)` makes. Where it is given, polls, keys and
year run that checkout's own module first: what a year of history costs takes too long for the table.
`--lines` picks lines of the table: loads (first loads and their peaks), memory, start, size, latency, or some
of what these are made of.
docs/performance.md has the results. Needs psql, curl, mariadb, mariadbd and sqlite3, and for the script
`uv sync --group bench`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.contest import CONTESTANTS, Measured, environ, measure, syncd
from benchmarks.databases import DATABASES, Database
from benchmarks.loads import WARM_UP
from benchmarks.machine import machine
from benchmarks.sink import sink
from benchmarks.targets import GROUPS, LINES, table
from benchmarks.turns import Asked, say

MODULES = ("orders", "idle", "latency", "polls", "keys", "year")
HISTORY = ("polls", "keys", "year")
"""Of these, an older checkout has its own."""
VARIANTS = {"year": ((), ("--uuids",))}
"""Modules that run more than once, with these options."""
PARTS = ("targets", *CONTESTANTS, "growth", *MODULES)


def main() -> None:
    """Measure what is asked for, database by database."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the table (default: a million)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each contestant (default: 3)")
    parser.add_argument("--only", default="", help=f"parts, by commas: contest, {', '.join(PARTS)}")
    parser.add_argument("--database", default="", help=f"databases, by commas: {', '.join(DATABASES)}")
    parser.add_argument(
        "--before", type=Path, help="the checkout of an older syncd, measured beside this one"
    )
    parser.add_argument(
        "--full", action="store_true", help="growth up to ten million rows; PostgreSQL's first load of them"
    )
    parser.add_argument(
        "--lines", default="", help=f"lines of targets, by commas: {', '.join((*GROUPS, *LINES))}"
    )
    parser.add_argument(
        "--seconds", type=int, default=60, help="how long targets watches a daemon (default: 60)"
    )
    asked = parser.parse_args()
    before: Path | None = asked.before and asked.before.resolve()
    if before is not None and not Path(syncd(checkout=before)[0]).exists():
        parser.error(f"{before} has no environment: run `uv sync` there")
    lines = _chosen(parser, asked.lines, (*GROUPS, *LINES))
    parts = _chosen(parser, asked.only.replace("contest", ",".join(CONTESTANTS)), PARTS)
    print(machine(), end="\n\n", flush=True)
    if "targets" in parts:
        table(Asked(asked.rows, asked.runs, asked.seconds, before, asked.full), lines)
    of_databases = not {"targets", *MODULES}.issuperset(parts)
    for name in _chosen(parser, asked.database, list(DATABASES)) if of_databases else ():
        with (
            TemporaryDirectory(prefix="bench-") as folder,
            DATABASES[name](Path(folder)) as database,
            sink() as api_url,
        ):
            contestants = [one for one in CONTESTANTS if one in parts and (one != "before" or before)]
            if contestants:
                database.fill(WARM_UP)
                for one in contestants:
                    measure(one, database, WARM_UP, api_url, before)
                database.fill(asked.rows)
                contest(database, contestants, asked, before, api_url)
            if "growth" in parts:
                growth(database, [100_000, 1_000_000, *([10_000_000] if asked.full else [])], api_url)
    for module in [one for one in MODULES if one in parts]:
        for options in VARIANTS.get(module, ((),)):
            name = " ".join((module, *options))
            if before is not None and module in HISTORY:
                history(before, name)
                print(f"## {name}: syncd\n", flush=True)
            subprocess.run([sys.executable, "-m", *f"benchmarks.{name}".split()], check=True)


def history(before: Path, name: str) -> None:
    """What the older checkout's own module prints; without one, or where it fails, this one's goes on."""
    print(f"## {name}: before\n", flush=True)
    say(f"{name}: before")
    command = [syncd(checkout=before)[0], "-m", *f"benchmarks.{name}".split()]
    done = subprocess.run(command, cwd=before, env=environ(before), check=False)
    if done.returncode:
        print(f"failed with code {done.returncode}: stderr has why")
    print(flush=True)


def contest(
    database: Database,
    contestants: Sequence[str],
    asked: argparse.Namespace,
    before: Path | None,
    api_url: str,
) -> None:
    """Each contestant in turn, as often as asked."""
    rows, runs = asked.rows, asked.runs
    rounds: list[dict[str, Measured]] = []
    for number in range(runs):
        rounds.append({})
        for contestant in contestants:
            say(f"{database.kind}: run {number + 1} of {runs}: {contestant}")
            rounds[-1][contestant] = measure(contestant, database, rows, api_url, before)
    print(f"### {database.kind} {database.version}: {rows:,} rows, medians of {runs} runs\n")
    print("| | seconds | rows/s | of the limit | of before | CPU s | of before | peak MB |")
    print("|---|---|---|---|---|---|---|---|")
    for contestant in contestants:
        own = [one[contestant] for one in rounds]
        of_limit = [one["limit"].seconds / one[contestant].seconds for one in rounds if "limit" in one]
        of_before = [one[contestant].seconds / one["before"].seconds for one in rounds if "before" in one]
        cpu = [one[contestant].cpu / one["before"].cpu for one in rounds if "before" in one]
        seconds = median(one.seconds for one in own)
        spread = f" ({min(one.seconds for one in own):.2f} to {max(one.seconds for one in own):.2f})"
        print(
            f"| {contestant} | {seconds:.2f}{spread} | {rows / seconds:,.0f} | "
            f"{_median(of_limit)} | {_median(of_before)} | {median(one.cpu for one in own):.2f} | "
            f"{_median(cpu)} | {max(one.memory for one in own):.0f} |"
        )
    print(flush=True)


def growth(database: Database, sizes: Sequence[int], api_url: str) -> None:
    """The first load of ever larger tables."""
    print(f"### {database.kind} {database.version}: growth\n")
    print("| rows | seconds | rows/s | peak MB | against the first |")
    print("|---|---|---|---|---|")
    first: float | None = None
    for rows in sizes:
        say(f"{database.kind}: growth: {rows:,} rows")
        database.fill(rows)
        one = measure("syncd", database, rows, api_url)
        first = first or one.memory
        print(
            f"| {rows:,} | {one.seconds:.1f} | {rows / one.seconds:,.0f} | {one.memory:.0f} | "
            f"{one.memory / first - 1:+.0%} |",
            flush=True,
        )
    print()


def _median(ratios: Sequence[float]) -> str:
    return f"{median(ratios):.2f}" if ratios else "-"


def _chosen(parser: argparse.ArgumentParser, text: str, known: Sequence[str]) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            parser.error(f"there is no {name!r}: there are {', '.join(known)}")
    return names or [*known]


if __name__ == "__main__":
    main()
