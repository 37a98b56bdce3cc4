"""What the emulator is told to be: who may use it, whom it knows, what it does where documents are silent.

A field marked "Open:" is a switch: no public document says how Metrica behaves there. Its default is the
answer that is the harder one for a client, or the one that field reports make the likelier.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

from syncd.emulator.goals import EmulatedGoal, goals_from

Tokens = Mapping[str, frozenset[int] | None]
"""Token to the counters it may use; None: every counter."""

RULES = ("all", "none", "even")
"""Rules for `visitors`: every id is known, none is, or those that end in an even digit."""


@dataclass(frozen=True, slots=True)
class EmulatorSettings:
    """Everything that can be set, at start (`syncd emulator`) or with `PUT /_emulator/settings`."""

    # --- who may use it
    tokens: Tokens | None = field(default=None, repr=False)
    """None: any token that is not blank."""
    expired_tokens: frozenset[str] = field(default=frozenset(), repr=False)
    """Refused as `expired_token` says."""
    counters: frozenset[int] | None = None
    """None: every counter exists."""
    permission: Literal["own", "edit", "view"] = "own"
    """What the token may do at its counters; `view` refuses uploads."""

    # --- whom and what it knows
    visitors: str | frozenset[str] = "all"
    """Ids that are linked: one of RULES, or the ids themselves."""
    goals: tuple[EmulatedGoal, ...] | None = None
    """None: every Target is a goal, and the goals listed are `order_paid` and the Targets seen so far."""
    order_statuses: frozenset[str] = frozenset()
    """Statuses of the company's own that are mapped in the counter, beside the four documented ones."""
    time_zone_name: str = "Europe/Moscow"
    time_zone_offset: int = 180
    """Minutes east of Greenwich, as the counter shows it."""

    # --- time
    clock_offset: float = 0.0
    """Seconds added to the clock: tests and demonstrations move time with it."""
    ripen_after: float | None = 3.0
    """Seconds until the final status; EXPORTED and MATCHED come at a third and two thirds. None: never."""

    # --- memory
    discard: bool = False
    """Count rows only and keep no file: for benchmarks."""
    log_size: int = 1000
    """How many requests the log keeps."""

    # --- limits; None turns one off
    max_file_bytes: int = 1_000_000_000
    requests_per_second_by_ip: int | None = None
    """Documented as 30; off by default, since tests are faster than that."""
    parallel_by_uid: int | None = 3
    requests_per_day_by_uid: int | None = 5000
    requests_per_day_by_counter: int | None = 5000

    # --- what public documents leave open
    bad_row: Literal["refuse_file", "drop_row"] = "refuse_file"
    """Open: does one bad row fail the file (400), or is it left out (line_quantity < source_quantity)?"""
    client_id_type: Literal["ignored", "enforced", "required"] = "ignored"
    """Open: is the old parameter ignored now, held against the file's columns if sent, or required?"""
    header_case: Literal["exact", "any"] = "exact"
    """Open: must column names be spelt as documented?"""
    bom: Literal["part_of_header", "ignored"] = "part_of_header"
    """Open: is a byte order mark taken for a part of the first column's name?"""
    blank_line: Literal["bad_row", "skipped"] = "bad_row"
    """Open: an empty line among the rows."""
    extra_columns: Literal["ignored", "refused"] = "ignored"
    """Open: columns of other names (an unnamed one works in the field)."""
    empty_money: Literal["accepted", "bad_row"] = "accepted"
    """Open: an empty Price or Currency cell."""
    negative_price: Literal["bad_row", "accepted"] = "bad_row"
    """Open: a price below zero."""
    currency_case: Literal["upper", "any"] = "upper"
    """Open: is `rub` a currency?"""
    bad_order: Literal["failed", "refuse_file", "drop_row"] = "failed"
    """Open: does a bad order give 200 with FAILED, 400, or is it left out?"""
    negative_revenue: Literal["bad_row", "accepted"] = "bad_row"
    """Open: an order's revenue or cost below zero."""
    moment_twice: Literal["earlier", "later"] = "earlier"
    """Open: which of two moments is a create_date_time that the counter's zone has twice?"""
    row_without_id: Literal["bad_row", "unlinked"] = "bad_row"
    """Open: is a row whose id cells are all empty refused, or kept and never linked?"""
    numeric_ids: Literal["unchecked", "checked"] = "unchecked"
    """Open: are ClientId and Yclid held to 1-20 digits?"""
    cyrillic_target: Literal["accepted", "bad_row"] = "accepted"
    """Open: a Cyrillic Target was refused in 2018 (yametrikapy issue 6)."""
    future_tolerance: int = 0
    """Open: how many seconds a DateTime may lie ahead."""
    several_ids: tuple[str, ...] = ("ClientId", "UserId", "Yclid", "PurchaseId")
    """Open: which id counts when a row holds several."""
    duplicate_in_file: Literal["overwrites", "bad_row"] = "overwrites"
    """Open: the same conversion twice in one file."""
    linked_counts: Literal["visitor", "visitor_and_goal"] = "visitor"
    """Open: does linked_quantity count rows whose visitor is known but whose goal is not?"""
    no_goal_status: Literal["PROCESSED", "LINKAGE_FAILURE"] = "PROCESSED"
    """Open: how an upload ends whose visitors are known, but none of whose goals."""
    quantities: Literal["final", "always", "zero_until_final", "never"] = "final"
    """Open: when do linked_quantity and *_not_found_quantity appear in replies?"""
    first_status: Literal["UPLOADED", "PREPARED"] = "UPLOADED"
    """Open: the status in the answer to the POST; UPLOADED is the usual one seen."""
    list_order: Literal["newest_first", "oldest_first"] = "newest_first"
    list_cap: int = 10_000
    """Uploads on a page of the list at most, whatever is asked for."""
    """Open: the order of `uploadings`."""
    extended_threshold: Literal["gone", "served"] = "gone"
    """Open: are the old endpoints of the window of 21 days still there?"""
    too_big_error: Literal["limit_exceeded", "invalid_uploading"] = "limit_exceeded"
    """Open: the error_type of a file over 1 GB."""
    expired_token: Literal[401, 403] = 403
    """Open: the status of an expired token (documents and observed replies differ)."""
    bearer: Literal["refused", "accepted"] = "refused"
    """Open: `Authorization: Bearer`."""
    retry_after: int | None = None
    """Open: seconds in a Retry-After header of 429; None sends none."""
    quota_groups: Literal["separate", "together"] = "separate"
    """Open: are reads and writes counted apart against the daily quotas?"""

    def __post_init__(self) -> None:
        if isinstance(self.visitors, str) and self.visitors not in RULES:
            raise ValueError(f"visitors: one of {', '.join(RULES)}, or a list of ids")


_EITHER_WAY = frozenset({"clock_offset", "time_zone_offset"})
"""The only numbers that make sense below zero."""
_HINTS = get_type_hints(EmulatorSettings)
_NAMES = tuple(one.name for one in fields(EmulatorSettings))


def changed(settings: EmulatorSettings, changes: Mapping[str, object]) -> EmulatorSettings:
    """The settings with some of them changed, the values as JSON has them.

    Raises:
        ValueError: A name or a value that does not exist; the message says which.
    """
    unknown = sorted(set(changes) - set(_NAMES))
    if unknown:
        raise ValueError(f"unknown setting: {', '.join(unknown)}")
    return replace(settings, **{name: _value(name, value) for name, value in changes.items()})


def as_json(settings: EmulatorSettings) -> dict[str, object]:
    """The settings as JSON values; tokens are counted, never shown."""
    shown: dict[str, object] = {}
    for name in _NAMES:
        value = getattr(settings, name)
        if name in {"tokens", "expired_tokens"}:
            value = None if value is None else f"{len(value)} tokens"
        elif name == "goals" and value is not None:
            value = [goal.as_json() for goal in value]
        elif isinstance(value, frozenset):
            value = sorted(value)
        shown[name] = value
    return shown


def _value(name: str, value: object) -> Any:
    """One JSON value as the setting's own type; ValueError says what is wrong."""
    try:
        if name in _CONVERTED:
            return _CONVERTED[name](value)
        return _plain(name, value)
    except (TypeError, AttributeError, ValueError, LookupError) as error:
        if "token" in name:
            # Neither the value nor the chain of errors may show it.
            raise ValueError(f"{name}: this cannot be used") from None
        raise ValueError(f"{name}: {value!r} cannot be used") from error


def _plain(name: str, value: object) -> object:
    """A value of a simple type, held against the field's annotation."""
    hint = _HINTS[name]
    if get_origin(hint) is Literal:
        allowed: tuple[object, ...] = get_args(hint)
        if value not in allowed:
            raise ValueError(f"one of {allowed}")
        return value
    kinds = get_args(hint) or (hint,)
    if isinstance(value, bool) and bool not in kinds:
        raise TypeError("no boolean")
    if float in kinds and isinstance(value, int):
        value = float(value)
    if not isinstance(value, kinds):
        raise TypeError(f"expected {kinds}")
    if isinstance(value, int | float) and not math.isfinite(value):
        raise ValueError("no number to reckon with")
    if isinstance(value, int | float) and value < 0 and name not in _EITHER_WAY:
        raise ValueError("below zero")
    return value


def _texts(value: Any) -> frozenset[str]:
    if isinstance(value, str):
        raise TypeError("a list of texts")
    return frozenset(str(one) for one in value)


def _tokens(value: Any) -> Tokens | None:
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {str(token): _counters(counters) for token, counters in value.items()}
    return dict.fromkeys(_texts(value))


def _counters(value: Any) -> frozenset[int] | None:
    return None if value is None else frozenset(int(one) for one in value)


_CONVERTED: dict[str, Any] = {
    "order_statuses": _texts,
    "tokens": _tokens,
    "expired_tokens": _texts,
    "counters": _counters,
    "visitors": lambda value: value if isinstance(value, str) else _texts(value),
    "goals": goals_from,
    "several_ids": lambda value: tuple(str(one) for one in value),
}
