"""Which language a browser wants."""

from __future__ import annotations

from syncd.language import ENGLISH, LANGUAGES


def choose_language(asked: str, accepted: str) -> str:
    """The language of `?lang=`, else the one Accept-Language likes best, else English."""
    if asked in LANGUAGES:
        return asked
    weighed = []
    for position, part in enumerate(accepted.split(",")[:20]):
        tag, _, parameters = part.partition(";")
        weighed.append((-_weight(parameters), position, tag.strip().lower().partition("-")[0]))
    liked = [code for weight, _, code in sorted(weighed) if code in LANGUAGES and weight < 0]
    return liked[0] if liked else ENGLISH


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
