"""One thread of a child process is held still, while its other threads go on: as a thread that hangs."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

_SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17
_ALL = 0x40000000
"""__WALL: stops of threads as well."""


@contextmanager
def frozen(thread: int, others_live: Callable[[], bool]) -> Iterator[None]:
    """Hold the thread by ptrace, as a debugger does; it goes on afterwards.

    Args:
        thread: Its id; the main thread's is the process's.
        others_live: Whether the other threads go on. They do not when the thread was caught while it held
            Python's lock, and then it is let go and caught again.
    """
    _catch(thread)
    while not others_live():
        _ptrace(_DETACH, thread)
        _catch(thread)
    try:
        yield
    finally:
        _ptrace(_DETACH, thread)


def _catch(thread: int) -> None:
    _ptrace(_SEIZE, thread)
    _ptrace(_INTERRUPT, thread)
    os.waitpid(thread, _ALL)


def _ptrace(request: int, thread: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    library.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    library.ptrace.restype = ctypes.c_long
    if library.ptrace(request, thread, None, None) != 0:
        pytest.fail(f"ptrace: {os.strerror(ctypes.get_errno())}")
