"""`${NAME}` and `${NAME:-default}`: the environment put into texts, after the YAML was read.

After, so that a value can hold anything (`: #`, quotes, newlines) without changing what the file says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from syncd.config.tree import Node
from syncd.config.words import Path, Substituted, Unreadable, Wrong
from syncd.language import N_, _, ngettext

Plain = str | int | float | bool | Unreadable | None | list["Plain"] | dict[str, "Plain"]
"""What the file says, without lines: texts with the environment put in."""

_NAME = r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
_DEFAULT = r"(?P<default>(?:(?!\$\{)[^}])*)"  # no `${` in it: a default is not filled in itself
_PLACE = re.compile(rf"(?P<literal>\$\$\{{)|\$\{{{_NAME}(:-{_DEFAULT})?\}}|\$\{{")
_HINT = N_("write ${NAME}, ${NAME:-default}, or $${ for a literal ${")


def substitute(text: str, environ: Mapping[str, str]) -> str:
    """`text` with the environment put in; a `Substituted` if anything was.

    As in a shell, `:-` gives the default where the name is unset or empty.

    Raises:
        Wrong: names that are unset and have no default; a `${` that is not closed or names nothing.
    """
    if "${" not in text:
        return text
    unset: list[str] = []
    faults: list[str] = []
    used = False

    def put_in(place: re.Match[str]) -> str:
        nonlocal used
        if place["literal"]:
            return "${"
        name, default = place["name"], place["default"]
        if name is None:
            faults.append(_("a `${` is not followed by a name and `}`"))
            return ""
        used = True
        value = environ.get(name)
        if value is None and default is None:
            unset.append(name)
        elif value is not None and not _storable(value):
            faults.append(_("the environment's {name} is no UTF-8 text").format(name=name))
            value = ""
        return (value or default or "") if default is not None else (value or "")

    result = _PLACE.sub(put_in, text)
    if unset:
        names = ", ".join(dict.fromkeys(unset))
        words = ngettext(
            "{names} is not set in the environment", "{names} are not set in the environment", len(set(unset))
        )
        faults.insert(0, words.format(names=names))
    if faults:
        hint = _(_HINT)
        if unset:
            words = ngettext(
                "set it, or write ${{{name}:-default}}",
                "set them, or write ${{{name}:-default}}",
                len(set(unset)),
            )
            hint = words.format(name=unset[0])
        raise Wrong("; ".join(dict.fromkeys(faults)), hint)
    return Substituted(result) if used else result


def _storable(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)


def to_plain(node: Node, environ: Mapping[str, str], complain: Callable[[Path, Wrong], None]) -> Plain:
    """The tree as plain values; what cannot be filled in is told to `complain` and becomes Unreadable."""

    def convert(node: Node, path: Path) -> Plain:
        value = node.value
        if isinstance(value, dict):
            return {name: convert(child, (*path, name)) for name, child in value.items()}
        if isinstance(value, list):
            return [convert(child, (*path, index)) for index, child in enumerate(value)]
        if isinstance(value, str):
            try:
                return substitute(value, environ)
            except Wrong as wrong:
                complain(path, wrong)
                return Unreadable.UNREADABLE
        return value

    return convert(node, ())
