"""Two of the benchmarks run, on a few rows; what they measure says nothing here. The others mypy looks at."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("benchmarks --only syncd --database sqlite --rows 200 --runs 1", "| syncd |"),
        ("benchmarks.polls --database sqlite --rows 200", "| SQLite"),
    ],
)
def test_it_prints_a_table(arguments: str, expected: str) -> None:
    """Each part by its own command."""
    command = [sys.executable, "-m", *arguments.split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    assert expected in done.stdout
