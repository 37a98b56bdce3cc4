"""What live counters answered to `syncd probe`, as far as runs go by it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

_DELAY = re.compile(r"(?P<seconds>\d+) s|not within (?P<hours>\d+) h")
SAFETY = 2
"""How many times as long as it once took an upload is waited for in the list."""


@dataclass(frozen=True, slots=True)
class Probed:
    """The answers that matter to a run; nothing of it is known where nobody asked."""

    list_delay: timedelta | None = None
    """After how long the list showed an upload."""
    list_page: int | None = None
    """How many uploads a page of the list holds at most."""
    refuses_id_parameter: bool = False
    """Whether `client_id_type` is refused."""

    def settle(self, configured: timedelta) -> timedelta:
        """How long an upload whose answer was lost is looked for: never shorter than the list needs."""
        return max(configured, SAFETY * (self.list_delay or timedelta(0)))


def probed_of(answers: Mapping[str, str]) -> Probed:
    """Read the answers by their question; words that say nothing of it count as no answer."""
    delay = _DELAY.fullmatch(answers.get("list_delay", ""))
    page = answers.get("list_cap", "")
    return Probed(
        timedelta(seconds=int(delay["seconds"] or 0), hours=int(delay["hours"] or 0)) if delay else None,
        int(page) if page.isdecimal() and int(page) > 0 else None,
        answers.get("client_id_type") == "refused",
    )
