"""Import a library without others that it would load for nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*names: str) -> Iterator[None]:
    """For the import of a library that would load others, `names`, for what nobody uses of it."""
    unloaded = [name for name in names if name not in sys.modules]
    # None is documented: whoever imports it gets an ImportError.
    sys.modules.update(dict.fromkeys(unloaded))  # type: ignore[arg-type]  # None is no module, on purpose
    try:
        yield
    finally:
        for name in unloaded:
            del sys.modules[name]
