"""The API's request quotas, counted as documented. Pure but for its own counters."""

from __future__ import annotations

from collections import Counter, deque

from syncd.emulator.replies import Refusal
from syncd.emulator.settings import EmulatorSettings

DAY = 86_400
"""Seconds; daily quotas start anew at 00:00 GMT, which is where unix days start."""


class UsedQuotas:
    """What has been used. Not thread-safe by itself: `state` locks."""

    def __init__(self) -> None:
        self._day = -1
        self._used: Counter[tuple[str, object, str]] = Counter()
        self._parallel: Counter[str] = Counter()
        self._recent: dict[str, deque[float]] = {}

    def clear(self) -> None:
        """Give everything back but the requests that are running."""
        self._used.clear()
        self._recent.clear()

    def by_ip(self, ip: str, now: float, settings: EmulatorSettings) -> None:
        """Count a request of an address; Refusal if it is one too many within a second."""
        limit = settings.requests_per_second_by_ip
        if limit is None:
            return
        recent = self._recent.setdefault(ip, deque())
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if len(recent) >= limit:
            raise _over("quota_requests_by_ip")
        recent.append(now)

    def enter(self, token: str, settings: EmulatorSettings) -> None:
        """Count a request that begins; Refusal if too many of the user are running. Pair with `leave`."""
        limit = settings.parallel_by_uid
        if limit is not None and self._parallel[token] >= limit:
            raise _over("quota_parallel_requests")
        self._parallel[token] += 1

    def leave(self, token: str) -> None:
        """A request of the user has ended."""
        self._parallel[token] -= 1

    def running(self, token: str) -> int:
        """How many requests of the user are running."""
        return self._parallel[token]

    def spend(self, token: str, counter: int, group: str, now: float, settings: EmulatorSettings) -> None:
        """Count a request against the day; Refusal if user or counter has none left."""
        day = int(now // DAY)
        if day != self._day:
            self._day = day
            self._used.clear()
        if settings.quota_groups == "together":
            group = "any"
        limits = (
            ("uid", token, settings.requests_per_day_by_uid, "quota_requests_by_uid"),
            ("counter", counter, settings.requests_per_day_by_counter, "quota_requests_by_counter_id"),
        )
        for kind, who, limit, error_type in limits:
            if limit is not None and self._used[kind, who, group] >= limit:
                raise _over(error_type)
        for kind, who, _limit, _type in limits:
            self._used[kind, who, group] += 1


def _over(error_type: str) -> Refusal:
    return Refusal(429, error_type, "Quota exceeded")
