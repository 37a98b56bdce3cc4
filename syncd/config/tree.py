"""YAML text as a tree that remembers lines, built from PyYAML's events.

Built from events rather than by a yaml.Loader's constructor, because then depth, aliases, tags and
duplicate keys are guarded before anything is made of them, without recursion, and with the fast C parser
where PyYAML has it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import yaml
from yaml.reader import Reader

from syncd.config.scalars import Scalar, plain
from syncd.config.syntax import explain, lines_of
from syncd.config.words import Unreadable, Wrong, dotted
from syncd.language import _
from syncd.model.errors import Problem

DEEPEST = 20
"""Levels of nesting; a valid file needs five."""
MOST_ALIASED = 100_000
"""Nodes that aliases may add: a few lines of aliases of aliases would otherwise fill the memory."""
MOST_PROBLEMS = 1_000
"""A file with more than that is something else; what follows would help nobody."""

_PARSER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "<<"
_CORE_TAGS = {
    "scalar": {None, "!", "tag:yaml.org,2002:str"},
    "list": {None, "!", "tag:yaml.org,2002:seq"},
    "map": {None, "!", "tag:yaml.org,2002:map"},
}


@dataclass(slots=True)
class Node:
    """A value with the line it begins in (1-based); a mapping also knows the line of every key."""

    line: int
    value: Scalar | Unreadable | dict[str, Node] | list[Node] = None
    key_lines: dict[str, int] = field(default_factory=dict)
    earlier: dict[str, list[tuple[int, Node]]] = field(default_factory=dict)
    """What keys that are there twice had before the last time, with the key's line: to be looked at too."""
    size: int = 1
    """Nodes in it, aliases written out."""
    depth: int = 1
    text: tuple[int, int] = (0, 0)
    """Of a text: the line of its first line, and the column (from 1) at which its lines begin, or 0."""

    def find_text(self, path: tuple[str | int, ...]) -> tuple[int, int]:
        """The line and column at which the text at `path` begins."""
        node = self
        for part in path:
            if not isinstance(node.value, dict) or not isinstance(part, str) or part not in node.value:
                return self.find_line(path), 0
            node = node.value[part]
        return node.text

    def find_line(self, path: tuple[str | int, ...]) -> int:
        """The line of the key or item at `path`, or of the nearest thing above it that is there."""
        node, line = self, self.line
        for part in path:
            if isinstance(node.value, dict) and isinstance(part, str) and part in node.value:
                line, node = node.key_lines[part], node.value[part]
            elif isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = node.line
            else:
                break
        return line


@dataclass(slots=True)
class _OpenNode:
    """A mapping or list whose end has not come yet."""

    node: Node
    anchor: str | None
    key: str | None = None
    key_line: int = 0
    merged: list[Node] = field(default_factory=list)


class _GiveUp(Exception):
    """What follows in the text cannot be understood: the last problem says why."""


def parse_yaml(text: str, file: str) -> tuple[Node | None, list[Problem]]:
    """The tree (None: empty, or not to be understood), and everything that is wrong with the YAML itself."""
    builder = _Builder(file)
    builder.build(text)
    return builder.root, builder.problems


class _Builder:
    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.root: Node | None = None
        self._open: list[_OpenNode] = []
        self._anchors: dict[str, Node] = {}
        self._aliased = 0
        self._documents = 0
        self._lines: list[str] = []

    def build(self, text: str) -> None:
        """Read all of it; stops early where going on makes no sense."""
        self._lines = lines_of(text)
        try:
            self._refuse_unprintable(text)
            for event in yaml.parse(text, Loader=_PARSER):
                self._take(event)
        except yaml.MarkedYAMLError as error:
            self._syntax(error, text)
        except (yaml.YAMLError, RecursionError, ValueError):
            self._problem(0, _("the file is not YAML that can be read"))
        except _GiveUp:
            pass
        else:
            return
        self.root = None

    def _refuse_unprintable(self, text: str) -> None:
        found = Reader.NON_PRINTABLE.search(text)
        if found:
            line = text.count("\n", 0, found.start()) + 1
            self._problem(
                line,
                _("the character {code} may not stand in a YAML file").format(
                    code=f"U+{ord(found.group()):04X}"
                ),
            )
            raise _GiveUp

    def _syntax(self, error: yaml.MarkedYAMLError, text: str) -> None:
        """Tell a problem without a path: the keys above it may not be those it belongs to."""
        self._open.clear()
        fault = explain(error, text)
        self._problem(fault.line, fault.message, fault.hint)

    def _problem(self, line: int, message: str, hint: str = "", *, name: str | None = None) -> None:
        path = [entry.key for entry in self._open if entry.key is not None]
        where = dotted([*path, name] if name is not None else path)
        self.problems.append(Problem(self.file, line, where, message, hint))
        if len(self.problems) >= MOST_PROBLEMS:
            raise _GiveUp

    def _take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 0
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self._problem(
                        line, _("the file holds more than one YAML document"), _("remove the `---`")
                    )
                    raise _GiveUp
            case yaml.ScalarEvent():
                self._scalar(event, line)
            case yaml.AliasEvent():
                self._place(self._alias(event.anchor, line))
            case yaml.MappingStartEvent():
                self._begin(event, Node(line, {}), "map")
            case yaml.SequenceStartEvent():
                self._begin(event, Node(line, []), "list")
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end()
            case _:
                pass

    def _check_tag(self, tag: str | None, kind: str, line: int) -> bool:
        is_right = tag in _CORE_TAGS[kind]
        if not is_right:
            hint = _("remove the tag, or put a text that begins with ! in quotes")
            self._problem(line, _("YAML tags (`!…`) are not used here"), hint)
        return is_right

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        is_right = self._check_tag(event.tag, "scalar", line)
        is_plain = event.tag is None and event.implicit[0]
        top = self._open[-1] if self._open else None
        if top and isinstance(top.node.value, dict) and top.key is None:
            self._key(top, event.value, line, is_plain=is_plain)
            return
        value: Scalar | Unreadable = event.value
        if not is_right:
            value = Unreadable.UNREADABLE
        elif is_plain and event.anchor is not None and not event.value:
            self._problem(
                line, _("an anchor (`&…`) without a value"), _("put a text that begins with & in quotes")
            )
            value = Unreadable.UNREADABLE
        elif is_plain:
            try:
                value = plain(event.value)
            except Wrong as wrong:
                self._problem(line, wrong.message, wrong.hint)
                value = Unreadable.UNREADABLE
        elif "\0" in event.value or any("\ud800" <= char <= "\udfff" for char in event.value):
            self._problem(line, _("the text holds a character that no database or file can keep"))
            value = Unreadable.UNREADABLE
        node = Node(line, value, text=self._text_place(event))
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._place(node)

    def _text_place(self, event: yaml.ScalarEvent) -> tuple[int, int]:
        """Where the lines of a text stand in the file; column 0 where they are not those of the file."""
        begin, end = event.start_mark, event.end_mark
        if begin is None or end is None:
            return 0, 0
        if event.style == "|":
            first = begin.line + 1
            content = next((line for line in self._lines[first : end.line + 1] if line.strip()), "")
            return first + 1, len(content) - len(content.lstrip(" ")) + 1
        if event.style == ">":
            return begin.line + 2, 0
        is_quoted = event.style is not None
        is_as_written = begin.line == end.line and "\n" not in event.value
        return begin.line + 1, begin.column + 1 + is_quoted if is_as_written else 0

    def _key(self, top: _OpenNode, name: str, line: int, *, is_plain: bool) -> None:
        if is_plain and name == _MERGE:
            name = _MERGE + " "  # not to be taken for a quoted "<<", which is an ordinary (unknown) key
        elif top.node.key_lines.get(name):
            first = top.node.key_lines[name]
            self._problem(
                line, _("the key is there twice, first in line {first}").format(first=first), name=name
            )
        top.key, top.key_line = name, line

    def _put(self, top: _OpenNode, name: str, node: Node) -> None:
        """A value under its key; what stood there before is kept to be looked at."""
        values, lines = top.node.value, top.node.key_lines
        if not isinstance(values, dict):  # `_place` has looked: this narrows the type
            raise TypeError
        before, is_section = values.get(name), len(self._open) == 1
        if before is not None and before.value is not None:
            if is_section and node.value is None:
                return  # with nothing below it
            if is_section and isinstance(before.value, dict) and isinstance(node.value, dict):
                self._join(before, before.value, node, node.value)  # a section in two parts
            else:
                top.node.earlier.setdefault(name, []).append((lines[name], before))
        values[name], lines[name] = node, top.key_line

    def _join(self, before: Node, old: dict[str, Node], node: Node, new: dict[str, Node]) -> None:
        """Put what only the first part of a section has into the second."""
        for name, value in old.items():
            line, more = before.key_lines[name], before.earlier.get(name, [])
            if name in new:
                self._problem(
                    node.key_lines[name],
                    _("the key is there twice, first in line {line}").format(line=line),
                    name=name,
                )
                node.earlier[name] = [*more, (line, value), *node.earlier.get(name, [])]
            else:
                new[name], node.key_lines[name] = value, line
                if more:
                    node.earlier[name] = more

    def _alias(self, anchor: str | None, line: int) -> Node:
        if any(entry.anchor == anchor for entry in self._open):
            self._problem(line, _("an alias stands inside its own anchor"))
            raise _GiveUp
        node = self._anchors.get(anchor or "")
        if node is None:
            self._problem(line, _("an alias (`*…`) names no anchor above it"), _("quote a text with `*`"))
            return Node(line, Unreadable.UNREADABLE)
        self._aliased += node.size
        if self._aliased > MOST_ALIASED or node.depth + len(self._open) > DEEPEST:
            self._problem(line, _("the aliases add up to more than can be meant"))
            raise _GiveUp
        return node

    def _begin(self, event: yaml.CollectionStartEvent, node: Node, kind: str) -> None:
        self._check_tag(event.tag, kind, node.line)
        top = self._open[-1] if self._open else None
        if top and isinstance(top.node.value, dict) and top.key is None:
            self._problem(node.line, _("a key must be text"), _("quote a text with [ or {"))
            raise _GiveUp
        if len(self._open) >= DEEPEST:
            self._problem(node.line, _("nested more than {most} levels deep").format(most=DEEPEST))
            raise _GiveUp
        self._open.append(_OpenNode(node, event.anchor))

    def _end(self) -> None:
        entry = self._open.pop()
        if entry.merged and isinstance(entry.node.value, dict):
            for source in entry.merged:
                self._merge(entry.node, entry.node.value, source)
        if entry.anchor is not None:
            self._anchors[entry.anchor] = entry.node
        self._place(entry.node)

    def _merge(self, target: Node, values: dict[str, Node], source: Node) -> None:
        """`<<: *other`: the keys of the other mapping that this one does not have itself."""
        sources = source.value if isinstance(source.value, list) else [source]
        for other in sources:
            if not isinstance(other.value, dict):
                self._problem(source.line, _("`<<` takes a mapping (or a list of them) from an alias"))
                return
            for name, node in other.value.items():
                if name not in values:
                    values[name] = node
                    target.key_lines[name] = other.key_lines[name]

    def _place(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        top = self._open[-1]
        if isinstance(top.node.value, list):
            top.node.value.append(node)
        elif isinstance(top.node.value, dict):
            if top.key is None:
                self._problem(node.line, _("a key must be text, not an alias"))
                raise _GiveUp
            if top.key == _MERGE + " ":
                top.merged.append(node)
            else:
                self._put(top, top.key, node)
            top.key = None
        top.node.size += node.size
        top.node.depth = max(top.node.depth, node.depth + 1)
