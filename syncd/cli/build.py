"""Which build this is."""

from __future__ import annotations

from importlib import resources

from syncd import __version__

_SHOWN = 12
"""Digits of a commit that tell it from all others."""


def built_version() -> str:
    """Give the version, and the commit that the build wrote down: `0.2.0 (commit 1a2b3c4d5e6f)`."""
    try:
        commit = resources.files("syncd").joinpath("COMMIT").read_text(encoding="ascii").strip()
    except OSError:
        return __version__
    known = commit and commit != "unknown"
    return f"{__version__} (commit {commit[:_SHOWN]})" if known else __version__
