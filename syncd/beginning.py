"""Where a query begins that never ran: rows before `start` that an overlap would come by count as known."""

from __future__ import annotations

from syncd import chunking
from syncd.horizon import Horizon
from syncd.intake import Intake
from syncd.marks import earlier
from syncd.model import Mark
from syncd.overlap import UNWATCHED
from syncd.ranges import Reader


def begin_at_start(reader: Reader, intake: Intake, horizon: Horizon) -> Mark | None:
    """Record where the query begins, and the keys of the rows before that an overlap would come by.

    Gives the mark to read from; None: from where `start` says. Raises SourceError and StateError.
    """
    mark, passed = None, dict[str, None]()
    start = reader.source.start()
    if reader.query.start == "now":
        newest, future = horizon.newest()
        mark = newest or horizon.of(future)
        if (last := future or mark) is not None:
            passed = _keys(reader, intake, mark and (_behind(reader, mark) or mark), last)
    elif start is not None and (behind := _behind(reader, start)):
        at_start = _keys(reader, intake, start, start)
        passed = {key: None for key in _keys(reader, intake, behind, start) if key not in at_start}
    reader.ledger.begin_query(mark, list(passed), safe=mark)
    return mark


def _behind(reader: Reader, mark: Mark) -> Mark | None:
    overlap = reader.query.overlap
    back = UNWATCHED if overlap == "auto" else overlap
    return earlier(mark, back) if back else None


def _keys(reader: Reader, intake: Intake, after: Mark | None, upto: Mark) -> dict[str, None]:
    """The keys of the rows from `after` (None: `start`) to `upto`, each once."""
    found, exhausted = dict[str, None](), False
    reader.source.restart()
    while not exhausted:
        page = reader.source.read(after, chunking.PAGE_ROWS, upto=upto)
        found |= dict.fromkeys(intake.keys(page, reader.clock.now()))
        after, exhausted = page.mark or after, page.exhausted
    reader.source.restart()
    return found
