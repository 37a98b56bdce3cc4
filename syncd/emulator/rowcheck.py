"""One row of an uploaded file: is it good, is its visitor known? Pure; called a million times a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from iso4217 import Currency

from syncd.emulator.settings import EmulatorSettings

CURRENCIES = frozenset(currency.code for currency in Currency)
"""ISO 4217, as documented for Currency [D SUP-data]."""

MAX_TEXT = 255
"""Longest Target taken; no document names a bound, and syncd keeps to this one."""

_UNIX = re.compile(r"[0-9]{1,18}")
_PRICE = re.compile(r"[0-9]+(\.[0-9]+)?")
_SIGNED_PRICE = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_DIGITS = re.compile(r"[0-9]{1,20}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CYRILLIC = re.compile("[А-Яа-яЁё]")  # noqa: RUF001 - the Cyrillic range is meant


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a file's columns stand."""

    ids: tuple[tuple[str, int], ...]
    """Id columns present, in the order in which they count."""
    target: int
    moment: int
    price: int | None
    currency: int | None
    width: int


def known_currency(code: str, settings: EmulatorSettings) -> bool:
    """Is it a currency? If not, Metrica keeps the row and nulls its money [D SUP-data]."""
    return (code.upper() if settings.currency_case == "any" else code) in CURRENCIES


class RowCheck:
    """The rules for the rows of one file."""

    def __init__(self, layout: Layout, settings: EmulatorSettings, now: float) -> None:
        self._layout = layout
        self._settings = settings
        self._latest = int(now) + settings.future_tolerance
        self._price = _SIGNED_PRICE if settings.negative_price == "accepted" else _PRICE
        self._ids = tuple(at for _name, at in layout.ids)
        self._numeric = tuple(at for name, at in layout.ids if name in {"ClientId", "Yclid"})
        self._good_targets: set[str] = set()
        self._seen: set[tuple[str, ...]] = set()

    def fault(self, row: Sequence[str]) -> str:
        """What is wrong with a row, "" if nothing is."""
        layout = self._layout
        if len(row) != layout.width:
            return f"{len(row)} cells instead of {layout.width}"
        target = row[layout.target]
        if target not in self._good_targets:
            if fault := self._target_fault(target):
                return fault
            self._good_targets.add(target)
        moment = row[layout.moment]
        if not _UNIX.fullmatch(moment):
            return "DateTime is not a unix time in seconds"
        if int(moment) > self._latest:
            return "DateTime lies in the future"
        return self._id_fault(row) or self._money_fault(row) or self._repeat_fault(row)

    def _target_fault(self, target: str) -> str:
        if not target.strip() or len(target) > MAX_TEXT or _CONTROL.search(target):
            return "Target is not a goal's identifier"
        if self._settings.cyrillic_target == "bad_row" and _CYRILLIC.search(target):
            return "Target is not a goal's identifier"
        return ""

    def _id_fault(self, row: Sequence[str]) -> str:
        if not any(row[at] for at in self._ids) and self._settings.row_without_id == "bad_row":
            return "no id"
        if self._settings.numeric_ids == "checked":
            for at in self._numeric:
                if row[at] and not _DIGITS.fullmatch(row[at]):
                    return "ClientId or Yclid is not a number"
        return ""

    def _money_fault(self, row: Sequence[str]) -> str:
        layout = self._layout
        optional = self._settings.empty_money == "accepted"
        if layout.price is not None:
            price = row[layout.price]
            if not (self._price.fullmatch(price) or (optional and not price)):
                return "Price is not a number"
        if layout.currency is not None and not (row[layout.currency] or optional):
            return "Currency is empty"
        return ""

    def _repeat_fault(self, row: Sequence[str]) -> str:
        if self._settings.duplicate_in_file == "overwrites":
            return ""
        same = (*(row[at] for at in self._ids), row[self._layout.target], row[self._layout.moment])
        if same in self._seen:
            return "the same conversion twice in one file"
        self._seen.add(same)
        return ""


def visitor_rule(layout: Layout, settings: EmulatorSettings) -> Callable[[Sequence[str]], bool]:
    """Is the visitor of a row known? The first id that is filled counts (`several_ids` gives the order)."""
    places = tuple(at for _name, at in layout.ids)
    visitors = settings.visitors

    def known(row: Sequence[str]) -> bool:
        value = next((row[at] for at in places if row[at]), "")
        if not value or visitors == "none":
            return False
        if visitors == "even":
            return value[-1] in "02468"
        return visitors == "all" or value in visitors

    return known
