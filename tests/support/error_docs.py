"""Makes the table of docs/errors.md from the error classes.

`python -m tests.support.error_docs --write` writes it; a test says when that is due.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

from syncd.model.errors import ERROR_CLASSES, SyncdError

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
BEGIN, END = "<!-- made by tests/support/error_docs.py -->\n", "<!-- end -->\n"


def table() -> str:
    """The table, in the order of ERROR_CLASSES."""
    lines = [
        "| code | what it means, and what the daemon does | what to do | exit code |",
        "|---|---|---|---|",
    ]
    lines += [_line(kind) for kind in ERROR_CLASSES]
    return BEGIN + "\n".join(lines) + "\n" + END


def _line(kind: type[SyncdError]) -> str:
    meaning = " ".join((inspect.getdoc(kind) or "").split())
    cells = [f"`{kind.code}`", meaning, kind.action, str(kind.exit_code)]
    return "| " + " | ".join(re.sub(r"\|", r"\\|", cell) for cell in cells) + " |"


def write() -> None:
    """Put the table into the page in place of the one that is there."""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(before + table() + after, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write()
    else:
        sys.stdout.write(table())
