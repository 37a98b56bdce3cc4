"""Prepares the process: no core files, one heap, libraries that start no threads of their own."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress

from syncd.cli.loading import loading

_HEAP = {"M_ARENA_MAX": (-8, 1), "M_MMAP_THRESHOLD": (-3, 4_000_000), "M_TRIM_THRESHOLD": (-1, 8_000_000)}
"""What glibc's heap is to be: of each, mallopt's number for it, from <malloc.h>, and the value."""
_UNUSED = {"OPENBLAS_NUM_THREADS": "1", "PYDANTIC_DISABLE_PLUGINS": "__all__"}
"""What libraries would do as they are loaded, for nobody here: threads that multiply matrices, a search."""


def give_back_memory() -> None:
    """Have the heap give back what it keeps of what was freed: after a start 5 MB, for as long as it idles.

    By itself it gives back only what lies at its end.
    """
    with suppress(AttributeError):  # other C libraries do not know the function
        ctypes.CDLL(None).malloc_trim(0)


def main() -> None:
    """Run the command line and exit with its code."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the token
    # glibc gives threads up to eight heaps for each core, and each keeps what pages leave behind: 30 MB
    # more after ten million rows. It also learns to keep the largest texts (a page's lines, 5 MB of orders)
    # in the heap: 5 to 8 MB more. Neither saves time. Other C libraries do not know the function.
    with suppress(AttributeError):
        for number, setting in _HEAP.values():
            ctypes.CDLL(None).mallopt(number, setting)
    for name, value in _UNUSED.items():
        os.environ.setdefault(name, value)
    if sys.argv[1:2] == ["run"] and "--once" not in sys.argv:
        # A reload that is asked for before there is anything to reload must not be the end.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with loading():
            from syncd.cli.main import run

        code = run()
    except KeyboardInterrupt:  # before the command line could say so itself
        code = 128 + signal.SIGINT
    sys.exit(code)
