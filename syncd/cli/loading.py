"""Importing a program's libraries without the garbage collector."""

from __future__ import annotations

import gc
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
