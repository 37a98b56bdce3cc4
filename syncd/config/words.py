"""The words of a problem: what may be shown of a value, and the nearest right spelling."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from enum import Enum

from syncd.language import _
from syncd.model.showing import escaped

Path = tuple[str | int, ...]
"""Where a value stands: the keys, and the places in lists, that lead to it."""

_LONGEST_SHOWN = 60
_SECRET_LOOKING = re.compile(r"@|://|y[0-9]_|OAuth", re.IGNORECASE)


class Wrong(ValueError):
    """A value that cannot be used: what is wanted instead, and a hint. Its text holds no secret."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(message)


class Told(Wrong):
    """A value that holds one of which a problem was told already, and nothing else that is wrong."""

    def __init__(self) -> None:
        super().__init__("a problem was told already")


class UnknownKey(Wrong):
    """A key that its section does not have; where it belongs is for those to say who know all sections."""

    def __init__(self) -> None:
        super().__init__(_("unknown key"))


class ValueFaults(Wrong):
    """Everything that is wrong with a value of several parts, each by its path in the value."""

    def __init__(self, found: list[tuple[Path, Wrong]], rest: object) -> None:
        self.found = found
        self.rest = rest
        """What is right about the value, where that is of use; else None."""
        super().__init__("; ".join(wrong.message for _, wrong in found))


class Collector:
    """Reads the parts of a value one by one, and keeps what is wrong with each."""

    def __init__(self) -> None:
        self._found: list[tuple[Path, Wrong]] = []
        self._is_whole = True

    @contextmanager
    def at(self, name: str | int) -> Iterator[None]:
        """Keep what is wrong with the part of that name, and go on."""
        try:
            yield
        except Told:
            self._is_whole = False
        except ValueFaults as inner:
            self._found += [((name, *path), wrong) for path, wrong in inner.found]
            self._is_whole = False
        except Wrong as wrong:
            self._found.append(((name,), wrong))
            self._is_whole = False

    def raise_any(self, rest: object = None) -> None:
        """Raise Faults with all that was wrong, if anything was."""
        if not self._is_whole:
            raise ValueFaults(self._found, rest)


class Unreadable(Enum):
    """Stands for a value that a problem was told about already, so that it is not told twice."""

    UNREADABLE = "unreadable"


class Substituted(str):
    """Text into which the environment was put: it is never shown."""

    __slots__ = ()


def but_got(value: object) -> str:
    """`, not 5`, to end a message with; values from the environment and what may be a secret stay hidden."""
    match value:
        case None:
            what = _("nothing")
        case dict():
            what = _("keys and values")
        case list():
            what = _("a list")
        case "":
            what = _("an empty text")
        case Substituted():
            what = _("what the environment puts here")
        case str() if _SECRET_LOOKING.search(value):
            what = ""
        case _:
            what = json.dumps(value, ensure_ascii=False, default=lambda _: "")
    return _(", not {what}").format(what=what) if 0 < len(what) <= _LONGEST_SHOWN else ""


def nearest(word: str, known: Iterable[str], *, every: bool = True, cutoff: float = 0.6) -> str:
    """`did you mean ClientId?`; failing that the known words, if `every` and they are few; else nothing."""
    names = list(known)
    by_folded = {name.casefold(): name for name in reversed(names)}
    close = get_close_matches(word[:100].casefold(), by_folded, n=1, cutoff=cutoff)
    if close:
        return _("did you mean {name}?").format(name=shown_name(by_folded[close[0]]))
    if every and 0 < len(names) <= 20:  # noqa: PLR2004 - more than that is no help in one line
        return _("known: {names}").format(names=", ".join(map(shown_name, names)))
    return ""


def shown_name(name: str) -> str:
    """A key of the file, fit for a message: in one line, shortened, nothing a terminal would obey."""
    text = name if len(name) <= _LONGEST_SHOWN else name[: _LONGEST_SHOWN - 1] + "…"
    return escaped(text)


def dotted(path: Iterable[str | int]) -> str:
    """A path as a problem shows it: `queries.paid_orders.mark`."""
    return ".".join(shown_name(str(part)) for part in path)
