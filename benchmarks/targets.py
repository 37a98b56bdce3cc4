"""The table of targets: limit, an older syncd and this one side by side, a line as soon as it is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from benchmarks import commands, loads, watched
from benchmarks.turns import Asked, Line, in_words

LINES: dict[str, Callable[[Asked], Iterator[Line]]] = {
    "postgresql": loads.postgresql,
    "mariadb": loads.mariadb,
    "sqlite": loads.sqlite,
    "orders": loads.crm_orders,
    "wide": loads.wide,
    "idle": watched.alone,
    "many": watched.many,
    "run": commands.start,
    "commands": commands.commands,
    "size": commands.size,
    "commit": watched.commit,
    "wake": watched.wake,
}
"""Each gives a line or some."""
GROUPS = {
    "loads": ("postgresql", "mariadb", "sqlite", "orders"),
    "memory": ("wide", "idle", "many"),
    "start": ("run", "commands"),
    "latency": ("commit", "wake"),
}


def table(asked: Asked, chosen: Sequence[str]) -> None:
    """Print the lines of these names and groups; one that fails says so, and the next one follows."""
    names = {one for name in chosen for one in GROUPS.get(name, (name,))}
    print("| | target | limit | before | syncd |\n|---|---|---|---|---|", flush=True)
    for name, measure in LINES.items():
        if name in names:
            try:
                for line in measure(asked):
                    print(line, flush=True)
            except (Exception, SystemExit) as error:  # noqa: BLE001 — a table with a hole is better than none
                print(Line(name, "-", syncd=in_words(error)), flush=True)
    print(flush=True)
