"""What a daemon with many queries costs while nothing is new: `python -m benchmarks.idle` prints a table.

500 queries at `every: 10s` on one core, asked for health and metrics every few seconds as a monitoring would,
each run a poll that finds nothing. Also how long it takes to start: from the process's begin to its log's
first line, and `--once` with nothing new from begin to end.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.contest import configuration, environ, measured
from benchmarks.databases import DATABASES, Database
from benchmarks.machine import machine
from benchmarks.sink import sink

ASK_EVERY = 5.0
"""Seconds between two requests for /readyz and /metrics."""
_TICK = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure what is asked for, database by database."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.idle", description=__doc__)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--every", default="10s", help="the queries' interval")
    parser.add_argument("--seconds", type=float, default=60, help="how long to watch")
    parser.add_argument("--rows", type=int, default=10_000, help="rows of the table")
    parser.add_argument("--database", default="postgresql", help=f"by commas: {', '.join(DATABASES)}")
    asked = parser.parse_args()
    print(machine(), end="\n\n")
    print(f"### {asked.queries} queries at `every: {asked.every}` with nothing new, on one core\n")
    print("| | CPU | runs/s | CPU ms a run | RSS MB | threads | begins after s | `--once` takes s |")
    print("|---|---|---|---|---|---|---|---|")
    for name in asked.database.split(","):
        with (
            TemporaryDirectory(prefix="bench-") as folder,
            DATABASES[name](Path(folder)) as database,
            sink() as api_url,
        ):
            database.fill(asked.rows)
            print(idle(database, api_url, asked.queries, asked.every, asked.seconds), flush=True)


def idle(database: Database, api_url: str, queries: int, every: str, seconds: float) -> str:
    """The line of one database."""
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        text = configuration(database, api_url, queries, every=every, start="now")
        document = {**json.loads(text), "http": {"listen": "127.0.0.1:0"}, "log": {"format": "json"}}
        (folder / "config.yaml").write_text(json.dumps(document, indent=1), encoding="utf-8")
        once = [sys.executable, "-m", "syncd", "run", "--once", "--json", "-c", "config.yaml"]
        measured(once, folder)  # begins all queries at the newest row, and compiles the modules
        once_seconds = measured(once, folder, uploaded=0).seconds
        with daemon(folder) as (process, url, begins):
            _until_ready(url)
            time.sleep(15)  # the runs of the beginning come in a heap
            began, before, runs = time.monotonic(), _cpu(process.pid), _runs(url)
            while time.monotonic() - began < seconds:
                time.sleep(ASK_EVERY)  # as a monitor does
                with suppress(OSError):
                    _get(f"{url}/readyz")
                    _get(f"{url}/metrics")
            took, used = time.monotonic() - began, _cpu(process.pid) - before
            runs = _runs(url) - runs
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
            facts = dict(line.split(":", 1) for line in status.splitlines())
            return (
                f"| {database.kind} {database.version} | {used / took:.1%} | {runs / took:.1f} | "
                f"{used / max(runs, 1) * 1000:.1f} | {int(facts['VmHWM'].split()[0]) / 1024:.0f} | "
                f"{facts['Threads'].strip()} | {begins:.2f} | {once_seconds:.2f} |"
            )


@contextmanager
def daemon(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str, float]]:
    """`syncd run` on the first core: the process, its address, and seconds until it served it."""
    began = time.monotonic()
    with (folder / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            ["taskset", "-c", "0", sys.executable, "-m", "syncd", "run", "-c", "config.yaml"],
            cwd=folder,
            env=environ(),
            stderr=log,
            text=True,
        )
    try:
        entry = _entry(folder / "log", "daemon_started", process)
        begins = time.monotonic() - began
        entry = _entry(folder / "log", "http_listening", process)
        yield process, str(entry["url"]), begins
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _entry(log: Path, event: str, process: subprocess.Popen[str]) -> dict[str, object]:
    """The log's line of this event, as soon as it is there."""
    while process.poll() is None:
        for line in log.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):
                entry: dict[str, object] = json.loads(line)
                if entry.get("event") == event:
                    return entry
        time.sleep(0.01)  # nothing tells us
    raise SystemExit(log.read_text(encoding="utf-8"))


def _until_ready(url: str) -> None:
    """Until every query has had a run."""
    while True:
        with suppress(OSError):
            _get(f"{url}/readyz")
            return
        time.sleep(0.5)  # asked more often, it would cost what is measured


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 — our own address
        text: str = answer.read().decode()
        return text


def _cpu(process: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _runs(url: str) -> int:
    """How many runs have ended."""
    lines = _get(f"{url}/metrics").splitlines()
    return round(sum(float(line.split()[-1]) for line in lines if "run_duration_seconds_count" in line))


if __name__ == "__main__":
    main()
