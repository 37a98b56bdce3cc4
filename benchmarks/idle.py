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
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.contest import ROOT, configuration, environ, first_load, measured, syncd
from benchmarks.databases import DATABASES, Database
from benchmarks.machine import machine
from benchmarks.sink import sink

ASK_EVERY = 5.0
"""Seconds between two requests for /readyz and /metrics."""
READY = 300.0
"""Seconds after which a daemon that is still not ready will not be."""
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Idle:
    """What a daemon cost while it was watched."""

    cpu: float
    """The share of one core."""
    runs: float
    """A second."""
    per_run: float
    """Milliseconds of CPU."""
    memory: float
    """MB at the end."""
    peak: float
    """MB at the most."""
    threads: int
    begins: float
    """Seconds from the process's begin to its log's first line."""
    once: float
    """Seconds of `--once` with nothing new."""


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
            one = idle(database, api_url, asked.queries, asked.every, asked.seconds)
            print(
                f"| {database.kind} {database.version} | {one.cpu:.1%} | {one.runs:.1f} | "
                f"{one.per_run:.1f} | {one.peak:.0f} | {one.threads} | {one.begins:.2f} | {one.once:.2f} |",
                flush=True,
            )


def idle(
    database: Database, api_url: str, queries: int, every: str, seconds: float, checkout: Path = ROOT
) -> Idle:
    """Watch a checkout's daemon over one database."""
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        text = configuration(database, api_url, queries, every=every, start="now")
        document = {**json.loads(text), "http": {"listen": "127.0.0.1:0"}, "log": {"format": "json"}}
        (folder / "config.yaml").write_text(json.dumps(document, indent=1), encoding="utf-8")
        once = first_load(checkout)
        measured(once, folder, checkout=checkout)  # begins at the newest row, and compiles the modules
        once_seconds = measured(once, folder, uploaded=0, checkout=checkout).seconds
        with daemon(folder, checkout) as (_, url, _):  # compiles what only a daemon loads, which takes memory
            _until_ready(url)
            _get(f"{url}/metrics")
        with daemon(folder, checkout) as (process, url, begins):
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
            return Idle(
                cpu=used / took,
                runs=runs / took,
                per_run=used / max(runs, 1) * 1000,
                memory=int(facts["VmRSS"].split()[0]) / 1024,
                peak=int(facts["VmHWM"].split()[0]) / 1024,
                threads=int(facts["Threads"]),
                begins=begins,
                once=once_seconds,
            )


@contextmanager
def daemon(folder: Path, checkout: Path = ROOT) -> Iterator[tuple[subprocess.Popen[str], str, float]]:
    """`syncd run` of a checkout on the first core: the process, its address, and seconds until it began."""
    began = time.monotonic()
    with (folder / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            ["taskset", "-c", "0", *syncd("run", checkout=checkout)],
            cwd=folder,
            env=environ(checkout),
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
        try:
            process.wait(30)
        finally:
            process.kill()  # does nothing where it has ended


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
    deadline = time.monotonic() + READY
    while time.monotonic() < deadline:
        with suppress(OSError):
            _get(f"{url}/readyz")
            return
        time.sleep(0.5)  # asked more often, it would cost what is measured
    raise SystemExit(f"the daemon was not ready within {READY:.0f} s")


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
