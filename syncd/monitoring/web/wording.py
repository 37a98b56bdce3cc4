"""What a language must be able to say on the status page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from syncd.monitoring.status import QueryState, Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageWords:
    """One language."""

    code: str
    name: str
    wording: Wording
    decimal: str
    headlines: Mapping[str, str]
    states: Mapping[QueryState, str]
    upload_states: Mapping[str, str]
    reasons: Mapping[str, str]
    remedies: Mapping[str, str]
    remedy_unknown: str
    languages: str
    all_queries: str
    attention: str
    more: str
    more_below: str
    last_hours: str
    last_days: str
    now: str
    today: str
    over_time: str
    facts: str
    no_past: str
    rows_plot: str
    rows_plot_empty: str
    rate_plot: str
    rate_plot_empty: str
    rows_delivered: str
    match_rate_of: str
    match_rate_unknown: str
    hour_column: str
    day_column: str
    delivered_lately: str
    linked_lately: str
    delivered_ever: str
    most: str
    figures: str
    rejected_now: str
    rejected_by_reason: str
    waiting_now: str
    queries: str
    no_queries: str
    counter: str
    kind: str
    mark: str
    lag: str
    newest_sale: str
    next_run: str
    in_time: str
    rejected_line: str
    rejected_rows: str
    rejected_some: str
    key: str
    reason: str
    column: str
    since: str
    links: str
    documentation: str
    last_run: str
    last_success: str
    going_on: str
    took: str
    failed: str
    read: str
    delivered: str
    rejected: str
    waiting: str
    next_due: str
    match_rate: str
    uploads: str
    uploads_all: str
    no_uploads: str
    sent: str
    not_sent: str
    query: str
    rows: str
    state: str
    linked: str
    user_not_found: str
    goal_not_found: str
    metrica_id: str
    ago: str
    never: str
    none_yet: str
    unknown: str
    no_page: str
    no_page_action: str
    no_query: str
    no_query_action: str
    perhaps: str
    refreshes: str
    stand_still: str
    stands_still: str
    refresh_again: str
    zone: str
