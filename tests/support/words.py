"""What syncd says to people, found in its code, and the catalogues that translate it: `./dev words`."""

from __future__ import annotations

import ast
import inspect
import os
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Any

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[2]
LOCALE = Path("syncd", "locale")
"""Relative to ROOT, where Babel runs: catalogues name files as the repository does."""
KEYWORDS = ("NP_:1c,2", "word:1c,2", "counted:2,3", "Entry:2")
"""How a text is marked beside the ways that gettext knows everywhere."""


def said_in_python(
    file: IO[bytes], keywords: Any, comment_tags: Collection[str], options: Any
) -> Iterator[tuple[Any, ...]]:
    """What is marked, as everywhere; the help of commands and options, which click takes; tables' columns."""
    yield from extract_python(file, keywords, comment_tags, options)
    file.seek(0)
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.FunctionDef) and any(map(_makes_a_command, node.decorator_list)):
            yield node.lineno, None, inspect.cleandoc(ast.get_docstring(node) or ""), []
        elif isinstance(node, ast.Call):
            for one in node.keywords:
                if one.arg == "help" and isinstance(one.value, ast.Constant):
                    yield node.lineno, None, one.value.value, []
            if isinstance(node.func, ast.Name) and node.func.id == "columns":
                for name in node.args:
                    if isinstance(name, ast.Constant):
                        yield node.lineno, "pgettext", ("column", name.value), []


def _makes_a_command(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Attribute) and called.attr in {"command", "group"}


def found(template: Path) -> Catalog:
    """All that is said in the code, and by click; a file in gettext's form is left at `template`."""
    keywords = [word for one in KEYWORDS for word in ("-k", one)]
    kept = ("--add-location=file", "--project=syncd", "--version=", "--copyright-holder=The syncd authors")
    _babel("extract", "-F", "pyproject.toml", *keywords, *kept, "-o", str(template), "syncd")
    with template.open(encoding="utf-8") as file:
        catalog = read_po(file)
    for _file, _line, message, _comments, context in extract_from_dir(Path(click.__file__).parent):
        catalog.add(message, locations=[("click", 0)], context=context)
    with template.open("wb") as written:
        write_po(written, catalog, sort_by_file=True)
    return catalog


def main() -> None:
    """Bring every catalogue up to the code, compile it, and say what has no translation."""
    template = Path(".dev", "syncd.pot")
    (ROOT / template.parent).mkdir(exist_ok=True)
    found(ROOT / template)
    place = ("-D", "syncd", "-d", str(LOCALE))
    kept = ("--no-fuzzy-matching", "--ignore-obsolete", "--ignore-pot-creation-date")
    _babel("update", *place, "-i", str(template), *kept)
    _babel("compile", *place)
    for path in sorted((ROOT / LOCALE).rglob("*.po")):
        with path.open(encoding="utf-8") as file:
            missing = [
                message.id for message in read_po(file) if message.id and not _is_whole(message.string)
            ]
        for one in missing:
            sys.stdout.write(f"{path.relative_to(ROOT)}: not translated: {one!r}\n")


def _is_whole(said: str | Collection[str] | None) -> bool:
    return bool(said) if isinstance(said, str) else all(said or ())


def _babel(*arguments: str) -> None:
    """Run pybabel as from the root of the repository."""
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        CommandLineInterface().run(["pybabel", "-q", *arguments])  # type: ignore[no-untyped-call]  # Babel has no types
    finally:
        os.chdir(before)


if __name__ == "__main__":
    main()
