"""Many texts as one: a page of lines stays the text it came as for as long as nobody wants a single line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, MutableSequence, Sequence
from typing import Any, TypeVar, overload

T = TypeVar("T")


class JoinedLines(MutableSequence[str]):
    r"""Texts without newlines, as a list has them.

    Of a million rows hardly one is ever looked at alone: they are checked, hashed, recorded and sent page by
    page. So what came joined is taken apart only when something is asked of it that needs it.
    """

    __slots__ = ("_joined", "_made", "_size", "_split")

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._split: list[str] | None = list(texts)
        self._joined: str | None = None
        self._size = 0
        self._made: dict[Callable[[JoinedLines], Any], Any] = {}

    @classmethod
    def of(cls, joined: str, size: int) -> JoinedLines:
        r"""Take texts that are joined already, `size` of them (one at least), by `\n`."""
        texts = cls()
        texts._split, texts._joined, texts._size = None, joined, size
        return texts

    @classmethod
    def joining(cls, texts: Sequence[str]) -> JoinedLines:
        """These texts, joined at once, so that none of them is kept alone."""
        return cls.of("\n".join(texts), len(texts)) if texts else cls()

    @property
    def joined(self) -> str:
        r"""All of them, joined by `\n`."""
        if self._joined is None:
            joined = "\n".join(self._texts())
            if not self:  # which none of them and an empty one have in common
                return joined
            self._joined = joined
        return self._joined

    def once(self, make: Callable[[JoinedLines], T]) -> T:
        """What `make` makes of them, made once for as long as they stay what they are."""
        if make not in self._made:
            self._made[make] = make(self)
        made: T = self._made[make]
        return made

    def mended(self, others: Mapping[int, str], *, without: Collection[int]) -> JoinedLines:
        """With other texts in some places and without those in some more; joined."""
        texts = list(self)
        for place, text in others.items():
            texts[place] = text
        for place in sorted(without, reverse=True):
            del texts[place]
        return JoinedLines.joining(texts)

    def without_first(self) -> JoinedLines:
        """All but the first, which there is."""
        return (
            JoinedLines.of(self.joined.partition("\n")[2], len(self) - 1) if len(self) > 1 else JoinedLines()
        )

    def at(self, places: Iterable[int]) -> list[str]:
        """The texts in some places."""
        texts = list(self)
        return [texts[place] for place in places]

    def cut(self, size: int) -> tuple[JoinedLines, JoinedLines]:
        """The first `size` of them, and the others; joined they stay joined."""
        if self._split is not None or self._joined is None:
            texts = self._texts()
            return JoinedLines(texts[:size]), JoinedLines(texts[size:])
        if not 0 < size < len(self):
            return (self, JoinedLines()) if size else (JoinedLines(), self)
        rest = self._joined.split("\n", size)[size]
        first = self._joined[: len(self._joined) - len(rest) - 1]
        return JoinedLines.of(first, size), JoinedLines.of(rest, len(self) - size)

    def extend(self, values: Iterable[str]) -> None:
        """Append texts; what is joined stays joined."""
        if not isinstance(values, JoinedLines) or values._joined is None:
            self._changing().extend(values)
        elif not self:
            self._split, self._joined, self._size = None, values._joined, len(values)
            self._made = dict(values._made)
        else:
            size = len(self) + len(values)
            self._split, self._joined, self._size = None, f"{self.joined}\n{values._joined}", size
            self._made = {}

    def insert(self, index: int, value: str) -> None:
        """Insert a text before a place, as a list does."""
        self._changing().insert(index, value)

    def append(self, value: str) -> None:
        """Append a text, as a list does."""
        self._changing().append(value)

    def _texts(self) -> list[str]:
        if self._split is None:
            self._split = (self._joined or "").split("\n")
        return self._split

    def _changing(self) -> list[str]:
        """The list, which alone is valid from now on."""
        texts = self._texts()
        self._joined = None
        if self._made:
            self._made = {}
        return texts

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if self._split is None and self._joined is not None:
            if index == 0:
                return self._joined.partition("\n")[0]
            if index == -1:
                return self._joined.rpartition("\n")[2]
        return self._texts()[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        self._changing()[index] = value

    def __delitem__(self, index: int | slice) -> None:
        del self._changing()[index]

    def __iter__(self) -> Any:
        if self._split is None and self._joined is not None:
            return iter(self._joined.split("\n"))  # as little as possible is there in both forms
        return iter(self._texts())

    def __len__(self) -> int:
        return self._size if self._split is None else len(self._split)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._texts() == list(other)

    __hash__ = None  # type: ignore[assignment]  # as a list has none

    def __repr__(self) -> str:
        return f"Texts({self._texts()!r})"


def joined(texts: Sequence[str]) -> str:
    r"""Texts joined by `\n`."""
    return texts.joined if isinstance(texts, JoinedLines) else "\n".join(texts)


def encoded(texts: Sequence[str]) -> bytes:
    r"""Texts joined by `\n`, in UTF-8; made once of those that stay what they are."""
    return (texts if isinstance(texts, JoinedLines) else JoinedLines(texts)).once(_encoded)


def _encoded(texts: JoinedLines) -> bytes:
    return texts.joined.encode()
