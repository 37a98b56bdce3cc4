"""Where keys stand in a configuration file, for what is found wrong after it was read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from syncd.config.tree import Node, parse_yaml


@dataclass(frozen=True, slots=True)
class Places:
    """The lines of the keys of some files, the main one first."""

    roots: tuple[tuple[str, Node], ...]

    @classmethod
    def of(cls, *files: str) -> Self:
        """Read the files again; one that cannot be read has no places."""
        found = []
        for file in files:
            try:
                text = Path(file).read_text(encoding="utf-8")
            except (OSError, ValueError):
                continue
            root, _ = parse_yaml(text.removeprefix("\ufeff"), file)
            found += [(file, root)] if root is not None else []
        return cls(tuple(found))

    @classmethod
    def nowhere(cls) -> Self:
        """Know no file."""
        return cls(())

    def find(self, path: tuple[str, ...]) -> tuple[str, int] | None:
        """File and line of the key, or of the nearest one above it; None where not even its section is there.

        What a query leaves to `defaults` is found there.
        """
        wanted = [path]
        if path[:1] == ("queries",) and len(path) > 2:  # noqa: PLR2004 — queries, the name, the key
            wanted = [path, ("defaults", *path[2:]), path[:2]]
        for one in wanted:
            for file, root in self.roots:
                if _has(root, one):
                    return file, root.find_line(one)
        return next(
            ((file, root.find_line(path)) for file, root in self.roots if path and _has(root, path[:1])), None
        )


def _has(node: Node, path: tuple[str, ...]) -> bool:
    for part in path:
        if not isinstance(node.value, dict) or part not in node.value:
            return False
        node = node.value[part]
    return True
