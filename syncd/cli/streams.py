"""Standard streams that are closed or cannot be written: the work goes on, whatever becomes of the words."""

from __future__ import annotations

import os
import sys
from typing import TextIO


def open_closed_ones() -> None:
    """Put /dev/null where standard input, output or error is closed.

    Otherwise the next file opened, such as the state store, would get that number, and be written into by
    whatever prints there.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    if sys.stdout is None:
        sys.stdout = _nowhere()
    if sys.stderr is None:
        sys.stderr = _nowhere()


def give_up_output() -> None:
    """Standard output takes no more: what is left in its buffer must not fail once again at the exit."""
    sys.stdout = _nowhere()


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 — stays open to the end
