"""What reading a query needs, in one."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.model.clock import Clock
from syncd.model.events import Observer
from syncd.model.settings import QuerySettings
from syncd.pipeline.ports import Ledger, Source


@dataclass(frozen=True, slots=True)
class ReadContext:
    """One query with its source, its ledger, the time and a listener."""

    query: QuerySettings
    source: Source
    ledger: Ledger
    fingerprint: str
    clock: Clock
    observer: Observer
