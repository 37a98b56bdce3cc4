"""What Metrica makes of an accepted upload: its status and how many rows were linked.

The queries of a counter ask together: the one whose time it is asks for the open uploads of all, and the
others take what was answered. A few are asked for by their ids; for many the counter's list is read, until
all of them were seen, so the cost does not grow with the counter's history. Processing takes up to two hours,
and no pace of asking is documented (docs/metrica.md, 6). So syncd asks soon at first, then ever less often;
after two days it tells somebody and asks once a day. Uploads come first: while the day's requests are short,
nobody asks (`ports.Allowance`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from syncd.model import Followed, Receipt, UploadState
from syncd.model.clock import Clock
from syncd.model.errors import MetricaError
from syncd.model.events import Event, Observer
from syncd.model.settings import QuerySettings
from syncd.pipeline.ports import Allowance, Ledger, UploadList
from syncd.pipeline.uploading import matchrate

FIRST_LOOK = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(minutes=30)
OVERDUE = timedelta(hours=48)
"""An upload that is not final by then is told: Metrica promises two hours (docs/metrica.md, 6)."""
LATE_PAUSE = timedelta(hours=24)

_FINAL = {"PROCESSED": UploadState.PROCESSED, "LINKAGE_FAILURE": UploadState.UNLINKED}
"""All other statuses, known or new, mean that Metrica is still at work."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What Metrica said of the open uploads of a counter."""

    asked_at: datetime
    asked: frozenset[int]
    """Metrica's ids of the uploads that were asked for."""
    uploads: Mapping[int, Receipt]
    """Those of them that Metrica has."""


FEW = 10
"""So many uploads are asked for one by one; the list of a counter with a long history has more pages."""


class Lists:
    """What Metrica said of the open uploads of one token's counters, shared by its queries. Thread-safe."""

    def __init__(self, lister: UploadList, clock: Clock, allowance: Allowance) -> None:
        self._lister = lister
        self._clock = clock
        self._allowance = allowance
        self._known: dict[int, Listing] = {}
        self._wanted: dict[int, dict[str, frozenset[int]]] = {}
        """The open uploads of each counter, by query."""
        self._refused_until: dict[int, datetime] = {}
        self._lock = Lock()
        self._turns: dict[int, Lock] = {}

    def last(self, counter: int) -> Listing | None:
        """The list as it was last answered."""
        with self._lock:
            return self._known.get(counter)

    def want(self, counter: int, query: str, uploads: Collection[int]) -> None:
        """Say which uploads of a query are open: whoever asks next asks for them too."""
        with self._lock:
            self._wanted.setdefault(counter, {})[query] = frozenset(uploads)

    def fresh(self, counter: int, query: str, since: datetime) -> Listing | None:
        """Get an answer on the query's uploads that is not older than `since`; None: not now.

        Another query may have asked since then; Metrica is asked only for what that answer leaves out.

        What Metrica refuses to tell is asked for again after half an hour: a token may have the right to
        upload and not to read (docs/metrica.md, 5), and rows must go on all the same. Raises MetricaError
        when that is noticed, and StateError.
        """
        with self._lock:
            turn = self._turns.setdefault(counter, Lock())
        with turn:  # of two queries at once one asks
            listing, now = self.last(counter), self._clock.now()
            newer = listing if listing is not None and listing.asked_at >= since else None
            with self._lock:
                wanted_by = dict(self._wanted.get(counter, {}))
            if newer is not None and wanted_by.get(query, frozenset()) <= newer.asked:
                return newer
            refused_until = self._refused_until.get(counter)
            if (refused_until is not None and now < refused_until) or not self._allowance.may_ask():
                return None
            wanted = frozenset[int]().union(*wanted_by.values())
            if newer is not None:
                wanted -= newer.asked
            try:
                listing = Listing(now, wanted, self._ask(counter, wanted))
            except MetricaError:
                self._refused_until[counter] = now + LONGEST_PAUSE
                raise
            if newer is not None:
                both = {**newer.uploads, **listing.uploads}
                listing = Listing(newer.asked_at, newer.asked | listing.asked, both)
            with self._lock:
                self._known[counter] = listing
            return listing

    def _ask(self, counter: int, wanted: frozenset[int]) -> dict[int, Receipt]:
        """Ask for these uploads, and keep nothing else. Raises MetricaError."""
        found: dict[int, Receipt] = {}
        if len(wanted) <= FEW:
            for upload_id in sorted(wanted):
                self._allowance.note_asked()
                if (receipt := self._lister.one(counter, upload_id)) is not None:
                    found[upload_id] = receipt
            return found
        pages = self._lister.pages(counter)
        while found.keys() < wanted:
            self._allowance.note_asked()
            page = next(pages, None)
            if page is None:
                break
            found |= {receipt.id: receipt for receipt in page if receipt.id in wanted}
        return found


def is_time(upload: Followed, now: datetime, first_look: timedelta, share: float = 1.0) -> bool:
    """Whether to ask again: after `first_look`, then after half the upload's age, at most half an hour.

    Once it is overdue, at once and then daily. With a `share` below 1 so much of the pause is enough.
    """
    age = now - upload.settled_at
    if upload.checked_at is None:
        return age >= first_look * share
    checked = upload.checked_at - upload.settled_at
    if checked >= OVERDUE:
        pause = LATE_PAUSE
    elif age >= OVERDUE:
        return True
    else:
        pause = min(max(checked / 2, first_look), LONGEST_PAUSE)
    return now - upload.checked_at >= pause * share


class Follower:
    """Follows the uploads of one query."""

    def __init__(
        self,
        query: QuerySettings,
        ledger: Ledger,
        lists: Lists,
        clock: Clock,
        observer: Observer,
        first_look: timedelta,
    ) -> None:
        self._query, self._counter = query.name, query.counter
        self._ledger = ledger
        self._lists = lists
        self._clock = clock
        self._observer = observer
        self._first_look = first_look

    def follow(self) -> None:
        """Take in what Metrica says of the uploads whose time it is. Raises StateError."""
        followed = self._ledger.followed()
        self._lists.want(self._counter, self._query, [upload.metrica_id for upload in followed])
        if not followed:
            return
        listing = self._lists.last(self._counter)
        now = self._clock.now()
        if any(self._is_due(upload, now, listing) for upload in followed):
            try:
                listing = self._lists.fresh(self._counter, self._query, now - self._first_look / 2) or listing
            except MetricaError as error:
                self._observer.emit(Event.LIST_FAILED, query=followed[0].query, error=str(error))
        if listing is None:
            return
        # With the answer at hand, those whose time has half come are served too, and keep in step.
        served = [
            one
            for one in followed
            if one.metrica_id in listing.asked and is_time(one, listing.asked_at, self._first_look, share=0.5)
        ]
        finished = [self._take_in(upload, listing) for upload in served]
        if any(finished):
            self._judge(followed[0].query)

    def _is_due(self, upload: Followed, now: datetime, listing: Listing | None) -> bool:
        """Tell whether its time has come, and the answer at hand is too old for it."""
        at_hand = (
            listing is not None
            and upload.metrica_id in listing.asked
            and is_time(upload, listing.asked_at, self._first_look, share=0.5)
        )
        return not at_hand and is_time(upload, now, self._first_look)

    def _take_in(self, upload: Followed, listing: Listing) -> bool:
        """Record what the list says of an upload; True when Metrica has finished with it."""
        receipt = listing.uploads.get(upload.metrica_id)
        state = _FINAL.get(receipt.status, UploadState.ACCEPTED) if receipt else UploadState.ACCEPTED
        if receipt is not None and receipt.is_static and state is UploadState.UNLINKED:
            state = UploadState.PROCESSED  # static calls belong to nobody, so nobody was to be found
        self._ledger.follow(upload, state, receipt, listing.asked_at)
        final = state is not UploadState.ACCEPTED
        if receipt is not None and (final or receipt.status != upload.status):
            self._tell(upload, receipt, final=final)
        if receipt is not None and upload.dropped is None and (dropped := receipt.dropped(upload.rows)):
            self._observer.emit(
                Event.ROWS_DROPPED, query=upload.query, upload=upload.id, rows=upload.rows, dropped=dropped
            )
        seen = upload.checked_at or upload.settled_at
        if state is UploadState.ACCEPTED and seen - upload.settled_at < OVERDUE <= (
            listing.asked_at - upload.settled_at
        ):
            self._observer.emit(
                Event.UPLOAD_OVERDUE,
                query=upload.query,
                upload=upload.id,
                metrica_id=upload.metrica_id,
                status=receipt.status if receipt else "not listed",
            )
        return final

    def _tell(self, upload: Followed, receipt: Receipt, *, final: bool) -> None:
        self._observer.emit(
            Event.UPLOAD_FOLLOWED,
            query=upload.query,
            upload=upload.id,
            origin=upload.origin.value,
            status=receipt.status,
            final=final,
            linked=receipt.linked_quantity,
            user_not_found=receipt.user_not_found_quantity,
            goal_not_found=receipt.goal_not_found_quantity,
        )

    def _judge(self, query: str) -> None:
        """Whether the match rate has fallen or recovered by what has just come in."""
        now, before = self._clock.now(), self._ledger.alarm()
        days = self._ledger.match_days((now - matchrate.NEEDED).date())
        after = matchrate.judge(days, before, now)
        if after == before:
            return
        self._ledger.set_alarm(after)
        lately = matchrate.recent(days)
        fallen = after or before
        self._observer.emit(
            Event.MATCH_FALLEN if after else Event.MATCH_RECOVERED,
            query=query,
            rate=round(lately.rate, 4) if lately else None,
            rows=lately.rows if lately else 0,
            past=round(fallen.past, 4) if fallen else None,
        )
