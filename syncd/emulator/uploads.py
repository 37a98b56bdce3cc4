"""One upload as the emulator keeps it: its status at a moment, and how replies show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from syncd.emulator.calls import CallFile
from syncd.emulator.csvfile import CLIENT_ID_TYPES, Parsed
from syncd.emulator.faults import Entity
from syncd.emulator.settings import EmulatorSettings


@dataclass(slots=True)
class StoredUpload:
    """One accepted upload."""

    id: int
    counter: int
    comment: str
    client_id_type: str
    """As it was sent, "" if it was not."""
    received_at: float
    """Unix seconds."""
    parsed: Parsed | CallFile
    content: bytes | None
    """The exact bytes of the file; None with `discard`."""
    size: int
    visible_at: float = 0.0
    """Unix seconds before which the list does not show it (list_delay)."""
    hidden_calls: int = 0
    """Calls of the list that do not show it yet (list_delay)."""

    @property
    def entity(self) -> Entity:
        """The kind of thing that the uploaded file holds."""
        return "calls" if isinstance(self.parsed, CallFile) else "conversions"

    def status(self, now: float, settings: EmulatorSettings) -> str:
        """Its status at a moment; the order is the one of the documents' list."""
        after = settings.ripen_after
        age = now - self.received_at
        if after is None or age < after / 3:
            return settings.first_status
        if age < after * 2 / 3:
            return "EXPORTED"
        if age < after:
            return "MATCHED"
        return self._final(settings)

    def _final(self, settings: EmulatorSettings) -> str:
        parsed = self.parsed
        if not parsed.visitors:  # so a file of static calls ends too, as documented
            return "LINKAGE_FAILURE"
        return settings.no_goal_status if parsed.goal_not_found == parsed.accepted else "PROCESSED"

    def reply(self, now: float, settings: EmulatorSettings, *, first: bool = False) -> dict[str, object]:
        """The upload as the API shows it; `first` in the answer to its POST."""
        status = settings.first_status if first else self.status(now, settings)
        final = status not in {"PREPARED", "UPLOADED", "EXPORTED", "MATCHED"}
        shown: dict[str, object] = {
            "id": self.id,
            "create_time": datetime.fromtimestamp(self.received_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "source_quantity": self.parsed.source,
            "line_quantity": self.parsed.accepted,
            "comment": self.comment,
            "status": status,
            "type": "BASIC",
        }
        if isinstance(self.parsed, CallFile):
            shown |= {
                "type": "CALLS",
                "static_calls_quantity": self.parsed.static,
                "dynamic_calls_quantity": self.parsed.accepted - self.parsed.static,
            }
        if shown_type := self._type_shown():
            shown["client_id_type"] = shown_type
        if settings.quantities != "never" and (final or settings.quantities != "final"):
            told = final or settings.quantities == "always"
            shown["linked_quantity"] = self.parsed.linked if told else 0
            shown["user_not_found_quantity"] = self.parsed.user_not_found if told else 0
            shown["goal_not_found_quantity"] = self.parsed.goal_not_found if told else 0
        return shown

    def inspected(self, now: float, settings: EmulatorSettings) -> dict[str, object]:
        """The upload as `GET /_emulator/uploads` shows it."""
        return {
            "id": self.id,
            "entity": self.entity,
            "counter": self.counter,
            "comment": self.comment,
            "client_id_type": self.client_id_type,
            "columns": list(self.parsed.id_columns),
            "rows": self.parsed.source,
            "accepted": self.parsed.accepted,
            "linked": self.parsed.linked,
            "bytes": self.size,
            "status": self.status(now, settings),
            "received_at": self.received_at,
        }

    def _type_shown(self) -> str:
        """What replies call its kind of id: as sent, else by the first id column; PURCHASE_ID has no name."""
        if self.client_id_type in CLIENT_ID_TYPES:
            return self.client_id_type
        first = next(iter(self.parsed.id_columns), "")
        return next((kind for kind, column in CLIENT_ID_TYPES.items() if column == first), "")
