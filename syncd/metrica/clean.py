"""Texts of the API as they can be logged, stored and shown. Pure."""

from __future__ import annotations

import re

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def clean(text: str, length: int) -> str:
    """At most `length` characters, without control characters, which steer terminals, and lone surrogates.

    One odd sign in an answer must not keep what the answer says from being recorded: databases refuse NUL.
    """
    return _CONTROL.sub("?", text[:length]).encode("utf-8", "replace").decode()
