"""What a stop leaves undone: said when a run, such as a first load, was stopped in its midst."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

from syncd.model.events import Event, Observer

_ARRIVED = frozenset({Event.UPLOAD_ACCEPTED, Event.UPLOAD_FOUND})
_HEARD = _ARRIVED | {Event.QUERY_STARTED, Event.QUERY_PROGRESS, Event.DAEMON_STOPPING}


class InterruptedRuns:
    """An Observer in front of another: passes every event on, and remembers which runs a stop has met."""

    def __init__(self, inner: Observer) -> None:
        self._inner = inner
        self._lock = Lock()
        self._totals: dict[str, int] = {}
        """All rows of the run that goes on, where they were counted."""
        self._delivered: dict[str, int] = {}
        """Rows that the run that goes on has delivered."""
        self._stopped: list[str] = []

    def emit(self, event: Event, **fields: object) -> None:
        """One event. Never raises."""
        self._inner.emit(event, **fields)
        if event not in _HEARD:
            return
        query, rows, left = str(fields.get("query")), fields.get("rows"), fields.get("left")
        with self._lock:
            if event is Event.QUERY_STARTED:
                self._totals.pop(query, None)
                self._delivered[query] = 0
            elif event in _ARRIVED and isinstance(rows, int):
                self._delivered[query] = self._delivered.get(query, 0) + rows
            elif event is Event.QUERY_PROGRESS and isinstance(rows, int) and isinstance(left, int):
                self._totals[query] = left + self._delivered.get(query, 0)
            elif event is Event.DAEMON_STOPPING and isinstance(running := fields.get("running"), list):
                self._stopped = list(running)

    def words(self) -> Iterator[str]:
        """A sentence for each query whose run was stopped."""
        for query in self._stopped:
            delivered = self._delivered.get(query, 0)
            left = self._totals.get(query, 0) - delivered
            about = f", about {left:,} are left" if left > 0 else ""
            yield (
                f"{query}: stopped before the end of a run; rows that it delivered: {delivered:,}{about}. "
                "Nothing is lost: the next start goes on from there"
            )
