"""Limit, syncd and script against each other: whole processes, in turns, so that a busy moment hits all."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.databases import ORDERS, Database

CONTESTANTS = ("limit", "before", "syncd", "script")
UPLOAD = "/management/v1/counter/2/offline_conversions/upload"
ROOT = Path(__file__).parents[1]
_COMPILED = TemporaryDirectory(prefix="bench-pyc-")
_counters = count(1000)
"""Each run of syncd has a counter of its own: the sink's list of uploads then knows nothing of it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of one contestant, as a whole process."""

    seconds: float
    cpu: float
    """Seconds, of the client's processes."""
    memory: float
    """MB at the peak, of the largest of its processes."""


def measure(
    contestant: str, database: Database, rows: int, api_url: str, before: Path | None = None
) -> Measured:
    """Run a contestant once; `before` is the checkout of an older syncd. Exits where it fails."""
    with TemporaryDirectory(prefix="bench-") as folder:
        place = Path(folder)
        checkout = ROOT if contestant == "syncd" else before
        if contestant in {"syncd", "before"} and checkout is not None:
            (place / "config.yaml").write_text(configuration(database, api_url), encoding="utf-8")
            return measured(first_load(checkout), place, uploaded=rows, checkout=checkout)
        if contestant == "script":
            script = [sys.executable, "-m", "benchmarks.script", database.url, api_url, ORDERS]
            return measured(script, place)
        return limit(place, database.client(database.lines), f"{api_url}{UPLOAD}")


def limit(folder: Path, lines: str, url: str) -> Measured:
    """The shell command that writes finished lines, piped into curl."""
    pipe = f"set -o pipefail; {lines} | curl -fsS -o /dev/null -F file=@- {url}"
    return measured(["bash", "-c", pipe], folder)


def syncd(*words: str, checkout: Path = ROOT) -> list[str]:
    """The command line of a checkout's syncd, by its own Python, with the file config.yaml."""
    python = sys.executable if checkout == ROOT else str(checkout / ".venv/bin/python")
    return [python, "-m", "syncd", *words, "-c", "config.yaml"]


def first_load(checkout: Path = ROOT) -> list[str]:
    """The command line of a first load, or of a later run that looks once."""
    return syncd("run", "--once", "--json", checkout=checkout)


def configuration(database: Database, api_url: str, queries: int = 1, **options: object) -> str:
    """A configuration with so many queries over the orders; JSON is YAML too."""
    query: dict[str, object] = {
        "id_type": "CLIENT_ID",
        "sql": ORDERS,
        "columns": {
            "ClientId": "client_id",
            "Target": {"value": "order_paid"},
            "DateTime": "paid_at",
            "Price": "total",
            "Currency": "currency",
        },
        "mark": ["updated_at", "order_id"],
        "key": ["order_id"],
        **options,
    }
    document: dict[str, Any] = {
        "metrica": {"token": "token", "api_url": api_url},
        "databases": {"shop": {"url": database.url}},
        "http": None,
        "queries": {f"orders{number}": {**query, "counter": next(_counters)} for number in range(queries)},
    }
    return json.dumps(document, indent=1)


def environ(checkout: Path = ROOT) -> dict[str, str]:
    """For a process that is measured: with compiled modules, as an installed package has them."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(checkout), "PYTHONPYCACHEPREFIX": f"{_COMPILED.name}{checkout}"}


def measured(
    command: Sequence[str],
    folder: Path,
    *,
    uploaded: int | None = None,
    checkout: Path = ROOT,
    codes: Container[int] = (0,),
) -> Measured:
    """Run a command of a checkout; with `uploaded`, what syncd says it uploaded must be that.

    `codes` are the exit codes that are no failure.
    """
    launch = [sys.executable, "-IS", str(ROOT / "benchmarks" / "launch.py"), *command]
    done = subprocess.run(
        launch, cwd=folder, env=environ(checkout), check=True, capture_output=True, text=True
    )
    result = json.loads(done.stdout)
    said = (folder / "command.log").read_text(encoding="utf-8")
    if result.pop("code") not in codes:
        raise SystemExit(f"{shlex.join(command)} failed:\n{said}")
    if uploaded is not None:
        document = json.loads(said[said.index('{\n  "queries"') :])
        found = sum(query["uploaded"] for query in document["queries"])
        if found != uploaded:
            raise SystemExit(f"syncd uploaded {found} rows of {uploaded}:\n{said}")
    return Measured(**result)
