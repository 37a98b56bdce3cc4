"""What the emulator remembers: uploads, quotas used, faults in force, the log of requests. Thread-safe."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from syncd.emulator.calls import ID_COLUMNS as CALL_IDS
from syncd.emulator.calls import CallFile, parse_calls
from syncd.emulator.conversions import Folded, StoredConversion
from syncd.emulator.csvfile import NOTHING_ASKED, Asked, BadFile, Parsed, parse
from syncd.emulator.faults import Call, Entity, Fault, Faults
from syncd.emulator.goals import EmulatedGoal, goals_named
from syncd.emulator.orderbook import OrderBook, OrderUpload, StoredOrder
from syncd.emulator.orders import DELIMITERS, OrderFile, parse_orders
from syncd.emulator.quotas import UsedQuotas
from syncd.emulator.replies import Refusal
from syncd.emulator.settings import EmulatorSettings, changed
from syncd.emulator.uploads import StoredUpload

FIRST_HISTORY_ID = 100_000_001
FIRST_ID = 700_000_001
"""Upload ids are of the size seen in the field, and are never given twice, whatever is cleared."""


@dataclass(slots=True)
class LoggedRequest:
    """One request, as `GET /_emulator/requests` shows it. The token is never kept."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    at: float
    status: int | None = None
    """None: no answer (yet), or the connection was cut."""
    faults: list[str] = field(default_factory=list)
    """Kinds of the faults it met."""


class EmulatorState:
    """All that is remembered. `settings` may be replaced at any time by `configure`."""

    def __init__(
        self, settings: EmulatorSettings, now: Callable[[], float] = time.time, *, seed: int | None = None
    ) -> None:
        self._random = random.Random(seed)  # noqa: S311 - chance for faults, no secret
        self.faults = Faults(self._random.random)
        self.closing = threading.Event()
        """Set when the server stops: whatever waits on a fault ends."""
        self.internal_errors: list[BaseException] = []
        """Errors of the emulator itself: a test that caused one should fail."""
        self._settings = settings
        self._now = now
        self._lock = threading.RLock()
        self._quotas = UsedQuotas()
        self._uploads: list[StoredUpload] = []
        self._next_id = FIRST_ID
        self._folded = Folded()
        self._orders = OrderBook()
        self.call_goals: dict[int, str] = {}
        """The goal of each counter's calls, by the name of the first upload."""
        self._targets: dict[int, dict[str, None]] = {}
        self._log: deque[LoggedRequest] = deque(maxlen=settings.log_size)
        self._history: dict[int, list[dict[str, object]]] = {}
        """Entries of each counter's list from before, as they are shown, oldest first."""

    # --- settings and time ---------------------------------------------------------------------------------

    @property
    def settings(self) -> EmulatorSettings:
        """The settings in force."""
        return self._settings

    def configure(self, changes: Mapping[str, object]) -> EmulatorSettings:
        """Change some settings, from JSON values. Raises ValueError, having changed nothing."""
        with self._lock:
            self._settings = changed(self._settings, changes)
            if self._log.maxlen != self._settings.log_size:
                self._log = deque(self._log, maxlen=self._settings.log_size)
            return self._settings

    def now(self) -> float:
        """Unix seconds, with the clock offset."""
        return self._now() + self._settings.clock_offset

    def clear(self) -> None:
        """Forget uploads, faults, quotas used and the log; the settings stay."""
        with self._lock:
            self.faults.remove()
            self._quotas.clear()
            self._uploads.clear()
            self._folded = Folded()
            self._orders.clear()
            self.call_goals.clear()
            self._targets.clear()
            self._history.clear()
            self._log.clear()

    # --- requests ------------------------------------------------------------------------------------------

    def log(self, request: LoggedRequest) -> None:
        """Keep a request; its status is filled in when it is answered."""
        with self._lock:
            self._log.append(request)

    def requests(self) -> list[LoggedRequest]:
        """The last requests, oldest first."""
        with self._lock:
            return list(self._log)

    def quota_by_ip(self, ip: str) -> None:
        """Count a request of an address. Raises Refusal."""
        with self._lock:
            self._quotas.by_ip(ip, self.now(), self._settings)

    def enter(self, token: str) -> None:
        """Count a running request of a user. Raises Refusal."""
        with self._lock:
            self._quotas.enter(token, self._settings)

    def leave(self, token: str) -> None:
        """A running request has ended."""
        with self._lock:
            self._quotas.leave(token)

    def running(self, token: str) -> int:
        """How many requests of a user are running now."""
        with self._lock:
            return self._quotas.running(token)

    def spend(self, token: str, counter: int, *, writes: bool) -> None:
        """Count a request against the day. Raises Refusal."""
        with self._lock:
            group = "client_write" if writes else "client_read"
            self._quotas.spend(token, counter, group, self.now(), self._settings)

    # --- uploads -------------------------------------------------------------------------------------------

    def accept(self, call: Call, content: bytes, client_id_type: str, met: list[Fault]) -> StoredUpload:
        """Take a file of conversions.

        Args:
            call: Whose counter it is for, and its comment.
            content: The file's bytes.
            client_id_type: The old parameter, "" if it was not sent.
            met: The faults the request meets.

        Raises:
            Refusal: The file is not what the documents ask for.
        """
        settings, now, asked = self._settings, self.now(), _asked(met)
        try:
            # Outside the lock: a large file must not stop other requests.
            parsed = parse(content, settings, now, client_id_type=client_id_type, asked=asked)
        except BadFile as bad:
            raise self._refusal(met, bad) from None
        upload = self._store(call, content, client_id_type, met, parsed)
        with self._lock:
            self._targets.setdefault(upload.counter, {}).update(dict.fromkeys(parsed.targets))
        return upload

    def accept_calls(
        self, call: Call, content: bytes, client_id_type: str, goal_name: str, met: list[Fault]
    ) -> StoredUpload:
        """Take a file of calls. Raises Refusal as `accept`; `goal_name` names the counter's goal once."""
        try:
            parsed = parse_calls(content, self._settings, self.now(), _asked(met))
        except BadFile as bad:
            raise self._refusal(met, bad) from None
        with self._lock:
            self.call_goals.setdefault(call.counter, goal_name or "Call")
        return self._store(call, content, client_id_type, met, parsed)

    def accept_orders(
        self, call: Call, content: bytes, merge_mode: str, delimiter: str, met: list[Fault]
    ) -> OrderUpload:
        """Take a file of orders: PASSED, or FAILED with nothing of it taken. Raises Refusal by the switch."""
        settings, fault, file = self._settings, "", OrderFile((), (), 0, frozenset())
        try:
            file = parse_orders(content, DELIMITERS[delimiter], settings, _asked(met))
        except BadFile as bad:
            refusal = self._refusal(met, bad)
            if settings.bad_order == "refuse_file":
                raise refusal from None
            fault = str(bad)
        self._used(met, "drop_rows", file.hits)
        with self._lock:
            now = self.now()
            upload = OrderUpload(
                id=self._take_id(),
                counter=call.counter,
                merge_mode=merge_mode,
                received_at=now,
                is_passed=not fault,
                rows=file.source,
                accepted=len(file.lines),
                content=None if settings.discard else content,
                size=len(content),
                fault=fault,
                visible_at=now + _delay(met),
                hidden_calls=_hidden(met),
            )
            self._orders.uploads.append(upload)
            self._orders.apply(upload, file, settings, self._random.shuffle)
        return upload

    def _store(
        self, call: Call, content: bytes, client_id_type: str, met: list[Fault], parsed: Parsed | CallFile
    ) -> StoredUpload:
        self._used(met, "drop_rows", parsed.hits)
        with self._lock:
            now = self.now()
            upload = StoredUpload(
                id=self._take_id(),
                counter=call.counter,
                comment=call.comment,
                client_id_type=client_id_type,
                received_at=now,
                parsed=parsed,
                content=None if self._settings.discard else content,
                size=len(content),
                visible_at=now + _delay(met),
                hidden_calls=_hidden(met),
            )
            self._uploads.append(upload)
        return upload

    def _take_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1

    def _refusal(self, met: list[Fault], bad: BadFile) -> Refusal:
        self._used(met, "reject_ids", frozenset({bad.hit}))
        return Refusal(400, "invalid_uploading", str(bad))

    def uploads(self) -> list[StoredUpload]:
        """All uploads, oldest first."""
        with self._lock:
            return list(self._uploads)

    def order_uploads(self) -> list[OrderUpload]:
        """All uploads of orders that were answered with 200, oldest first."""
        with self._lock:
            return list(self._orders.uploads)

    def orders(self, counter: int | None = None) -> list[StoredOrder]:
        """All orders in their present state."""
        with self._lock:
            return self._orders.orders(counter)

    def calls(self, counter: int | None = None) -> list[dict[str, object]]:
        """All calls with `times`, how often each was received (by counter, ids, DateTime and phone)."""
        found: dict[tuple[object, ...], dict[str, object]] = {}
        for upload in self.uploads():
            if not isinstance(upload.parsed, CallFile) or counter not in {None, upload.counter}:
                continue
            for call in upload.parsed.calls:
                ids = [call.get(name, "") for name in (*CALL_IDS, "DateTime", "PhoneNumber")]
                before = found.get(same := (upload.counter, *ids), {"times": 0})
                times = int(str(before["times"])) + 1
                found[same] = {"counter": upload.counter, **call, "times": times, "upload": upload.id}
        return list(found.values())

    def upload(self, upload_id: int) -> StoredUpload | OrderUpload | None:
        """One upload."""
        both: list[StoredUpload | OrderUpload] = [*self.uploads(), *self.order_uploads()]
        return next((upload for upload in both if upload.id == upload_id), None)

    def listed_orders(self, counter: int, limit: int, until: float) -> list[OrderUpload]:
        """The last uploads of orders up to a moment, newest first."""
        with self._lock:
            shown = self._orders.listed(counter, self.now())
        return [one for one in shown if one.received_at <= until][:limit]

    def add_history(self, counter: int, uploads: int, entries: Iterable[dict[str, object]] = ()) -> int:
        """Have a counter's list hold so many processed uploads of long ago, and these entries as they are."""
        with self._lock:
            past = self._history.setdefault(counter, [])
            first = FIRST_HISTORY_ID + len(past)
            past += [
                {
                    "id": number,
                    "create_time": "2025-01-01T00:00:00Z",
                    "source_quantity": 1,
                    "line_quantity": 1,
                    "comment": f"past{number}",
                    "status": "PROCESSED",
                    "type": "BASIC",
                    "linked_quantity": 1,
                }
                for number in range(first, first + uploads)
            ]
            past += entries
            return len(past)

    def listed_conversions(self, counter: int, limit: int, offset: int) -> list[dict[str, object]]:
        """A page of the list as it is shown, the uploads of long ago included."""
        settings, now, newest_first = self._settings, self.now(), self._settings.list_order == "newest_first"
        shown = self.listed(counter, len(self._uploads) + 1, 0)
        past = self._history.get(counter, [])
        limit = min(limit, settings.list_cap)
        if newest_first:
            page = [one.reply(now, settings) for one in shown[offset : offset + limit]]
            start = max(offset - len(shown), 0)
            return page + past[::-1][start : start + limit - len(page)]
        page = past[offset : offset + limit]
        start = max(offset - len(past), 0)
        return page + [one.reply(now, settings) for one in shown[start : start + limit - len(page)]]

    def listed(
        self, counter: int, limit: int, offset: int, entity: Entity = "conversions"
    ) -> list[StoredUpload]:
        """A page of a counter's list, in the order of the switch `list_order`."""
        now = self.now()
        with self._lock:
            shown = []
            for upload in self._uploads:
                if upload.counter != counter or upload.entity != entity:
                    continue
                if upload.hidden_calls > 0:
                    upload.hidden_calls -= 1
                elif upload.visible_at <= now:
                    shown.append(upload)
        if self._settings.list_order == "newest_first":
            shown.reverse()
        return shown[offset : offset + limit]

    def goals(self, counter: int) -> tuple[EmulatedGoal, ...]:
        """The goals of a counter; see `EmulatorSettings.goals`."""
        if self._settings.goals is not None:
            return self._settings.goals
        with self._lock:
            return goals_named({"order_paid": None, **self._targets.get(counter, {})})

    def conversions(self, counter: int | None = None) -> list[StoredConversion]:
        """Conversions after overwriting; none with `discard`."""
        with self._lock:
            self._folded.fold(self._uploads, self._settings)
            return self._folded.conversions(counter)

    def summary(self, counter: int | None = None) -> dict[str, object]:
        """Counts of everything, for a glance."""
        with self._lock:
            uploads = [one for one in self._uploads if counter is None or one.counter == counter]
            orders = self._orders.orders(counter)
            self._folded.fold(self._uploads, self._settings)
            counts: dict[str, object] = dict(self._folded.summary(counter))
            return counts | {
                "uploads": len(uploads),
                "rows": sum(one.parsed.accepted for one in uploads),
                "linked": sum(one.parsed.linked for one in uploads),
                "orders": len(orders),
                "orders_sent_again": sum(one.times > 1 for one in orders),
                "requests": len(self._log),
                "discard": self._settings.discard,
            }

    def _used(self, met: list[Fault], kind: str, hits: frozenset[str]) -> None:
        for fault in met:
            if fault.kind == kind and fault.ids & hits:
                self.faults.used(fault)


def _asked(met: list[Fault]) -> Asked:
    """The ids that faults want refused or left out."""
    if not any(fault.ids for fault in met):
        return NOTHING_ASKED
    return Asked(_ids(met, "reject_ids"), _ids(met, "drop_rows"))


def _delay(met: list[Fault]) -> float:
    """Seconds until a list shows a new upload (list_delay)."""
    return max((fault.seconds for fault in met if fault.kind == "list_delay"), default=0)


def _hidden(met: list[Fault]) -> int:
    """Calls of a list that do not show a new upload yet (list_delay)."""
    return max((fault.calls for fault in met if fault.kind == "list_delay"), default=0)


def _ids(met: list[Fault], kind: str) -> frozenset[str]:
    return frozenset().union(*(fault.ids for fault in met if fault.kind == kind))
