"""Which languages there are, and which one a browser wants."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.monitoring.web import wording_en as texts_en
from syncd.monitoring.web import wording_ru as texts_ru
from syncd.monitoring.web.wording import LanguageWords

LANGUAGES: Mapping[str, LanguageWords] = {"en": texts_en.TEXTS, "ru": texts_ru.TEXTS}
"""By code; English is what others get."""


def choose_language(asked: str, accepted: str) -> LanguageWords:
    """The language of `?lang=`, else the one Accept-Language likes best, else English."""
    if asked in LANGUAGES:
        return LANGUAGES[asked]
    weighed = []
    for position, part in enumerate(accepted.split(",")[:20]):
        tag, _, parameters = part.partition(";")
        weighed.append((-_weight(parameters), position, tag.strip().lower().partition("-")[0]))
    liked = [code for weight, _, code in sorted(weighed) if code in LANGUAGES and weight < 0]
    return LANGUAGES[liked[0]] if liked else texts_en.TEXTS


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
