"""A syncd process without its process: the real parts of one query, run step by step in a test."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event as Flag
from types import TracebackType
from typing import Any, Self

from syncd.config import parse
from syncd.model import RunReport
from syncd.model.events import Event
from syncd.service.bookkeeper import Bookkeeper
from syncd.service.resources import Resources
from syncd.service.runner import QueryRunner
from tests.support.ledger import put_empty_store


class Told:
    """An observer that remembers."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self.events: list[tuple[Event, dict[str, Any]]] = []

    def emit(self, event: Event, **fields: object) -> None:
        """Remember one event."""
        self.events.append((event, fields))

    def of(self, event: Event) -> list[dict[str, Any]]:
        """The fields of each event of this kind."""
        return [fields for kind, fields in self.events if kind is event]


class MovableClock:
    """The machine's clock, some time ahead."""

    def __init__(self) -> None:
        """Begin at the real time."""
        self.ahead = timedelta()

    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        return datetime.now(UTC) + self.ahead

    def seconds(self) -> float:
        """Seconds that go as the moment does."""
        return time.monotonic() + self.ahead.total_seconds()


class Process:
    """One query with real source, state and HTTP; leaving the block and making another is a restart."""

    def __init__(self, folder: Path, url: str, api_url: str, query: dict[str, Any]) -> None:
        """`query` is the query's section of the configuration."""
        ids = {} if "kind" in query else {"id_type": "CLIENT_ID"}
        document = {
            "metrica": {"token": "y0_of-a-test-process", "api_url": api_url, "settle": "1s", "timeout": "5s"},
            "databases": {"shop": {"url": url}},
            "state": {"url": f"sqlite:///{folder}/state.db"},
            "queries": {"orders": {"counter": 1, **ids, **query}},
        }
        put_empty_store(folder / "state.db")
        self.told = Told()
        self.clock = MovableClock()
        self.resources = Resources(parse(json.dumps(document), "test.yaml", {}), self.told, self.clock)
        self.query = self.resources.settings.queries["orders"]
        keeper = Bookkeeper(self.resources.store, self.told, ["orders"], shared=False)
        self._runner = QueryRunner(self.resources, self.query, keeper, Flag(), timedelta(hours=1))

    def __enter__(self) -> Self:
        """Migrate the state store, which one of this version need not."""
        self.resources.store.migrate()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all connections."""
        self.resources.close()

    def run(self) -> RunReport:
        """One run of the query."""
        report = RunReport("orders")
        self._runner(report)
        return report
