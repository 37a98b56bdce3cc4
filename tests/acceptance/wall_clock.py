"""The time of day as a process under test sees it, by libfaketime."""

from __future__ import annotations

from pathlib import Path

from tests.support.servers import missing


class WallClock:
    """The time of day as a process sees it; its monotonic clocks are left alone."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.set("+0")

    def set(self, offset: str) -> None:
        """Such as -1h or +1d, whole at any moment."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(offset, encoding="utf-8")
        fresh.replace(self._file)

    def environ(self) -> dict[str, str]:
        """For the process."""
        library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None) or missing("faketime")
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }
