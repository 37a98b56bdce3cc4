"""Decides, because a person says so, what becomes of rows that went to another counter or address."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from syncd.model.settings import QuerySettings
from syncd.pipeline.ports import Ledger, Source


class NewDestination(StrEnum):
    """What a person wants of rows that went elsewhere."""

    DELIVER_AGAIN = "deliver-again"
    """All of them go to the new place too: what went before was a rehearsal."""
    GO_ON = "go-on"
    """They count as delivered; the new place gets what is new."""


def decide(ledger: Ledger, query: QuerySettings, source: Source, wanted: NewDestination) -> None:
    """Do what a person wants. Raises SourceError and StateError.

    To deliver again, the mark goes back to where the query began: where `start` says or, with `now` and with
    a duration, to the moment of the first run. Until the second step is done the query refuses to run, so a
    command that is cut off in between is just given again.
    """
    if wanted is NewDestination.GO_ON:
        ledger.go_on_elsewhere()
        return
    position = ledger.position()
    began = query.start == "now" or isinstance(query.start, timedelta)
    mark = position.floor if position and began else None
    ledger.begin_query(mark, safe=mark, floor=mark if began else source.start())
    ledger.deliver_again_elsewhere()
