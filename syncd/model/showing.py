"""Texts that the data or the file may hold, and moments, fit for a terminal, a log and people. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime

# Control characters (C0, C1), what turns the direction of writing or cannot be seen (bidi, zero width, tags),
# what breaks lines, and halves of surrogate pairs.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def shown_moment(moment: datetime) -> str:
    """`2026-01-31 10:00:00 UTC`: how every command writes a moment for people."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def json_moment(moment: datetime) -> str:
    """`2026-01-31T10:00:00Z`: how every command writes a moment for programs."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def visible(text: str) -> str:
    """The text with a sign in place of each control character, which a terminal might obey."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def escaped(text: str) -> str:
    r"""The text with what cannot be seen written out, such as `\u200b`: that may be what is wrong with it."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def on_one_line(text: str) -> str:
    r"""The text with what steers a terminal or deceives the eye written out, such as `\x1b` or `\u202e`."""
    return _UNSAFE.sub(lambda match: _SHORT.get(match[0]) or _written_out(match[0]), text)


def safe_json(document: str) -> str:
    r"""A JSON document with such characters inside its texts escaped as JSON does, so that it says the same.

    The line breaks and blanks between its values stay.
    """
    return _UNSAFE.sub(lambda match: match[0] if match[0] in "\t\n\r" else _as_json(match[0]), document)


def _written_out(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004 — widths of escapes


def _as_json(char: str) -> str:
    code = ord(char)
    if code < 0x10000:  # noqa: PLR2004 — the basic plane
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
