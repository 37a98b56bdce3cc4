"""Texts of the API as they can be logged and stored. Pure."""

from __future__ import annotations


def clean(text: str, length: int) -> str:
    """At most `length` characters, without the NUL and lone surrogates that logs and databases refuse.

    One odd sign in an answer must not keep what the answer says from being recorded.
    """
    return text[:length].replace("\0", "?").encode("utf-8", "replace").decode()
