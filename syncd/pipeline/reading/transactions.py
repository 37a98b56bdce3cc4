"""Open transactions of the source, and whether the database tells of them at all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from syncd.language import N_
from syncd.model import UNSEEN, UNTOLD, Mark
from syncd.model.errors import SourceRefused
from syncd.model.events import Event
from syncd.model.marks import tells_time
from syncd.pipeline.reading.context import ReadContext
from syncd.pipeline.reading.late_commits import LateCommits

ASK_AGAIN = timedelta(hours=1)
"""After this it is asked anew whether the database tells: a standby may have become a primary."""
ASK_SOON = timedelta(minutes=1)
"""The pause where it has told in the last hour: others may just have kept the list as it was (`sessions`)."""
HIDDEN = N_(
    "Let the user see open transactions (MariaDB, MySQL: GRANT PROCESS ON *.*), or set `overlap`. Until then "
    "rows committed late are looked for two minutes back and no further."
)


class TransactionList:
    """Asks for the transactions that are open, and follows those that may commit late."""

    def __init__(self, context: ReadContext) -> None:
        self._context = context
        self.late: LateCommits | None = None
        """Those that were open when the list was last seen; None: none is known of."""
        self.was_told = True
        """Whether the database told the time before, too."""
        self._unseen: list[str] = []
        """What the query reads from that shows rows without a transaction of this database."""
        # By `clock.seconds`, which nobody sets.
        self._told_at, self._ask_at, self._looked_at = -math.inf, -math.inf, -math.inf

    @property
    def is_silent(self) -> bool:
        """Whether the database was lately found not to tell."""
        return self._context.clock.seconds() < self._ask_at

    @property
    def is_quiet(self) -> bool:
        """Whether it is known that no row can be late any more."""
        return self.late is not None and self.late.quiet

    @property
    def why_untold(self) -> str:
        """Why the list is not to be had, as it is recorded; empty: nothing can be done about it."""
        if self._unseen:
            return UNTOLD + ", ".join(self._unseen)
        return UNSEEN if self._context.source.hides_transactions else ""

    def ask(self) -> Mapping[str, str] | None:
        """List who has a transaction open, identity → words; None where the database does not tell.

        Raises SourceUnavailable.
        """
        if self.is_silent:
            return None
        now = self._context.clock.seconds()
        listed = None if self._is_blind(now) else self._context.source.open_transactions()
        if listed is None:
            self._note_untold(now)
        else:
            self.was_told = self._told_at >= self._ask_at
            self._ask_at, self._told_at = -math.inf, now
        return listed

    def watch(self, safe: Mark | None, mark: Mark | None) -> LateCommits:
        """Follow who is open from now on, for a query that stands there."""
        if self.late is None:
            self.late = LateCommits(safe, mark)
        return self.late

    def observe(self, late: LateCommits) -> None:
        """Take in who is open in the middle of a run, where the database tells just now."""
        listed = self._context.source.open_transactions()
        if listed is not None:
            late.observe(listed, self.now())

    def has_gaps(self, mark: Mark | None) -> bool:
        """Whether somebody who is not listed may have taken a mark such as this, which tells no time."""
        return mark is not None and self._context.source.lists_late and not tells_time(mark)

    def name_long_open(self, late: LateCommits) -> None:
        """Tell of each transaction that has been open for long, once."""
        for who, since in late.long_open(self.now()):
            name = self._context.query.name
            self._context.observer.emit(Event.TRANSACTION_OPEN, query=name, who=who, since=since.isoformat())

    def now(self) -> datetime:
        """The moment."""
        return self._context.clock.now()

    def _is_blind(self, now: float) -> bool:
        """Whether the list tells nothing: a row of a materialized view appears when that is refreshed."""
        if now - self._looked_at >= ASK_AGAIN.total_seconds():
            try:
                self._unseen = self._context.source.unseen_relations()
            except SourceRefused:  # the plan is not shown to this user: then the list is believed
                self._unseen = []
            self._looked_at = now
        return bool(self._unseen)

    def _note_untold(self, now: float) -> None:
        """Assume for an hour that the transactions last seen open still are."""
        was_told = now - self._told_at < ASK_AGAIN.total_seconds()
        self._ask_at = now + (ASK_SOON if was_told else ASK_AGAIN).total_seconds()
        if not was_told:
            self.late = None
        if not self._unseen and self._context.source.hides_transactions:
            name = self._context.query.name
            self._context.observer.emit(Event.TRANSACTIONS_HIDDEN, query=name, action=HIDDEN)
