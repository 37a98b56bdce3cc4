"""Faults on demand: what kinds there are, which requests they meet, and in what order they are used up. Pure.

A request meets at most one fault that decides its answer: the earliest that matches. Faults that only set a
condition (`slow`, `reject_ids`, `drop_rows`, `list_delay`) all apply, beside it.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Literal, get_args

from syncd.emulator.replies import QUOTAS

Kind = Literal[
    "refuse",
    "slow",
    "drop_before",
    "drop_after",
    "error_after",
    "error_before",
    "hang",
    "bad_json",
    "partial_json",
    "reject_ids",
    "drop_rows",
    "exhaust_quota",
    "list_delay",
    "redirect",
    "huge_reply",
    "minimal_reply",
]
Operation = Literal["upload", "list", "one", "counter", "goals"]
Entity = Literal["conversions", "orders", "calls"]
"""What an upload carries, and so which endpoints are meant."""

KINDS: tuple[str, ...] = get_args(Kind)
OPERATIONS: tuple[str, ...] = get_args(Operation)
ENTITIES: tuple[str, ...] = get_args(Entity)
CONDITIONS = frozenset({"slow", "reject_ids", "drop_rows", "list_delay"})
BY_CONTENT = frozenset({"reject_ids", "drop_rows"})
"""Used up only by a file that holds one of their ids."""

_DEFAULT_STATUS = {
    "refuse": 400,
    "error_before": 503,
    "error_after": 500,
    "exhaust_quota": 429,
    "redirect": 302,
}


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault. Which options mean something depends on the kind; docs/emulator.md has the table."""

    kind: Kind
    on: str = "upload"
    """One operation, or `any`."""
    times: int | None = None
    """How many requests it still meets; None: until it is deleted."""
    skip: int = 0
    """Matching requests that pass before it begins."""
    probability: float = 1.0
    counter: int | None = None
    """Requests for this counter alone."""
    entity: Entity | None = None
    """Requests to the endpoints of conversions, orders or calls alone."""
    comment: str = ""
    """Uploads with this text in their comment alone."""
    status: int = 0
    error_type: str = ""
    message: str = ""
    text: str | None = None
    """The answer's body instead of the documented one, as a proxy would give it."""
    seconds: float = 0.0
    calls: int = 0
    """list_delay: calls of the list that do not show a new upload yet."""
    accept: bool = True
    """hang and slow: is the request carried out before the wait, or after it if the client is still there?"""
    read_body: bool = True
    """drop_before: is the body read first, or the client cut off while it sends?"""
    cut: bool = False
    """partial_json: is the connection cut where the text ends, short of its Content-Length?"""
    ids: frozenset[str] = frozenset()
    quota: str = "quota_requests_by_uid"
    location: str = "https://example.invalid/"
    size: int | None = None
    """huge_reply: bytes; None: without end."""
    id: int = 0
    met: int = field(default=0)
    """How many requests it has met."""

    def as_json(self) -> dict[str, object]:
        """The fault as JSON values."""
        return {**asdict(self), "ids": sorted(self.ids)}


def fault_from(options: Mapping[str, object]) -> Fault:
    """A fault from its JSON object.

    Raises:
        ValueError: A kind, an option or a value that does not exist; the message says which.
    """
    known = {one.name for one in fields(Fault)} - {"id", "met"}
    if unknown := sorted(set(options) - known):
        raise ValueError(f"unknown option: {', '.join(unknown)}")
    kind = options.get("kind")
    if kind not in KINDS:
        raise ValueError(f"kind: one of {', '.join(KINDS)}")
    if options.get("on", "upload") not in (*OPERATIONS, "any"):
        raise ValueError(f"on: one of {', '.join(OPERATIONS)}, any")
    if options.get("entity") not in (*ENTITIES, None):
        raise ValueError(f"entity: one of {', '.join(ENTITIES)}")
    if options.get("quota", "quota_requests_by_uid") not in QUOTAS:
        raise ValueError(f"quota: one of {', '.join(sorted(QUOTAS))}")
    values = {name: _typed(name, value) for name, value in options.items()}
    fault = Fault(**values)  # type: ignore[arg-type]  # checked by _typed, name by name
    if "status" not in options:
        fault.status = _DEFAULT_STATUS.get(fault.kind, 200)
    least, most = _STATUSES.get(fault.kind, (200, 599))
    if not least <= fault.status <= most:
        raise ValueError(f"status: {least} to {most} for {fault.kind}, not {fault.status}")
    return fault


_STATUSES = {
    "refuse": (400, 599),
    "error_before": (400, 599),
    "error_after": (400, 599),
    "redirect": (300, 399),
}
_BOUNDS: dict[str, tuple[float, float]] = {
    "times": (0, math.inf),
    "skip": (0, math.inf),
    "probability": (0, 1),
    "counter": (0, math.inf),
    "seconds": (0, 1_000_000),  # more than a timer may take
    "calls": (0, math.inf),
    "size": (0, math.inf),
}
_TYPES: dict[str, tuple[type, ...]] = {
    "times": (int, type(None)),
    "skip": (int,),
    "probability": (int, float),
    "counter": (int, type(None)),
    "status": (int,),
    "seconds": (int, float),
    "calls": (int,),
    "accept": (bool,),
    "read_body": (bool,),
    "cut": (bool,),
    "size": (int, type(None)),
    "text": (str, type(None)),
    "entity": (str, type(None)),
}


def _typed(name: str, value: object) -> object:
    if name == "ids":
        if isinstance(value, list | tuple | set | frozenset):
            return frozenset(str(one) for one in value)
        raise ValueError("ids: a list of ids")
    allowed = _TYPES.get(name, (str,))
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        raise ValueError(f"{name}: {value!r} cannot be used")
    if name == "location" and not (str(value).isascii() and str(value).isprintable()):
        raise ValueError(f"{name}: {value!r} cannot stand in a header")
    if name in _BOUNDS and isinstance(value, int | float):
        least, most = _BOUNDS[name]
        if not least <= value <= most:  # as NaN is not, either
            wanted = f"{least} or more" if most == math.inf else f"{least} to {most:,}"
            raise ValueError(f"{name}: {wanted}, not {value}")
    return value


@dataclass(frozen=True, slots=True)
class Call:
    """What faults look at in a request."""

    operation: Operation
    counter: int
    comment: str = ""
    entity: Entity = "conversions"


class Faults:
    """The faults in force, in the order they came. Thread-safe."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._next = 1

    def add(self, options: Mapping[str, object]) -> Fault:
        """Put a fault in force. Raises ValueError as `fault_from`."""
        fault = fault_from(options)
        with self._lock:
            fault.id = self._next
            self._next += 1
            self._faults.append(fault)
        return fault

    def all(self) -> list[Fault]:
        """All that were added and not deleted, used up or not."""
        with self._lock:
            return list(self._faults)

    def remove(self, fault_id: int | None = None) -> int:
        """Delete one fault, or all; how many. Requests that hang on one go on."""
        with self._lock:
            kept = [fault for fault in self._faults if fault_id is not None and fault.id != fault_id]
            removed = len(self._faults) - len(kept)
            self._faults = kept
        return removed

    def holds(self, fault: Fault) -> bool:
        """Is it still there (used up or not)?"""
        with self._lock:
            return any(one is fault for one in self._faults)

    def take(self, call: Call) -> list[Fault]:
        """The faults a request meets; all but those BY_CONTENT are used up once by it."""
        with self._lock:
            taken: list[Fault] = []
            answered = False
            for fault in self._faults:
                if (answered and fault.kind not in CONDITIONS) or not self._meets(fault, call):
                    continue
                if fault.kind not in BY_CONTENT:
                    _use(fault)
                taken.append(fault)
                answered = answered or fault.kind not in CONDITIONS
            return taken

    def used(self, fault: Fault) -> None:
        """A file held one of the ids of a fault BY_CONTENT."""
        with self._lock:
            _use(fault)

    def _meets(self, fault: Fault, call: Call) -> bool:
        if fault.times == 0 or fault.on not in {"any", call.operation}:
            return False
        if fault.counter not in {None, call.counter} or fault.comment not in call.comment:
            return False
        if fault.entity not in {None, call.entity}:
            return False
        if fault.skip > 0:
            fault.skip -= 1
            return False
        return fault.probability >= 1 or self._chance() < fault.probability


def _use(fault: Fault) -> None:
    fault.met += 1
    if fault.times is not None and fault.times > 0:
        fault.times -= 1
