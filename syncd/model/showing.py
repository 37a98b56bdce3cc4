"""Texts that the data or the file may hold, fit for a terminal and for people. Pure."""

from __future__ import annotations


def visible(text: str) -> str:
    """The text with a sign in place of each control character, which a terminal might obey."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def escaped(text: str) -> str:
    r"""The text with what cannot be seen written out, such as `\u200b`: that may be what is wrong with it."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
