"""Moves a query's mark because a person says so: what that would mean is worked out first, and told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from syncd.inspect.compare import Compare
from syncd.inspect.typed import parsed
from syncd.inspect.typed_key import typed_values
from syncd.language import _, counted
from syncd.model import Mark, Position, RowFate
from syncd.model.errors import OpenUploads, UsageError
from syncd.model.keys import value_text
from syncd.model.marks import is_beyond
from syncd.model.settings import QuerySettings
from syncd.pipeline.ports import Ledger, Source

BEGINNING, NOW = "beginning", "now"


@dataclass(frozen=True, slots=True)
class Move:
    """A mark that is to be moved, and what that means for the rows in between."""

    old: Mark | None
    new: Mark | None
    """None: to where `start` says."""
    forward: bool
    reread_fates: Counter[RowFate]
    """Moved back: what is known of the rows that are read again."""
    skipped: int
    """Moved forward: rows in between that nothing is known of, and which are not read."""
    floor: Mark | None
    """Behind this no overlap is to reach."""

    @property
    def rows(self) -> int:
        """Rows that are read again."""
        return self.reread_fates.total()

    @property
    def delivered(self) -> int:
        """Rows among `rows` that were delivered and are not sent again."""
        return sum(self.reread_fates[fate] for fate in _DELIVERED)

    @property
    def unknown(self) -> int:
        """Rows among `rows` that the store does not know: they are sent."""
        return self.reread_fates[RowFate.MISSING]


_DELIVERED = (RowFate.DELIVERED, RowFate.CHANGED_MONEY, RowFate.CHANGED_IDENTITY, RowFate.PASSED)


def wanted(
    query: QuerySettings, source: Source, position: Position | None, values: Sequence[str]
) -> Mark | None:
    """The mark that a person typed; None: where `start` says. Raises UsageError, SourceError.

    `beginning` and `now` are words; else there are as many values as the mark has columns, or fewer: the
    first alone stands for all rows that have it.
    """
    if list(values) == [BEGINNING]:
        return None
    newest = source.newest()
    if list(values) == [NOW] and newest is not None:
        return newest
    like = newest or (position.mark if position else None)
    if len(values) == 1:
        values = typed_values(values, 1, most=len(query.mark))
    if like is None:
        raise UsageError(
            _("{query}: the query has no row yet, so there is nothing to move its mark to").format(
                query=query.name
            )
        )
    if len(values) > len(query.mark):
        raise UsageError(
            _(
                "{query}: the mark has {columns} ({names}), and --to gives {values} values; "
                "quote a value that holds a space"
            ).format(
                query=query.name,
                columns=counted(len(query.mark), "{count} column", "{count} columns"),
                names=", ".join(query.mark),
                values=len(values),
            )
        )
    found = []
    for name, text, value in zip(query.mark, values, like.values, strict=False):
        try:
            found.append(parsed(text, value, query.timezone))
        except ValueError as error:
            such = value_text(value)[:100]
            raise UsageError(
                _("{query}: --to: {error}: the mark's {name} holds such as {such}").format(
                    query=query.name, error=error, name=name, such=such
                )
            ) from None
    return Mark(tuple(found))


def plan(comparison: Compare, position: Position | None, new: Mark | None) -> Move:
    """What moving the mark to `new` would do; the rows in between are read, nothing is changed.

    Which way it goes, the database says: marks are compared by none but it.
    """
    source = comparison.source
    old = position.mark if position else None
    if old is None:
        skipped = _unknown(comparison, None, new) if new else 0
        return Move(None, new, new is not None, Counter(), skipped, new or source.start())
    back = Counter(row.fate for row in comparison.rows(new, old))
    if back or new is None:
        return Move(old, new, forward=False, reread_fates=back, skipped=0, floor=source.start())
    forward = bool(next(source.scan(old, upto=new, page_rows=1)).rows)
    skipped, floor = (_unknown(comparison, old, new), new) if forward else (0, source.start())
    return Move(old, new, forward, Counter(), skipped, floor)


def move(ledger: Ledger, query: QuerySettings, change: Move) -> None:
    """Move the mark. Raises OpenUploads while an upload is open, whose end would move the mark once more."""
    if count := len(ledger.unsettled()):
        raise OpenUploads(
            f"query {query.name}: "
            + counted(count, "{count} upload is not settled yet", "{count} uploads are not settled yet")
        ).name_query(query.name)
    position = ledger.position()
    # Behind `safe` no row can appear any more. Moved forward, the rows between are not to be read, so it goes
    # along, and no overlap reaches back over them; moved back behind it, the marks may begin anew.
    safe = position.safe if position else None
    if change.forward or (safe is not None and is_beyond(safe, change.new)):
        safe = change.new
    ledger.begin_query(change.new, safe=safe, floor=change.floor)


def _unknown(comparison: Compare, after: Mark | None, upto: Mark) -> int:
    """Rows that nothing is known of, before `upto`: those at it are read when the mark stands there."""
    at = 0
    missing = sum(row.fate is RowFate.MISSING for row in comparison.rows(after, upto))
    if missing:
        at = sum(row.fate is RowFate.MISSING for row in comparison.rows(upto, upto))
    return missing - at
