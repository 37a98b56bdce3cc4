"""One row of an uploaded file: is it good, is its visitor known? Pure; called a million times a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from iso4217 import Currency

from syncd.emulator.settings import EmulatorSettings

CURRENCIES = frozenset(currency.code for currency in Currency)
"""ISO 4217, as documented for Currency."""

MAX_TEXT = 255
"""Longest Target taken; no document names a bound, and syncd keeps to this one."""

_is_unix = re.compile(r"[0-9]{1,18}").fullmatch
_PRICE = re.compile(r"[0-9]+(\.[0-9]+)?")
_SIGNED_PRICE = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_DIGITS = re.compile(r"[0-9]{1,20}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CYRILLIC = re.compile("[А-Яа-яЁё]")  # noqa: RUF001 - the Cyrillic range is meant


@dataclass(frozen=True, slots=True)
class FileColumns:
    """Where a file's columns stand."""

    ids: tuple[tuple[str, int], ...]
    """Id columns present, in the order in which they count."""
    target: int
    moment: int
    price: int | None
    currency: int | None
    width: int


def known_currency(code: str, settings: EmulatorSettings) -> bool:
    """Is it a currency? If not, Metrica keeps the row and nulls its money."""
    return (code.upper() if settings.currency_case == "any" else code) in CURRENCIES


class RowCheck:
    """The rules for the rows of one file. Written for speed where every row passes."""

    def __init__(self, layout: FileColumns, settings: EmulatorSettings, now: float) -> None:
        self._layout = layout
        self._settings = settings
        self._latest = int(now) + settings.future_tolerance
        price = _SIGNED_PRICE if settings.negative_price == "accepted" else _PRICE
        self._is_price = price.fullmatch
        self._money_optional = settings.empty_money == "accepted"
        self._needs_id = settings.row_without_id == "bad_row"
        self._numeric: tuple[int, ...] = ()
        if settings.numeric_ids == "checked":
            self._numeric = tuple(at for name, at in layout.ids if name in {"ClientId", "Yclid"})
        self._good_targets: set[str] = set()
        self._seen: set[tuple[str, ...]] | None = (
            None if settings.duplicate_in_file == "overwrites" else set()
        )

    # One return per rule and no call per rule: this is what a million rows spend their time in.
    def fault(self, row: Sequence[str], first_id: str) -> str:  # noqa: PLR0911 — see above
        """Say what is wrong with a row, "" if nothing is; `first_id` is its first id that is filled."""
        layout = self._layout
        if len(row) != layout.width:
            return f"{len(row)} cells instead of {layout.width}"
        if row[layout.target] not in self._good_targets:
            if fault := self._target_fault(row[layout.target]):
                return fault
            self._good_targets.add(row[layout.target])
        if not _is_unix(row[layout.moment]):
            return "DateTime is not a unix time in seconds"
        if int(row[layout.moment]) > self._latest:
            return "DateTime lies in the future"
        if not first_id and self._needs_id:
            return "no id"
        if layout.price is not None:
            price = row[layout.price]
            if not (self._is_price(price) if price else self._money_optional):
                return "Price is not a number"
        if layout.currency is not None and not (row[layout.currency] or self._money_optional):
            return "Currency is empty"
        return self._switched_fault(row) if self._numeric or self._seen is not None else ""

    def _target_fault(self, target: str) -> str:
        if not target.strip() or len(target) > MAX_TEXT or _CONTROL.search(target):
            return "Target is not a goal's identifier"
        if self._settings.cyrillic_target == "bad_row" and _CYRILLIC.search(target):
            return "Target is not a goal's identifier"
        return ""

    def _switched_fault(self, row: Sequence[str]) -> str:
        """The rules of switches that are off by default."""
        for at in self._numeric:
            if row[at] and not _DIGITS.fullmatch(row[at]):
                return "ClientId or Yclid is not a number"
        if self._seen is not None:
            ids = (row[at] for _name, at in self._layout.ids)
            same = (*ids, row[self._layout.target], row[self._layout.moment])
            if same in self._seen:
                return "the same conversion twice in one file"
            self._seen.add(same)
        return ""


def first_id_rule(layout: FileColumns) -> Callable[[Sequence[str]], str]:
    """The first id of a row that is filled, "" if none is; `several_ids` gives the order."""
    places = tuple(at for _name, at in layout.ids)

    def first_id(row: Sequence[str]) -> str:
        for at in places:
            if at < len(row) and row[at]:
                return row[at]
        return ""

    return first_id


def visitor_rule(settings: EmulatorSettings) -> Callable[[str], bool]:
    """Is the visitor with this id known?"""
    visitors = settings.visitors
    if visitors == "all":
        return bool
    if visitors == "none":
        return lambda _value: False
    if visitors == "even":
        return lambda value: value[-1:] in {"0", "2", "4", "6", "8"}
    return visitors.__contains__
