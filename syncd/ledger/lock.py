"""One daemon per SQLite store: a lock that the kernel frees with its holder, however that ends."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from syncd.language import _
from syncd.ledger.store_files import create
from syncd.model.clock import pause
from syncd.model.errors import StateInUse, StateUnavailable

_MOMENT = 0.05
"""Seconds; asking takes less than a thousandth of it."""


class StoreLock:
    """Held from `__enter__` to `__exit__` or `release`; without a file it holds nothing.

    The lock file stays when the lock is released: removing it would let two processes lock two files.
    """

    def __init__(self, file: Path | None) -> None:
        self._path = None if file is None else file.with_name(file.name + ".lock")
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock, or raise StateInUse naming the process that holds it."""
        if self._path is None or self._descriptor is not None:
            return
        try:
            descriptor = create(self._path)
        except OSError as error:
            raise StateUnavailable(
                _("cannot open {path}: {why}").format(path=self._path, why=error.strerror)
            ) from None
        try:
            _lock(descriptor)
        except OSError as error:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            if not isinstance(error, BlockingIOError):
                raise StateUnavailable(
                    _("cannot lock {path}: {why}").format(path=self._path, why=error.strerror)
                ) from None
            who = _("process {holder}").format(holder=holder) if holder else _("another process")
            raise StateInUse(
                _("{who} works on this state store ({path} is locked)").format(who=who, path=self._path)
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def is_held(self) -> bool | None:
        """Whether a process holds it, this one or another; None where that cannot be told. Makes no file."""
        if self._path is None:
            return None
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return False
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return None
        finally:
            os.close(descriptor)
        return False

    def release(self) -> None:
        """Let go; harmless when nothing is held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def _lock(descriptor: int) -> None:
    """Lock the file, or raise BlockingIOError; once more, since who asks `is_held` has it for a moment."""
    with suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return
    pause(_MOMENT)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
