"""`syncd` and `python -m syncd`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from syncd.cli.main import run  # noqa: PLC0415 — the libraries behind it are loaded only here

    sys.exit(run())


if __name__ == "__main__":
    main()
