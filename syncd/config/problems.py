"""Collects problems, with the lines they stand in; turns pydantic's errors into plain words."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from syncd.config import values
from syncd.config.environment import Path, Plain
from syncd.config.file import ConfigFile, DatabaseFile, HttpFile, LogFile, MetricaFile, QueryFile, StateFile
from syncd.config.tree import MOST_PROBLEMS, Node
from syncd.config.words import Told, Unreadable, Wrong, but_got, dotted, nearest, shown_name
from syncd.model import Column
from syncd.model.errors import Problem

_SECTIONS: dict[str, type[BaseModel]] = {
    "metrica": MetricaFile,
    "databases.NAME": DatabaseFile,
    "state": StateFile,
    "http": HttpFile,
    "log": LogFile,
    "defaults or queries.NAME": QueryFile,
}
_IN_NAMED = {
    "databases": "databases.NAME",
    "queries": "defaults or queries.NAME",
    "defaults": "defaults or queries.NAME",
}
_NAMED = ("databases", "queries")


class Problems:
    """All that is wrong with one file."""

    def __init__(self, file: str, root: Node, found: Iterable[Problem] = ()) -> None:
        self.file = file
        self.root = root
        self.all = list(found)

    def add(self, path: Path, message: str, hint: str = "") -> None:
        """Something is wrong at (or missing under) `path`."""
        self.all.append(Problem(self.file, self.root.find_line(path), dotted(path), message, hint))

    def complain(self, path: Path, wrong: Wrong) -> None:
        """A value at `path` is wrong."""
        self.add(path, wrong.message, wrong.hint)


def check(plain: dict[str, Plain], problems: Problems) -> ConfigFile:
    """The file with all that is right about it; the rest is told to `problems` and left out.

    So that the rules across keys can be checked in the same go. A wrong name is told, what it names stays.
    """
    for section in _NAMED:
        named = plain.get(section)
        for name in named if isinstance(named, dict) else ():
            try:
                values.name(name)
            except Wrong as wrong:
                problems.complain((section, name), wrong)
    try:
        return ConfigFile.model_validate(plain)
    except ValidationError as error:
        details = error.errors(include_url=False)
    for detail in details:
        _tell(detail, problems)
        _remove(plain, _path(detail))
    return ConfigFile.model_validate(plain)


def _path(detail: ErrorDetails) -> Path:
    """Where pydantic saw it, as the file's path; what is wrong with a key itself ends in `[key]` there."""
    loc = detail["loc"]
    return loc[:-1] if loc and loc[-1] == "[key]" else loc


def _remove(plain: Plain, path: Path) -> None:
    for part in path[:-1]:
        if not isinstance(plain, dict) or part not in plain:
            return
        plain = plain[str(part)]
    if isinstance(plain, dict):
        plain.pop(str(path[-1]), None)


def _tell(detail: ErrorDetails, problems: Problems) -> None:
    path, value, kind = _path(detail), detail["input"], detail["type"]
    if len(problems.all) >= MOST_PROBLEMS or _was_told(value):
        return
    wrong = detail.get("ctx", {}).get("error")
    if isinstance(wrong, Told):
        return
    if isinstance(wrong, Wrong):
        problems.complain(path, wrong)
    elif kind == "extra_forbidden":
        problems.add(path, "unknown key", _where_it_belongs(path))
    elif kind == "enum":
        problems.add(
            path, "Metrica has no such column", nearest(str(path[-1]), [column.value for column in Column])
        )
    else:
        # A text may be a secret in a wrong place.
        got = ", not text" if isinstance(value, str) else but_got(value)
        problems.add(path, f"wants keys and values below it{got}")


def _was_told(value: object) -> bool:
    return value is Unreadable.UNREADABLE or (isinstance(value, list) and any(map(_was_told, value)))


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _where_it_belongs(path: Path) -> str:
    """The nearest key of the same section, else the section that has such a key, else what there is."""
    word = str(path[-1])
    section = _IN_NAMED.get(str(path[0]), str(path[0])) if len(path) > 1 else ""
    own = _keys(_SECTIONS.get(section, ConfigFile))
    close = nearest(word, own, every=False)
    if close:
        return close
    homes = [name for name, model in _SECTIONS.items() if word in _keys(model) and name != section]
    if word in ConfigFile.model_fields:
        homes.append("the left margin")
    return f"{shown_name(word)} belongs under {' or '.join(homes)}" if homes else nearest(word, own)
