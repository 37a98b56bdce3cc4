"""Import a library without another one that it would load for nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(name: str) -> Iterator[None]:
    """For the import of a library that would load another one, `name`, for what nobody uses of it."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # documented: whoever imports it gets an ImportError
    try:
        yield
    finally:
        del sys.modules[name]
