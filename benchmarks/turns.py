"""Lines of the table of targets: who is measured, in turns, so that a busy moment hits all.

One that fails says so in words and is left out of the rounds that are left; the others go on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from benchmarks.contest import ROOT
from benchmarks.databases import DATABASES, Database
from benchmarks.sink import sink

NOT_MEASURED = "-"
_WORDS = 160
"""Letters of a failure that a table has room for; stderr gets all of it."""
Taken = TypeVar("Taken")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for on the command line."""

    rows: int
    runs: int
    seconds: int
    """How long a daemon is watched."""
    before: Path | None
    """The checkout of an older syncd."""
    full: bool
    """Ten times the rows as well."""

    @property
    def checkouts(self) -> dict[str, Path]:
        """The older syncd, if there is one, and this one."""
        return {**({"before": self.before} if self.before else {}), "syncd": ROOT}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table."""

    what: str
    target: str
    limit: str = NOT_MEASURED
    before: str = NOT_MEASURED
    syncd: str = NOT_MEASURED

    def __str__(self) -> str:
        return f"| {self.what} | {self.target} | {self.limit} | {self.before} | {self.syncd} |"


@dataclass(frozen=True, slots=True)
class Failed:
    """Why somebody has no figure."""

    words: str


@contextmanager
def running(kind: str) -> Iterator[tuple[Database, str]]:
    """A database with nothing in it, and the address of a sink."""
    with (
        TemporaryDirectory(prefix="bench-") as folder,
        DATABASES[kind](Path(folder)) as database,
        sink() as api_url,
    ):
        yield database, api_url


def take_turns(
    contestants: Mapping[str, Callable[[], Taken]], runs: int, what: str
) -> dict[str, list[Taken] | Failed]:
    """Each contestant's runs, all of which there are, or why there are none."""
    found: dict[str, list[Taken] | Failed] = {name: [] for name in contestants}
    for number in range(runs):
        for name, measure in contestants.items():
            taken = found[name]
            if isinstance(taken, Failed):
                continue
            say(f"{what}: run {number + 1} of {runs}: {name}")
            try:
                taken.append(measure())
            except (Exception, SystemExit) as error:  # noqa: BLE001 — whatever it was, the others are wanted
                found[name] = Failed(in_words(error))
    return found


def cell(found: Mapping[str, list[Taken] | Failed], name: str, show: Callable[[list[Taken]], object]) -> str:
    """What the table says of a contestant."""
    taken = found.get(name)
    if taken is None:
        return NOT_MEASURED
    return taken.words if isinstance(taken, Failed) else str(show(taken))


def in_words(error: BaseException) -> str:
    """A failure in the room that a table has; the whole of it goes to stderr."""
    text = str(error) or type(error).__name__
    say(f"{type(error).__name__}: {text}")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    short = " … ".join(line[:_WORDS] for line in dict.fromkeys((lines[0], lines[-1])))
    return f"failed: {short}".replace("|", "/")


def say(what: str) -> None:
    """Progress, not part of the result."""
    print(what, file=sys.stderr, flush=True)
