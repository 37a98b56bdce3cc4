"""The key `include`: which further files belong to the configuration."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from pathlib import Path

from syncd.config.environment import to_plain
from syncd.config.forms import NAMES, Json, ValueForm
from syncd.config.problems import Problems
from syncd.config.tree import Node
from syncd.config.words import Unreadable, Wrong
from syncd.language import _
from syncd.model.errors import Problem

FORM = ValueForm(NAMES.read, NAMES.schema)
DESCRIPTION = (
    "More files, each with databases, defaults and queries of its own; * and ? stand for any characters."
)
SCHEMA: Json = {**FORM.schema, "description": DESCRIPTION}
_MOST_FILES = 1_000


def find_files(
    main: str, folder: Path, root: Node, environ: Mapping[str, str], told: list[Problem]
) -> list[Path]:
    """The files that the main file includes, each once, in the order of the patterns and then by name."""
    node = root.value.get("include") if isinstance(root.value, dict) else None
    if node is None:
        return []
    problems = Problems(main, root)
    patterns = to_plain(node, environ, lambda path, wrong: problems.complain(("include", *path), wrong))
    found: dict[Path, None] = {}
    try:
        if not _was_told(patterns):
            for pattern in _read(patterns):
                found |= dict.fromkeys(_matching(pattern, folder))
    except Wrong as wrong:
        problems.complain(("include",), wrong)
    told += problems.all
    found.pop(folder / Path(main).name, None)  # `*.yaml` beside the main file names that too
    return list(found)


def _read(patterns: object) -> tuple[str, ...]:
    if patterns is None:
        return ()
    read = FORM.read(patterns)
    return read if isinstance(read, tuple) else ()


def _matching(pattern: str, folder: Path) -> list[Path]:
    path = folder / pattern
    if not glob.has_magic(pattern):
        if not path.is_file():
            raise Wrong(_("there is no such file"), _("looked for {path}").format(path=path))
        return [path]
    # Path.glob takes no absolute pattern.
    names = glob.iglob(pattern, root_dir=folder)  # noqa: PTH207
    found = sorted(folder / name for name in names if (folder / name).is_file())
    if len(found) > _MOST_FILES:
        raise Wrong(_("names more than {most} files").format(most=_MOST_FILES))
    return found


def _was_told(value: object) -> bool:
    return value is Unreadable.UNREADABLE or (isinstance(value, list) and any(map(_was_told, value)))
