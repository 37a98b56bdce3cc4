"""Minutes of everything at once: concurrent writers, kills, faults. Prints what was lost and doubled.

python -m tests.soak.soak --seconds 120 --seed 7
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Self

from sqlalchemy import create_engine, text

from syncd.emulator.server import EmulatorServer
from syncd.emulator.settings import EmulatorSettings
from tests.acceptance import shop
from tests.support.fix_cli import Cli
from tests.support.servers import Database

SECONDS, SEED = "SYNCD_SOAK_SECONDS", "SYNCD_SOAK_SEED"
"""In the environment: how long, and which."""
WRITERS = 4
LONGEST_TRANSACTION = 1.5
"""Seconds that a writer keeps a transaction open after it took its time stamps."""
FAULTS: tuple[dict[str, object], ...] = (
    {"kind": "drop_before"},
    {"kind": "drop_before", "read_body": False},
    {"kind": "drop_after"},
    {"kind": "error_before"},
    {"kind": "error_after", "status": 500},
    {"kind": "error_after", "status": 504, "text": "<html>"},
    {"kind": "bad_json"},
    {"kind": "partial_json", "cut": True},
    {"kind": "minimal_reply"},
    {"kind": "hang"},
    {"kind": "hang", "accept": False},
    {"kind": "slow", "seconds": 1.0},
    {"kind": "list_delay", "seconds": 0.5},
    {"kind": "exhaust_quota", "quota": "quota_parallel_requests"},
    {"kind": "error_before", "on": "list"},
    {"kind": "drop_after", "on": "list"},
)


@dataclass(slots=True)
class Result:
    """What came of it."""

    seed: int
    seconds: float = 0.0
    rows: int = 0
    """Orders that were committed."""
    late: int = 0
    """Transactions that were held open after they had taken their time stamps."""
    rolled_back: int = 0
    kills: int = 0
    stops: int = 0
    faults: int = 0
    uploads: int = 0
    lost: list[int] = field(default_factory=list)
    """Orders that Metrica does not have."""
    doubled: list[int] = field(default_factory=list)
    """Orders that are two conversions at Metrica, or that it received more than once."""
    invented: list[int] = field(default_factory=list)
    """Conversions whose order was never committed."""
    failed: str = ""
    """Why the last run did not end well."""

    @property
    def ok(self) -> bool:
        """Nothing lost, nothing doubled."""
        return not (self.lost or self.doubled or self.invented or self.failed)


class Writers:
    """Concurrent sessions that sell: some commit late, some never."""

    def __init__(self, database: Database, seed: int) -> None:
        self._engine = create_engine(database.url, pool_size=WRITERS)
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=(Random(seed * 100 + number),))  # noqa: S311 — repeatable
            for number in range(WRITERS)
        ]
        self.committed: set[int] = set()
        self.late = 0
        self.rolled_back = 0
        self.error: Exception | None = None

    def __enter__(self) -> Self:
        """Begin to sell."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the transactions and stop."""
        self._closing.set()
        for thread in self._threads:
            thread.join()
        self._engine.dispose()

    def _work(self, random: Random) -> None:
        """One session, until closed."""
        try:
            while not self._closing.wait(random.uniform(0.01, 0.1)):
                self._sell(random)
        except Exception as error:  # noqa: BLE001 — told by the main thread
            self.error = error

    def _sell(self, random: Random) -> None:
        """One transaction."""
        with self._engine.connect() as connection, connection.begin() as transaction:
            numbers = set(
                connection.execute(
                    text(
                        "INSERT INTO orders SELECT n, (100000000000000000 + n)::text, 'paid', "
                        "now() - interval '1 day', now(), 100 + n, 'RUB' FROM "
                        "(SELECT nextval('order_numbers')::int AS n FROM generate_series(1, :rows)) AS new "
                        "RETURNING order_id"
                    ),
                    {"rows": random.randint(1, 20)},
                ).scalars()
            )
            late = random.random() < 0.2
            if late:
                self._closing.wait(random.uniform(0.1, LONGEST_TRANSACTION))
            if random.random() < 0.1:
                transaction.rollback()
                numbers = set()
        with self._lock:
            self.late += late
            self.rolled_back += not numbers
            self.committed |= numbers


def soak(database: Database, folder: Path, *, seconds: float, seed: int) -> Result:
    """Let it run, settle it, and count."""
    result, random = Result(seed), Random(seed)  # noqa: S311 — repeatable, no secret
    shop.open_shop(database)
    database.run("CREATE SEQUENCE order_numbers")
    cli = Cli(folder)
    limits = EmulatorSettings(ripen_after=1.0, requests_per_day_by_uid=None, requests_per_day_by_counter=None)
    started = time.monotonic()
    with EmulatorServer(limits, seed=seed) as emulator, contextlib.closing(cli):
        query = shop.query(chunk_rows=50)
        cli.configure(shop.configuration(database, emulator.url, query, metrica={"timeout": "2s"}))
        with Writers(database, seed) as writers:
            while time.monotonic() - started < seconds:
                _disturb(cli, emulator, random, result)
        if writers.error is not None:
            raise writers.error
        emulator.clear_faults()
        done = cli.run("run", "--once")
        result.failed = "" if done.returncode == 0 else done.stderr[-2000:]
        result.late, result.rolled_back = writers.late, writers.rolled_back
        _count(emulator, writers.committed, result)
    result.seconds = round(time.monotonic() - started, 1)
    return result


def _disturb(cli: Cli, emulator: EmulatorServer, random: Random, result: Result) -> None:
    """One life of the daemon: some faults, some time, and its death."""
    daemon = cli.start("run")
    faults = []
    for _ in range(random.randint(0, 4)):
        options = {"times": random.randint(1, 2), "skip": random.randint(0, 3), **random.choice(FAULTS)}
        faults.append(emulator.fault(str(options.pop("kind")), **options))
    for _ in range(random.randint(1, 6)):
        daemon.wait_for(random.choice(("query_started", "upload_started", "upload_accepted", "api_request")))
    if random.random() < 0.7:
        daemon.kill()
        result.kills += 1
    else:
        code = daemon.stop()
        result.failed = result.failed or ("" if code == 0 else f"a stop ended with exit code {code}")
        result.stops += 1
    result.faults += sum(fault.met for fault in faults)
    emulator.clear_faults()


def _count(emulator: EmulatorServer, committed: set[int], result: Result) -> None:
    """Hold Metrica's account against what was committed."""
    seen: set[int] = set()
    doubled: set[int] = set()
    for conversion in emulator.conversions():
        number = int(conversion.id) - 10**17
        if number in seen or conversion.times > 1:
            doubled.add(number)
        seen.add(number)
    result.rows, result.uploads = len(committed), len(emulator.uploads())
    result.lost = sorted(committed - seen)
    result.doubled = sorted(doubled)
    result.invented = sorted(seen - committed)


def told(result: Result) -> str:
    """The result as a person reads it."""
    values = asdict(result)
    for name in ("lost", "doubled", "invented"):
        orders = values[name]
        values[name] = {"count": len(orders), "first": orders[:20]} if orders else 0
    return json.dumps(values, indent=2)


def main() -> int:
    """Run the test of tests/soak, which brings the PostgreSQL, for as long as is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    chosen = parser.parse_args()
    environ = {**os.environ, SECONDS: str(chosen.seconds), SEED: str(chosen.seed)}
    options = ["-m", "soak", "-n0", "-s", "-q", f"--timeout={chosen.seconds + 300:.0f}"]
    command = [sys.executable, "-m", "pytest", str(Path(__file__).parent), *options]
    return subprocess.run(command, env=environ, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
