"""Loading libraries without what takes long and is not wanted of them."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """For the imports of a program: what they make stays to the end.

    The collector would go through all of it again and again, a tenth of the time that importing takes, and
    later some forty milliseconds at every full collection, with every thread waiting.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


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
