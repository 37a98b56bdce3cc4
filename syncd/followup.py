"""What Metrica makes of an accepted upload: its status and how many rows were linked.

One list call tells of all uploads of a counter. Processing takes up to two hours [D], and no pace of asking
is documented, so: soon at first, then ever less often, and no more after two days.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from syncd.errors import MetricaError
from syncd.events import Event
from syncd.model import Followed, Receipt, UploadState
from syncd.ports import Clock, Ledger, Observer

FIRST_LOOK = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(minutes=30)
GIVEN_UP = timedelta(hours=48)

_FINAL = {"PROCESSED": UploadState.PROCESSED, "LINKAGE_FAILURE": UploadState.UNLINKED}
"""All other statuses, known or new, mean that Metrica is still at work."""


class Lister(Protocol):
    """The part of the Metrica client that is needed here."""

    def all_uploads(self, counter: int) -> dict[int, Receipt]:
        """Every upload in the counter's list, by Metrica's id. Raises MetricaError."""
        ...


def is_time(upload: Followed, now: datetime, first_look: timedelta) -> bool:
    """Whether to ask again: after `first_look`, then after half the upload's age, at most half an hour."""
    age = now - upload.settled_at
    if age > GIVEN_UP:
        return False
    if upload.checked_at is None:
        return age >= first_look
    pause = min(max((upload.checked_at - upload.settled_at) / 2, first_look), LONGEST_PAUSE)
    return now - upload.checked_at >= pause


class Follower:
    """Follows the uploads of one query."""

    def __init__(
        self,
        counter: int,
        ledger: Ledger,
        lister: Lister,
        clock: Clock,
        observer: Observer,
        first_look: timedelta,
    ) -> None:
        self._counter = counter
        self._ledger = ledger
        self._lister = lister
        self._clock = clock
        self._observer = observer
        self._first_look = first_look
        self._refused_until: datetime | None = None

    def follow(self) -> None:
        """Ask Metrica about the uploads whose time it is. Raises StateError.

        A list that Metrica refuses is told and asked for again later: a token may have the right to upload
        and not to read [N metrica-api.md 5], and rows must go on all the same.
        """
        now = self._clock.now()
        if self._refused_until is not None and now < self._refused_until:
            return
        waited = [upload for upload in self._ledger.followed() if is_time(upload, now, self._first_look)]
        if not waited:
            return
        try:
            listed = self._lister.all_uploads(self._counter)
        except MetricaError as error:
            self._refused_until = now + LONGEST_PAUSE
            self._observer.emit(Event.LIST_FAILED, query=waited[0].query, error=str(error))
            return
        for upload in waited:
            receipt = listed.get(upload.metrica_id)
            state = _FINAL.get(receipt.status, UploadState.ACCEPTED) if receipt else UploadState.ACCEPTED
            self._ledger.follow(upload, state, receipt, now)
            final = state is not UploadState.ACCEPTED
            if receipt is not None and (final or receipt.status != upload.status):
                self._tell(upload, receipt, final=final)

    def _tell(self, upload: Followed, receipt: Receipt, *, final: bool) -> None:
        self._observer.emit(
            Event.UPLOAD_FOLLOWED,
            query=upload.query,
            upload=upload.id,
            status=receipt.status,
            final=final,
            linked=receipt.linked_quantity,
            user_not_found=receipt.user_not_found_quantity,
            goal_not_found=receipt.goal_not_found_quantity,
        )
