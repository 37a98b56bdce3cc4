"""docs/guarantees.md names tests and fault points that exist."""

from __future__ import annotations

import re
from pathlib import Path

from syncd.model.faultpoints import Point

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_exists() -> None:
    """A promise without its test would be a claim."""
    named = re.findall(r"`(test_\w+\.py)::(\w+)`", PAGE)
    assert len(named) > 30
    missing = []
    for file, test in named:
        found = list((ROOT / "tests").rglob(file))
        texts = [path.read_text(encoding="utf-8") for path in found]
        if not any(re.search(rf"^ *def {test}\(", text, re.MULTILINE) for text in texts):
            missing.append(f"{file}::{test}")
    assert not missing


def test_every_promise_names_a_test() -> None:
    """Each promise of docs/guarantees.md is a section of its own, with at least one test."""
    promises = (
        "Nothing lost",
        "Nothing twice",
        "The mark moves last",
        "One bad row harms nothing but itself",
        "One bad query, database or counter harms no other",
        "The source is only read",
        "The token is never shown",
        "What is green is true",
    )
    for promise in promises:
        section = PAGE.split(f"\n## {promise}\n")[1].split("\n## ")[0]
        assert "::test_" in section, promise


def test_every_fault_point_is_documented() -> None:
    """The page's table of points is the closed list itself, in its order."""
    table = PAGE.split("| point | what has happened |")[1]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == list(Point)
