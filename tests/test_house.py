"""The house: few rooms, files one can read, one name for one class, docstrings with a subject."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = 14
FILES = sorted((ROOT / "syncd").rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def test_few_rooms() -> None:
    """syncd/ holds at most 14 rooms: its wings and its few modules."""
    rooms = {path.relative_to(ROOT / "syncd").parts[0].removesuffix(".py") for path in FILES} - {"__init__"}
    assert len(rooms) <= ROOMS, sorted(rooms)


def test_one_class_for_one_name() -> None:
    """No two classes of the tree share a name."""
    nodes = (node for tree in TREES.values() for node in ast.walk(tree))
    names = Counter(node.name for node in nodes if isinstance(node, ast.ClassDef))
    assert [name for name, count in names.items() if count > 1] == []
