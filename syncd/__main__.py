"""`syncd` and `python -m syncd`."""

from __future__ import annotations

import sys

from syncd.loading import loading


def main() -> None:
    """Run the command line and exit with its code."""
    with loading():
        from syncd.cli.main import run  # noqa: PLC0415 — the libraries behind it are loaded only here

    sys.exit(run())


if __name__ == "__main__":
    main()
