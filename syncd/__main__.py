"""`syncd` and `python -m syncd`."""

from __future__ import annotations

import resource
import sys

from syncd.loading import loading


def main() -> None:
    """Run the command line and exit with its code."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the token
    with loading():
        from syncd.cli.main import run  # noqa: PLC0415 — the libraries behind it are loaded only here

    sys.exit(run())


if __name__ == "__main__":
    main()
