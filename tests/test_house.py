"""The house: few rooms, files one can read, one name for one class, docstrings with a subject."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = 14
FILES = sorted((ROOT / "syncd").rglob("*.py"))


@cache
def trees() -> dict[Path, ast.Module]:
    """The syntax of each file; not read at import, which each worker does, but by the one that needs it."""
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def test_few_rooms() -> None:
    """syncd/ holds at most 14 rooms: its wings and its few modules."""
    rooms = {path.relative_to(ROOT / "syncd").parts[0].removesuffix(".py") for path in FILES} - {"__init__"}
    assert len(rooms) <= ROOMS, sorted(rooms)


def test_one_class_for_one_name() -> None:
    """No two classes of the tree share a name."""
    nodes = (node for tree in trees().values() for node in ast.walk(tree))
    names = Counter(node.name for node in nodes if isinstance(node, ast.ClassDef))
    assert [name for name, count in names.items() if count > 1] == []


FORBIDDEN = re.compile(
    r"(It (was|has|is)|They|Those|The same|Of|By|As|Who|Whose|None of|Else|So|What (it|of|is|was))\b"
)
"""Beginnings that leave a reader without a subject."""
MENTIONED = re.compile(
    r"(?<![\w/.])(?:docs|tests|syncd|benchmarks|deploy)/[\w./-]*\w\.(?:md|py|toml|yaml|sql)\b"
    r"|\[[A-Z] [A-Z][\w-]*"
)
"""Files of the repository; and codes of pages that it does not have."""
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def test_docstrings_have_a_subject() -> None:
    """No docstring begins with a word that points to what another place says."""
    assert [
        f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}: {words.splitlines()[0]}"
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, DOCUMENTED) and FORBIDDEN.match(words := ast.get_docstring(node) or "")
    ] == []


def test_no_reference_to_a_missing_file() -> None:
    """Each page, test or module that the code mentions is in the repository; no code names a page."""
    assert [
        f"{path.relative_to(ROOT)}: {found}"
        for path in FILES
        for found in MENTIONED.findall(path.read_text(encoding="utf-8"))
        if not (ROOT / found).is_file()
    ] == []


def test_pages_name_files_that_are_there() -> None:
    """Each file of the product or of the tests that a page names is in the repository."""
    named = re.compile(r"`((?:syncd|tests|docs|benchmarks)/[\w./-]+\.(?:py|md))`")
    pages = [ROOT / "CONTRIBUTING.md", ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    assert [
        f"{page.relative_to(ROOT)}: {found}"
        for page in pages
        for found in named.findall(page.read_text(encoding="utf-8"))
        if "NAME" not in found and "NNNN" not in found and not (ROOT / found).is_file()
    ] == []


def test_no_merge_was_left_half_done() -> None:
    """No file holds both sides of a conflict; a ruler of a text is not one, so the arrows are looked for."""
    names = ("*.md", "*.py", "*.toml", "*.yaml", "*.yml", "*.j2", "*.po", "Dockerfile", "dev")
    files = [file for name in names for file in ROOT.rglob(name) if ".venv" not in file.parts]
    arrows = ("<" * 7 + " ", ">" * 7 + " ")
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if line.startswith(arrows)
    ]
    assert found == []
