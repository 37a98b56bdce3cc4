"""Orders as Metrica would keep them: the files that came, and what each order came to."""

from __future__ import annotations

from collections.abc import Callable, MutableSequence, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from syncd.emulator.orders import CONTACTS, SEVERAL, Line, OrderFile, moment_of
from syncd.emulator.rowcheck import visitor_rule
from syncd.emulator.settings import EmulatorSettings

DAY = 86_400
ATTACHED_FOR = 21 * DAY
"""Seconds: an order is attached to a visit of the 21 days before it is sent."""
CHANGED_FOR = 111 * DAY
"""Seconds: status and revenue may change for 111 days after that visit."""

Shuffle = Callable[[MutableSequence[Line]], None]


@dataclass(slots=True)
class OrderUpload:
    """One file of orders that was answered with 200."""

    id: int
    counter: int
    merge_mode: str
    received_at: float
    """Unix seconds."""
    is_passed: bool
    rows: int
    accepted: int
    content: bytes | None
    """The exact bytes of the file; None with `discard`."""
    size: int
    fault: str = ""
    """Why it FAILED."""
    visible_at: float = 0.0
    hidden_calls: int = 0

    def reply(self) -> dict[str, object]:
        """The upload as the API shows it; its id is a text."""
        return {
            "uploading_id": str(self.id),
            "datetime": datetime.fromtimestamp(self.received_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "api_validation_status": "PASSED" if self.is_passed else "FAILED",
            "elements_count": self.accepted,
            "entity_type": "SIMPLE_ORDER",
            "uploading_format": "SIMPLE_ORDERS",
            "uploading_source": "API",
        }

    def inspected(self) -> dict[str, object]:
        """The upload as `GET /_emulator/uploads` shows it."""
        return {
            "id": self.id,
            "entity": "orders",
            "counter": self.counter,
            "merge_mode": self.merge_mode,
            "rows": self.rows,
            "accepted": self.accepted,
            "bytes": self.size,
            "status": "PASSED" if self.is_passed else "FAILED",
            "fault": self.fault,
            "received_at": self.received_at,
        }


@dataclass(slots=True)
class StoredOrder:
    """One order in its present state."""

    counter: int
    id: str
    create_date_time: str
    """As it was first sent; it cannot be changed."""
    created_at: float
    """`create_date_time` in unix seconds."""
    is_attached: bool
    """Whether it was attached to a visit when it came; else only "Visitors and customers" shows it."""
    values: dict[str, str | None] = field(default_factory=dict)
    """What is known of it, by column."""
    times: int = 0
    """How often it was received."""
    upload: int = 0
    """The upload that changed it last."""
    late_changes: int = 0
    """Changes that came after the 111 days and were ignored."""
    moved: int = 0
    """How often it came with another create_date_time, which was ignored."""

    def as_json(self) -> dict[str, object]:
        """The order as `GET /_emulator/orders` shows it."""
        return {
            "counter": self.counter,
            "id": self.id,
            "create_date_time": self.create_date_time,
            "created_at": self.created_at,
            **self.values,
            "order_status": self.values.get("order_status") or "PAID",
            "attached": self.is_attached,
            "times": self.times,
            "upload": self.upload,
            "late_changes": self.late_changes,
            "moved": self.moved,
        }


class OrderBook:
    """The orders of all counters. Not thread-safe: `state` locks."""

    def __init__(self) -> None:
        self.uploads: list[OrderUpload] = []
        self._orders: dict[tuple[int, str], StoredOrder] = {}
        self._nameless = 0

    def clear(self) -> None:
        """Forget everything."""
        self.uploads.clear()
        self._orders.clear()

    def apply(
        self, upload: OrderUpload, file: OrderFile, settings: EmulatorSettings, shuffle: Shuffle
    ) -> None:
        """Take in a file that PASSED: its lines in random order, as documented for lines of one id."""
        lines = list(file.lines)
        shuffle(lines)
        is_known = visitor_rule(settings)
        for line in lines:
            self._apply_line(upload, line, file.columns, settings, is_known)

    def orders(self, counter: int | None) -> list[StoredOrder]:
        """All of them, or one counter's, in the order they first came."""
        return [one for one in self._orders.values() if counter is None or one.counter == counter]

    def listed(self, counter: int, now: float) -> list[OrderUpload]:
        """The uploads that `last_uploadings` shows, newest first; a look uses up a hidden call."""
        shown = []
        for upload in self.uploads:
            if upload.counter != counter:
                continue
            if upload.hidden_calls > 0:
                upload.hidden_calls -= 1
            elif upload.visible_at <= now:
                shown.append(upload)
        return shown[::-1]

    def _apply_line(
        self,
        upload: OrderUpload,
        line: Line,
        columns: Sequence[str],
        settings: EmulatorSettings,
        is_known: Callable[[str], bool],
    ) -> None:
        order_id = line.get("id") or self._name()
        created = moment_of(line["create_date_time"], settings) or 0.0
        order = self._orders.get((upload.counter, order_id))
        if order is None:
            contacts = [one for column in CONTACTS for one in line.get(column, "").split(",")]
            is_attached = any(map(is_known, contacts)) and upload.received_at - created <= ATTACHED_FOR
            order = StoredOrder(upload.counter, order_id, line["create_date_time"], created, is_attached)
            self._orders[upload.counter, order_id] = order
        order.times += 1
        order.upload = upload.id
        if order.create_date_time != line["create_date_time"]:
            order.moved += 1
        if order.is_attached and upload.received_at - order.created_at > CHANGED_FOR:
            order.late_changes += 1
            return
        order.values = _merged(order.values, line, columns, upload.merge_mode)

    def _name(self) -> str:
        """An order without an id is one more order each time it comes."""
        self._nameless += 1
        return f"(no id {self._nameless})"


def _merged(
    before: dict[str, str | None], line: Line, columns: Sequence[str], merge_mode: str
) -> dict[str, str | None]:
    """What an order holds after one line, by the merge mode."""
    given = {name: line[name] or None for name in columns if name not in {"id", "create_date_time"}}
    if merge_mode == "SAVE":
        return given
    if merge_mode == "APPEND":
        for name in set(SEVERAL) & set(given):
            both = f"{before.get(name) or ''},{given[name] or ''}".strip(",").split(",")
            given[name] = ",".join(dict.fromkeys(both)) or None
    return before | given
