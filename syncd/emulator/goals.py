"""Goals of a counter, as `GET …/goals` lists them, and which Targets they are reached by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class EmulatedGoal:
    """One goal. An offline conversion reaches goals of type `action` alone, by their condition's `url`."""

    id: int
    identifier: str
    """What a file writes into Target."""
    name: str = ""
    type: str = "action"
    condition: str = "exact"

    def as_json(self) -> dict[str, object]:
        """The goal as the API shows it."""
        return {
            "id": self.id,
            "name": self.name or f"Goal {self.identifier}",
            "type": self.type,
            "conditions": [{"type": self.condition, "url": self.identifier}],
        }

    @property
    def reachable(self) -> bool:
        """Can a conversion reach it? The guide demands a JavaScript event with "matches"."""
        return self.type == "action" and self.condition in {"exact", "action"}


def goals_named(identifiers: Iterable[str]) -> tuple[EmulatedGoal, ...]:
    """Ordinary goals with these identifiers; their ids are stable for a given order."""
    return tuple(EmulatedGoal(50_000_001 + place, name) for place, name in enumerate(identifiers))


def goals_from(value: Any) -> tuple[EmulatedGoal, ...] | None:
    """Goals from JSON: null, or a list of identifiers and of goals as the API shows them.

    Raises:
        ValueError, TypeError: The value has another shape.
    """
    if value is None:
        return None
    if isinstance(value, str | Mapping):
        raise TypeError("a list of goals")
    return tuple(_goal(50_000_001 + place, one) for place, one in enumerate(value))


def _goal(number: int, value: object) -> EmulatedGoal:
    if isinstance(value, EmulatedGoal):
        return value
    if isinstance(value, str):
        return EmulatedGoal(number, value)
    if not isinstance(value, Mapping):
        raise TypeError("a goal is an identifier or an object")
    conditions = value.get("conditions") or [{"type": "exact", "url": value.get("identifier", "")}]
    return EmulatedGoal(
        id=int(value.get("id", number)),
        identifier=str(conditions[0]["url"]),
        name=str(value.get("name", "")),
        type=str(value.get("type", "action")),
        condition=str(conditions[0]["type"]),
    )
