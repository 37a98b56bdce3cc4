"""Keeps secrets out of every text that leaves syncd: registered ones, and whatever looks like one.

The last line of defence, not the first: whoever raises an error or emits an event leaves secrets out.
"""

from __future__ import annotations

import json
import re
import threading
from urllib.parse import quote, quote_plus

MASK = "***"

_SHORT = 6
"""A secret shorter than this is masked only where it stands alone: `pg` must not empty every `page`."""

_PATTERNS = (
    ("", re.compile(r"(?i)\b(OAuth)((?:[\s:=+]|%20)+)(?!\*\*\*)[^\s\"',;)}\]]+"), rf"\1\2{MASK}"),
    # As JSON and Python's repr show a dictionary; unquoted, a colon is prose: "token: must be text".
    (
        ":",
        re.compile(r"(?i)([\"'](?:[\w-]*token|authorization|password)[\"']\s*:\s*)(?:'[^']*'|\"[^\"]*\")"),
        rf"\1'{MASK}'",
    ),
    # The greedy password runs to the last @ of the word: passwords with an @ are seen in the wild.
    ("://", re.compile(r"(://[^\s:/@]*):[^\s]+@"), rf"\1:{MASK}@"),
    (
        "=",
        re.compile(
            r"(?i)\b((?:oauth_|access_)?token|password|passwd|pwd)(\s*=\s*)(?:'[^']*'|\"[^\"]*\"|[^\s&;,]+)"
        ),
        rf"\1\2{MASK}",
    ),
)
"""Each with what a text must contain, which is seen at once where it does not."""


class Redactor:
    """The secrets known so far; safe to use from every thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: tuple[frozenset[str], re.Pattern[str]] = frozenset(), re.compile("")
        """The spellings and what finds them: one value, which a thread reads without the lock."""

    def register(self, secret: str) -> None:
        """Mask `secret` from now on, also as URLs, JSON and Python's repr spell it; "" is ignored."""
        if not secret.strip():
            return
        with self._lock:
            spellings = self._known[0] | _spellings(secret.strip()) | _spellings(secret)
            # The longest first, or a secret that begins another would leave the other's end.
            ordered = sorted(spellings, key=lambda text: (-len(text), text))
            self._known = spellings, re.compile("|".join(map(_pattern, ordered)))

    def redact(self, text: str) -> str:
        """`text` with every secret in it replaced by `***`."""
        # Most texts hold none, and to see that costs a fraction of what `sub` does.
        spellings, known = self._known
        if any(spelling in text for spelling in spellings):
            text = known.sub(MASK, text)
        for needed, pattern, replacement in _PATTERNS:
            if needed in text and pattern.search(text):
                text = pattern.sub(replacement, text)
        return text


def _spellings(secret: str) -> frozenset[str]:
    return frozenset(
        {
            secret,
            quote(secret, safe=""),
            quote(secret),
            quote_plus(secret),
            repr(secret)[1:-1],
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
        }
    )


def _pattern(spelling: str) -> str:
    pattern = re.escape(spelling)
    return rf"(?<!\w){pattern}(?!\w)" if len(spelling) < _SHORT else pattern


_PROCESS = Redactor()
"""One for the process: libraries log from anywhere, and no caller may forget to pass it on."""


def register_secret(secret: str) -> None:
    """Mask this token or password in everything that is logged from now on."""
    _PROCESS.register(secret)


def redact(text: str) -> str:
    """`text` without any registered secret and without what looks like a token or a URL's password."""
    return _PROCESS.redact(text)
