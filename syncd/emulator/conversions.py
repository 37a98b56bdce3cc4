"""What all uploads together come to: the documented overwriting of a row that is sent again.

Worked out from the kept files when somebody asks, so that an upload costs its bytes and no more.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from syncd.emulator.calls import CallFile
from syncd.emulator.csvfile import rows
from syncd.emulator.settings import EmulatorSettings
from syncd.emulator.uploads import StoredUpload

Identity = tuple[int, str, str, str, int]
"""Counter, id column, id, Target, DateTime: what makes rows the same [I]; see the switch `several_ids`."""


@dataclass(frozen=True, slots=True)
class StoredConversion:
    """One conversion after overwriting."""

    counter: int
    id_column: str
    id: str
    target: str
    moment: int
    """DateTime, unix seconds."""
    price: str | None
    currency: str | None
    times: int
    """How often it was received."""
    upload: int
    """The upload that wrote it last."""

    def as_json(self) -> dict[str, object]:
        """The conversion as `GET /_emulator/conversions` shows it."""
        return {
            "counter": self.counter,
            "id_column": self.id_column,
            "id": self.id,
            "Target": self.target,
            "DateTime": self.moment,
            "Price": self.price,
            "Currency": self.currency,
            "times": self.times,
            "upload": self.upload,
        }


class Folded:
    """Conversions by identity, brought up to date upload by upload. Not thread-safe: `state` locks."""

    def __init__(self) -> None:
        self._last = 0
        self._found: dict[Identity, tuple[str | None, str | None, int, int]] = {}

    def fold(self, uploads: list[StoredUpload], settings: EmulatorSettings) -> None:
        """Take in the uploads that came since the last call, in the order they were accepted."""
        for upload in uploads:
            if upload.id <= self._last or upload.content is None or isinstance(upload.parsed, CallFile):
                continue
            for row in rows(upload.content, upload.parsed, settings):
                # Few targets, many rows: one text for each target.
                target = sys.intern(row.target)
                identity = (upload.counter, row.id_column, row.id, target, row.moment)
                before = self._found.get(identity)
                times = 1 if before is None else before[2] + 1
                self._found[identity] = (row.price, row.currency, times, upload.id)
            self._last = upload.id

    def conversions(self, counter: int | None) -> list[StoredConversion]:
        """All of them, or one counter's, in the order they first came."""
        return [
            StoredConversion(*identity, *value)
            for identity, value in self._found.items()
            if counter is None or identity[0] == counter
        ]

    def summary(self, counter: int | None) -> dict[str, int]:
        """How many conversions there are, how many rows made them, and how many came more than once."""
        times = [
            value[2] for identity, value in self._found.items() if counter is None or identity[0] == counter
        ]
        return {
            "conversions": len(times),
            "rows": sum(times),
            "received_more_than_once": sum(one > 1 for one in times),
        }
