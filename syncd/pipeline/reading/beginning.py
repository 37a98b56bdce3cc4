"""Where a query begins that never ran."""

from __future__ import annotations

from syncd.model import Mark, Position
from syncd.pipeline.chunking.intake import Intake
from syncd.pipeline.reading.bounds import Horizon
from syncd.pipeline.reading.ranges import Reader


def begin_at_start(reader: Reader, intake: Intake, horizon: Horizon) -> Position:
    """Record where the query begins. Raises SourceError and StateError.

    Nothing before `start` is read, however far an overlap reaches. With `now` the rows of the newest mark's
    moment (or day), or ahead of now, are there already: their keys count as known. Others of that moment may
    come in any order.
    """
    mark, floor, passed = None, reader.source.start(), dict[str, None]()
    if reader.query.start == "now":
        newest, future = horizon.newest()
        mark, floor = newest, newest and Mark(newest.values[:1])
        if (last := future or mark) is not None:
            passed = _keys(reader, intake, floor, last)
    reader.ledger.begin_query(mark, list(passed), safe=mark, floor=floor)
    return Position(mark, mark, reader.fingerprint, floor)


def _keys(reader: Reader, intake: Intake, after: Mark | None, upto: Mark) -> dict[str, None]:
    """The keys of the rows from `after` (None: the first) to `upto`, each once."""
    found = dict[str, None]()
    for page in reader.source.scan(after, upto=upto):
        found |= dict.fromkeys(intake.keys(page, reader.clock.now()))
    return found
