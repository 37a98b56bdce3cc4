"""One file of the configuration, as far as it can be read: its sections, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from syncd.config import urls, values
from syncd.config import words as w
from syncd.config.environment import Plain, to_plain
from syncd.config.files import read_text
from syncd.config.keys import Key, Values, read_keys, sections
from syncd.config.problems import INCLUDED_SECTIONS, SECTIONS, Problems
from syncd.config.tree import Node
from syncd.config.words import Unreadable, ValueFaults, Wrong
from syncd.language import _
from syncd.model.settings import SqlPlace

Raw = dict[str, Plain]


class Document:
    """One file: what it says (`raw`, wrong values included), and the values that could be read."""

    def __init__(
        self, name: str, folder: Path, root: Node, environ: Mapping[str, str], *, is_main: bool
    ) -> None:
        self.name = name
        self.folder = folder
        self.root = root
        self.problems = Problems(name, root)
        plain = to_plain(root, environ, self.problems.complain)
        self.raw: Raw = plain if isinstance(plain, dict) else {}
        for section in SECTIONS:
            if section in self.raw and self.raw[section] is None:
                self.raw[section] = {"listen": None} if section == "http" else {}
        self._refuse_unknown(SECTIONS if is_main else INCLUDED_SECTIONS)
        known = sections()
        self.sections = {
            section: self._read(known[section], self.raw.get(section, {}), (section,))
            for section in ("metrica", "state", "http", "log", "alerts")
            if is_main
        }
        self.defaults = self._read(known["query"], self.raw.get("defaults", {}), ("defaults",))
        self.databases = self._read_named("databases", known["database"])
        self.queries = self._read_named("queries", known["query"])

    def section(self, *path: str) -> Raw:
        """The mapping at `path` as the file has it, wrong values included; empty when there is none."""
        found: Plain = self.raw
        for part in path:
            found = found.get(part) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    def _refuse_unknown(self, known: tuple[str, ...]) -> None:
        for name in self.raw.keys() - set(known):
            if name in SECTIONS:
                message = _("stands in the main file alone")
                self.problems.add(
                    (name,), message, _("included files hold {known}").format(known=", ".join(known))
                )
            else:
                self.problems.complain((name,), w.UnknownKey())

    def _read_named(self, section: str, keys: Mapping[str, Key]) -> dict[str, Values]:
        """The databases or queries; a wrong name is told, and what stands under it is read all the same."""
        named = self.raw.get(section, {})
        if not isinstance(named, dict):
            self._read(keys, named, (section,))
            return {}
        for name in named:
            try:
                values.name(name)
            except Wrong as wrong:
                self.problems.complain((section, name), wrong)
        return {name: self._read(keys, value, (section, name)) for name, value in named.items()}

    def _read(self, keys: Mapping[str, Key], value: Plain, path: w.Path) -> Values:
        if value is Unreadable.UNREADABLE:
            return {}
        try:
            found = read_keys(keys, value)
        except ValueFaults as faults:
            self.problems.complain(path, faults)
            found = faults.rest if isinstance(faults.rest, dict) else {}
        except Wrong as wrong:
            self.problems.complain(path, wrong)
            return {}
        self._resolve_paths(found)
        self._find_sql(found, path)
        return found

    def _resolve_paths(self, found: Values) -> None:
        """Relative paths count from the folder of the file they stand in."""
        for name, value in found.items():
            if isinstance(value, Path):
                found[name] = self.folder / value
            elif name == "url":
                found[name] = urls.in_folder(value, self.folder)

    def _find_sql(self, found: Values, path: w.Path) -> None:
        if "sql_file" in found:
            try:
                found["sql"] = values.text(read_text(found["sql_file"]))
            except Wrong as wrong:
                message = f"{found['sql_file']}: {wrong.message}"
                self.problems.add((*path, "sql_file"), message, wrong.hint)
            found["sql_place"] = SqlPlace(file=str(found["sql_file"]), line=1, column=1)
        elif "sql" in found:
            line, column = self.root.find_text((*path, "sql"))
            found["sql_place"] = SqlPlace(file=self.name, line=line, column=column)
