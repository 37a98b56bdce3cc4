"""Starts and commands for the table of targets, in CPU seconds of whole processes; the libraries' size."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.contest import ROOT, configuration, environ, first_load, measured, syncd
from benchmarks.turns import Asked, Failed, Line, cell, running, take_turns

ROWS = 1000
"""Of which every hundredth is rejected."""
SQL = (
    "SELECT order_id, CASE WHEN order_id % 100 = 0 THEN 'GA1.2' ELSE client_id END AS client_id,"
    " paid_at, updated_at, total, currency FROM orders WHERE status = 'paid'"
)
COMMANDS = {
    "status": ("status",),
    "explain NAME KEY": ("explain", "orders0", "501"),
    "rejects list NAME": ("rejects", "list", "orders0"),
}
_CODES = (0, 3)
"""Exit codes of a run that went well, with rejected rows or without."""


def start(asked: Asked) -> Iterator[Line]:
    """A run that makes a new store and finds an empty table: hardly more than the first statement needs."""

    def once(checkout: Path) -> float:
        with TemporaryDirectory(prefix="bench-") as folder:
            place = Path(folder)
            (place / "config.yaml").write_text(configuration(database, api_url), encoding="utf-8")
            return measured(first_load(checkout), place, uploaded=0, checkout=checkout).cpu

    with running("postgresql") as (database, api_url):
        database.fill(0)
        contestants = {name: partial(once, checkout) for name, checkout in asked.checkouts.items()}
        what = "`run --once`, new store, nothing to read"
        take_turns(contestants, 1, f"{what}: warm-up")
        yield _line(what, "under 0.3", take_turns(contestants, asked.runs, what))


def commands(asked: Asked) -> Iterator[Line]:
    """Commands that only look, each checkout with a store of its own."""
    with ExitStack() as stack:
        database, api_url = stack.enter_context(running("postgresql"))
        database.fill(ROWS)
        places = {}
        for name, checkout in asked.checkouts.items():
            place = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
            text = configuration(database, api_url, sql=SQL)
            (place / "config.yaml").write_text(text, encoding="utf-8")
            places[name] = (checkout, place)
        filled = take_turns(
            {name: partial(_run, *where, "run", "--once") for name, where in places.items()},
            1,
            "a store with rows",
        )
        for what, words in COMMANDS.items():
            contestants = {
                name: partial(_run, *where, *words)
                for name, where in places.items()
                if not isinstance(filled[name], Failed)
            }
            take_turns(contestants, 1, f"`{what}`: warm-up")
            found = take_turns(contestants, asked.runs, f"`{what}`")
            missing = {name: why for name, why in filled.items() if isinstance(why, Failed)}
            yield _line(f"`syncd {what}`", "under 0.25", {**found, **missing})


def size(asked: Asked) -> Iterator[Line]:
    """What is installed for syncd without extras, as each checkout's own Python knows it."""
    contestants = {name: partial(_weigh, checkout) for name, checkout in asked.checkouts.items()}
    found = take_turns(contestants, 1, "libraries")
    before, own = (cell(found, name, lambda taken: taken[0]) for name in ("before", "syncd"))
    yield Line("libraries without bytecode, MB", "under 100", before=before, syncd=own)


def _weigh(checkout: Path) -> str:
    """All libraries of a checkout, these without their tests, and the heaviest."""
    command = [syncd(checkout=checkout)[0], "-I", str(ROOT / "benchmarks" / "weight.py")]
    done = subprocess.run(command, env=environ(checkout), check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command[0]} could not weigh its libraries:\n{done.stderr}")
    weights: dict[str, list[float]] = json.loads(done.stdout)
    whole, tests = (sum(one[place] for one in weights.values()) for place in (0, 1))
    heaviest = max(weights, key=lambda library: weights[library][0])
    return f"{whole:.0f} ({whole - tests:.0f} without tests; {heaviest} {weights[heaviest][0]:.0f})"


def _run(checkout: Path, place: Path, *words: str) -> float:
    """CPU seconds of a command."""
    return measured(syncd(*words, checkout=checkout), place, checkout=checkout, codes=_CODES).cpu


def _line(what: str, target: str, found: dict[str, list[float] | Failed]) -> Line:
    before, own = (cell(found, name, lambda taken: f"{median(taken):.2f}") for name in ("before", "syncd"))
    return Line(f"{what}: CPU s", target, before=before, syncd=own)
