"""A counter as Metrica tells of it, and its goals."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.language import _

EVERY_TARGET = "every_target"
"""The emulator's own word beside its list of goals: every Target is one, so no list could name them."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal of a counter, as far as offline conversions care."""

    id: int
    name: str
    type: str
    conditions: tuple[tuple[str, str], ...]
    """(condition type, its text); for a JavaScript event the text is the Target."""

    def takes(self, target: str) -> bool:
        """True when this is a JavaScript-event goal with the condition "matches" on `target`.

        The condition is `exact` or `action` in the API (docs/metrica.md).
        """
        return target in self.identifiers or (self.type == "action" and (EVERY_TARGET, "") in self.conditions)

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The Targets by which conversions reach it."""
        if self.type != "action":
            return ()
        return tuple(text for kind, text in self.conditions if kind in ("exact", "action") and text)

    def near(self, target: str) -> str:
        """What keeps a goal with this identifier from taking the Target, in words; empty: it has another."""
        kinds = [kind for kind, text in self.conditions if text == target]
        if not kinds or self.takes(target):
            return ""
        if self.type != "action":
            return _("goal {id} has this identifier, but is of type {type}").format(
                id=self.id, type=self.type
            )
        return _("goal {id} has this identifier, but the condition {condition}").format(
            id=self.id, condition=kinds[0]
        )


@dataclass(frozen=True, slots=True)
class CounterInfo:
    """What `check` shows of a counter; texts may be empty."""

    id: int
    name: str
    time_zone: str
    permission: str
    """What the token's account may do with it."""
