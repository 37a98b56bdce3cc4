"""Text files of the configuration: the YAML itself, files that `include` names, and files with SQL."""

from __future__ import annotations

from pathlib import Path

from syncd.config.words import Wrong
from syncd.language import _

LARGEST = 16 * 1024 * 1024
"""Bytes; thousands of queries fit in, a database dump given by mistake does not."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class UnusableFile(Wrong):
    """A file that cannot be read as text; `line` is where it stops being one, or 0."""

    def __init__(self, message: str, hint: str = "", line: int = 0) -> None:
        super().__init__(message, hint)
        self.line = line


def read_text(path: Path) -> str:
    """The file's text, without a byte order mark. Raises UnusableFile."""
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except FileNotFoundError:
        raise UnusableFile(_("there is no such file")) from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or _("the path cannot be used")
        raise UnusableFile(_("cannot be read: {reason}").format(reason=reason)) from None
    if len(data) > LARGEST:
        raise UnusableFile(
            _("is larger than {most} MB: that is no configuration").format(most=LARGEST // 1024 // 1024)
        )
    if data.startswith(_UTF_16):
        raise UnusableFile(_("the file is UTF-16, not UTF-8 text"), _("save it as UTF-8"), line=1)
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnusableFile(_("the file is not UTF-8 text"), _("save it as UTF-8"), line) from None
