"""What a language must be able to say on the status page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from syncd.status import QueryState, Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """One language."""

    code: str
    name: str
    wording: Wording
    decimal: str
    headlines: Mapping[str, str]
    states: Mapping[QueryState, str]
    upload_states: Mapping[str, str]
    reasons: Mapping[str, str]
    attention: str
    queries: str
    no_queries: str
    counter: str
    mark: str
    lag: str
    last_run: str
    last_success: str
    going_on: str
    took: str
    failed: str
    delivered: str
    of_read: str
    rejected: str
    waiting: str
    next_due: str
    match_rate: str
    uploads: str
    no_uploads: str
    sent: str
    not_sent: str
    query: str
    rows: str
    state: str
    linked: str
    user_not_found: str
    metrica_id: str
    ago: str
    never: str
    none_yet: str
    unknown: str
    footer: str
