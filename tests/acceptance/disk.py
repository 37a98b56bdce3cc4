"""A disk for the state store that can be full."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

import pytest


class Disk:
    """A folder for the state store whose disk can be full."""

    def __init__(self, folder: Path, *, mounted: bool) -> None:
        self.folder = folder
        self._mounted = mounted

    @contextmanager
    def full(self, process: int) -> Iterator[None]:
        """No byte more fits, for this process at least."""
        if self._mounted:
            filler = self.folder / "filler"
            with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
                fill(file)
            yield
            filler.unlink()
            return
        # Without the right to mount: as if the disk ended where the largest file does.
        largest = max(file.stat().st_size for file in self.folder.iterdir())
        _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (largest, hard))
        yield
        resource.prlimit(process, resource.RLIMIT_FSIZE, (hard, hard))


def fill(file: FileIO) -> None:
    """Write until the disk is full."""
    while True:
        file.write(b"\0" * 4096)


def mount(*arguments: str) -> bool:
    """Whether it could be mounted."""
    return subprocess.run(["mount", *arguments], check=False, capture_output=True).returncode == 0
