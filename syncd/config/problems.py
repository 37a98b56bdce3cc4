"""Collects problems, with the lines they stand in."""

from __future__ import annotations

from syncd.config.keys import sections
from syncd.config.tree import MOST_PROBLEMS, Node
from syncd.config.words import Path, UnknownKey, ValueFaults, Wrong, dotted, nearest, shown_name
from syncd.language import N_, _
from syncd.model.errors import Problem

SECTIONS = ("include", "metrica", "databases", "state", "http", "log", "alerts", "defaults", "queries")
INCLUDED_SECTIONS = ("databases", "defaults", "queries")
"""What a file that `include` names may hold."""
_HOMES = {"database": "databases.NAME", "query": N_("defaults or queries.NAME")}
_KEYS_OF = {"databases": "database", "queries": "query", "defaults": "query"}


class Problems:
    """All that is wrong with one file."""

    def __init__(self, file: str, root: Node) -> None:
        self.file = file
        self.root = root
        self.all: list[Problem] = []

    def add(self, path: Path, message: str, hint: str = "") -> None:
        """Something is wrong at (or missing under) `path`."""
        if len(self.all) < MOST_PROBLEMS:
            self.all.append(Problem(self.file, self.root.find_line(path), dotted(path), message, hint))

    def complain(self, path: Path, wrong: Wrong) -> None:
        """A value at `path` is wrong, or several parts of it are."""
        if isinstance(wrong, ValueFaults):
            for below, fault in wrong.found:
                self.complain((*path, *below), fault)
        else:
            hint = _where_it_belongs(path) if isinstance(wrong, UnknownKey) else wrong.hint
            self.add(path, wrong.message, hint)


def _where_it_belongs(path: Path) -> str:
    """The nearest key of the same section, else the section that has such a key, else what there is."""
    word, known = str(path[-1]), sections()
    section = _KEYS_OF.get(str(path[0]), str(path[0])) if len(path) > 1 else ""
    own = list(known[section]) if section in known else list(SECTIONS)
    close = nearest(word, own, every=False)
    if close:
        return close
    homes = [
        _(_HOMES[name]) if name in _HOMES else name
        for name, keys in known.items()
        if word in keys and name != section
    ]
    if word in SECTIONS:
        homes.append(_("the left margin"))
    return (
        _("{word} belongs under {homes}").format(word=shown_name(word), homes=_(" or ").join(homes))
        if homes
        else nearest(word, own)
    )
