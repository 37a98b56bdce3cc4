"""The option `relink`: `{after: 24h, for: 21d}`, or false."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from syncd.config import values
from syncd.config.words import Told, Unreadable, Wrong, but_got, nearest, shown_name
from syncd.model.settings import Relink

SHORTEST = timedelta(hours=2)
"""Metrica works on an upload for up to two hours (docs/metrica.md, 6)."""
LONGEST = timedelta(days=21)
"""A row is linked to a visit of the last 21 days or not at all (docs/metrica.md, 2)."""
_KEYS = ("after", "for")
_WANTS = "wants {after: 24h, for: 21d}, or false"

SCHEMA: dict[str, Any] = {
    "anyOf": [
        {
            "type": "object",
            "properties": {
                "after": {
                    "type": "string",
                    "default": "24h",
                    "description": "How long after an upload its rows are sent again; at least 2h.",
                },
                "for": {
                    "type": "string",
                    "default": "21d",
                    "description": "For how long since the first upload; at most 21d.",
                },
            },
            "additionalProperties": False,
        },
        {"const": False},
    ]
}


def relink(value: object) -> Relink | None:
    """What of `after` and `for` is left out is as in the example; false: rows are sent once.

    Raises:
        Wrong: anything else.
    """
    if value is False:
        return None
    if not isinstance(value, dict):
        raise Wrong(
            _WANTS + but_got(value), "relink: {} takes both as they are there" if value is True else ""
        )
    faults = [
        Wrong(f"there is no such key: {shown_name(str(key))}", nearest(str(key), _KEYS))
        for key in value
        if key not in _KEYS
    ]
    after = _span("after", value, timedelta(hours=24), faults)
    lasting = _span("for", value, LONGEST, faults)
    if after and after < SHORTEST:
        faults.append(Wrong("after wants 2h or more", "Metrica works on an upload for up to two hours"))
    if lasting and lasting > LONGEST:
        faults.append(
            Wrong("for wants 21d or less", "Metrica links a row to a visit of the last 21 days or not at all")
        )
    if after and lasting and lasting < after:
        faults.append(Wrong("for is shorter than after", "nothing would ever be sent again"))
    if faults:
        raise _together(faults)
    if after is None or lasting is None:
        raise Told
    return Relink(after=after, lasting=lasting)


def _span(key: str, value: dict[str, object], default: timedelta, faults: list[Wrong]) -> timedelta | None:
    """None where it cannot be read, which is among the faults or was told before."""
    if key not in value:
        return default
    if value[key] is not Unreadable.UNREADABLE:
        try:
            return values.duration(value[key])
        except Wrong as wrong:
            faults.append(Wrong(f"{key} {wrong.message}", wrong.hint))
    return None


def _together(faults: list[Wrong]) -> Wrong:
    """All that is wrong with the option in one."""
    if len(faults) == 1:
        return faults[0]
    return Wrong("; ".join(fault.message + (f" ({fault.hint})" if fault.hint else "") for fault in faults))
