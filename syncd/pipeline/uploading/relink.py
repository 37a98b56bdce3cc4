"""Sends rows that were not all linked again, for as long as Metrica may yet see their visitors.

The option `relink`. It comes last: after the news, and only while the day's requests leave room.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from syncd.model import RunReport
from syncd.model.clock import Clock, Stop
from syncd.model.settings import Relink
from syncd.pipeline.ports import Allowance, Ledger
from syncd.pipeline.uploading.resend import Resender

AT_ONCE = 20
"""Uploads in one run, so that news never waits for long."""
LOOK = timedelta(minutes=10)
"""How often it is looked whether there is something to do; the shortest `after` is two hours."""


@dataclass(slots=True)
class Relinker:
    """Sends the uploads of one query again."""

    relink: Relink | None
    ledger: Ledger
    resender: Resender
    allowance: Allowance
    clock: Clock
    stop: Stop
    _next_look: float | None = field(default=None, init=False)
    """By `clock.seconds`."""

    def run(self, report: RunReport) -> None:
        """Send what is due. Raises MetricaError and StateError: the next run settles it then."""
        now = self.clock.now()
        if self.relink is None or (self._next_look is not None and self.clock.seconds() < self._next_look):
            return
        if not self.allowance.may_repeat():
            return
        due = self.ledger.to_send_again(now - self.relink.lasting, now - self.relink.after, AT_ONCE)
        for upload_id in due:
            if self.stop.is_set() or not self.allowance.may_repeat():
                return
            self.resender.resend(upload_id, report)
        if len(due) < AT_ONCE:
            self._next_look = self.clock.seconds() + LOOK.total_seconds()
