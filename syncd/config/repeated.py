"""Keys that are there twice: a mistake, and what stands under each is looked at all the same."""

from __future__ import annotations

from syncd.config.tree import Node

MOST_VERSIONS = 20
"""How often a key that is there again and again is looked at."""


def versions(node: Node) -> list[Node]:
    """The tree without keys that are there twice: the last of each first, then what stood before."""
    if not isinstance(node.value, dict):
        return [node]
    choices = {
        name: [
            (line, version)
            for line, child in [(node.key_lines[name], last), *node.earlier.get(name, [])]
            for version in versions(child)
        ]
        for name, last in node.value.items()
    }
    longest = max(map(len, choices.values()), default=1)
    if longest == 1:
        return [node]
    return [_version(node, choices, number) for number in range(min(longest, MOST_VERSIONS))]


def _version(node: Node, choices: dict[str, list[tuple[int, Node]]], number: int) -> Node:
    """Where a key has no more of its own, its last (that is its first choice) stands for it."""
    chosen = {name: found[number if number < len(found) else 0] for name, found in choices.items()}
    values = {name: version for name, (_, version) in chosen.items()}
    lines = {name: line for name, (line, _) in chosen.items()}
    return Node(node.line, dict(values), lines)
