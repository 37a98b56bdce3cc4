"""The uploaded file: is it as the documents ask, and what does it say? Pure; a million rows in seconds."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from syncd.emulator.rowcheck import FileColumns, RowCheck, first_id_rule, known_currency, visitor_rule
from syncd.emulator.settings import EmulatorSettings

ID_COLUMNS = ("ClientId", "UserId", "Yclid", "PurchaseId")
COLUMNS = (*ID_COLUMNS, "Target", "DateTime", "Price", "Currency")
"""All columns that are documented for BASIC, in their documented spelling."""

CLIENT_ID_TYPES = {"CLIENT_ID": "ClientId", "USER_ID": "UserId", "YCLID": "Yclid"}
"""The values of the old parameter, and of the replies' field, with their columns."""


class BadFile(Exception):
    """The file is refused as a whole. `hit` is the id on whose account, when a fault asked for that."""

    def __init__(self, message: str, hit: str = "") -> None:
        self.hit = hit
        super().__init__(message)


class AcceptedRow(NamedTuple):
    """One accepted row, as Metrica understands it."""

    id_column: str
    id: str
    target: str
    moment: int
    price: str | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file came to."""

    layout: FileColumns
    source: int
    """Rows in the file, without the header."""
    dropped: frozenset[int]
    """Places (from 0) of rows that were left out."""
    linked: int
    user_not_found: int
    goal_not_found: int
    visitors: int
    """Rows whose visitor is known; without any the upload ends as LINKAGE_FAILURE."""
    hits: frozenset[str]
    """Ids on whose account rows were left out, because a fault asked for that."""
    targets: frozenset[str]

    @property
    def id_columns(self) -> tuple[str, ...]:
        """The id columns of the file."""
        return tuple(name for name, _at in self.layout.ids)

    @property
    def accepted(self) -> int:
        """Rows that passed validation."""
        return self.source - len(self.dropped)


@dataclass(frozen=True, slots=True)
class Asked:
    """Ids that faults want refused or left out."""

    refuse: frozenset[str] = frozenset()
    drop: frozenset[str] = frozenset()


NOTHING_ASKED = Asked()


def parse(
    content: bytes,
    settings: EmulatorSettings,
    now: float,
    *,
    client_id_type: str = "",
    asked: Asked = NOTHING_ASKED,
) -> Parsed:
    """Read and check a whole file.

    Args:
        content: The bytes of the part `file`.
        settings: Decides what is bad, and who is known.
        now: Unix seconds; no DateTime may lie after it.
        client_id_type: The old query parameter, "" if it was not sent.
        asked: Ids that faults want refused or left out.

    Raises:
        BadFile: The API would answer `invalid_uploading`.
    """
    reader = _reader(content)
    try:
        layout = _layout(next(reader, None), settings)
        _check_type(layout, client_id_type, settings)
        tally = _Tally(layout, settings, now, asked)
        for place, row in enumerate(reader):
            if row or settings.blank_line == "bad_row":
                tally.add(place, row)
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadFile(f"The file cannot be read as CSV in UTF-8: {error}") from None
    if not tally.source:
        raise BadFile("The file holds no rows")
    return tally.parsed()


def rows(content: bytes, parsed: Parsed, settings: EmulatorSettings) -> Iterator[AcceptedRow]:
    """The accepted rows of a file that `parse` has passed; unknown currencies null the money."""
    reader = _reader(content)
    next(reader)
    layout, dropped = parsed.layout, parsed.dropped
    for place, row in enumerate(reader):
        if place in dropped or not row:
            continue
        column, value = next(((name, row[at]) for name, at in layout.ids if row[at]), ("", ""))
        price = None if layout.price is None else row[layout.price] or None
        currency = None if layout.currency is None else row[layout.currency] or None
        if currency is not None and not known_currency(currency, settings):
            price = currency = None
        yield AcceptedRow(column, value, row[layout.target], int(row[layout.moment]), price, currency)


def _reader(content: bytes) -> Iterator[list[str]]:
    # TextIOWrapper decodes piecemeal and BytesIO shares the bytes, so a file costs no second copy.
    return csv.reader(io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline=""), strict=True)


def _layout(header: list[str] | None, settings: EmulatorSettings) -> FileColumns:
    if not header:
        raise BadFile("The file is empty")
    if settings.bom == "ignored":
        header[0] = header[0].removeprefix("\ufeff")
    places: dict[str, int] = {}
    for at, name in enumerate(header):
        known = _column(name, settings)
        if known is None and settings.extra_columns == "refused":
            raise BadFile(f"Unknown column: {name}")
        if known in places:
            raise BadFile(f"Column given twice: {known}")
        if known is not None:
            places[known] = at
    missing = [name for name in ("Target", "DateTime") if name not in places]
    ids = tuple((name, places[name]) for name in settings.several_ids if name in places)
    if missing or not ids:
        raise BadFile(
            f"Required column is missing: {', '.join(missing) or 'one of ' + ', '.join(ID_COLUMNS)}"
        )
    price, currency = places.get("Price"), places.get("Currency")
    return FileColumns(ids, places["Target"], places["DateTime"], price, currency, len(header))


def _column(name: str, settings: EmulatorSettings) -> str | None:
    if settings.header_case == "any":
        return next((column for column in COLUMNS if column.lower() == name.lower()), None)
    return name if name in COLUMNS else None


def _check_type(layout: FileColumns, client_id_type: str, settings: EmulatorSettings) -> None:
    if settings.client_id_type == "ignored" or not client_id_type:
        return
    column = CLIENT_ID_TYPES[client_id_type]
    if column not in dict(layout.ids):
        raise BadFile(f"Required column is missing: {column} (client_id_type={client_id_type})")


class _Tally:
    """Checks the rows of one file and counts them."""

    def __init__(self, layout: FileColumns, settings: EmulatorSettings, now: float, asked: Asked) -> None:
        self.source = 0
        self._layout = layout
        self._settings = settings
        self._asked = asked
        self._check = RowCheck(layout, settings, now)
        self._first_id = first_id_rule(layout)
        self._known = visitor_rule(settings)
        goals = settings.goals
        self._reached = None if goals is None else {goal.identifier for goal in goals if goal.reachable}
        self._visitors = self._goals = self._both = 0
        self._targets: set[str] = set()
        self._dropped: set[int] = set()
        self._hits: set[str] = set()
        self._is_asked = bool(asked.refuse or asked.drop)

    def add(self, place: int, row: list[str]) -> None:
        self.source += 1
        first_id = self._first_id(row)
        if fault := self._check.fault(row, first_id):
            if self._settings.bad_row == "refuse_file":
                raise BadFile(f"Line {place + 2}: {fault}")
            self._dropped.add(place)
        elif self._is_asked and self._asked_to_drop(place, row):
            self._dropped.add(place)
        else:
            target = row[self._layout.target]
            self._targets.add(target)
            known = self._known(first_id)
            reached = self._reached is None or target in self._reached
            self._visitors += known
            self._goals += reached
            self._both += known and reached

    def parsed(self) -> Parsed:
        accepted = self.source - len(self._dropped)
        both = self._settings.linked_counts == "visitor_and_goal"
        return Parsed(
            layout=self._layout,
            source=self.source,
            dropped=frozenset(self._dropped),
            linked=self._both if both else self._visitors,
            user_not_found=accepted - self._visitors,
            goal_not_found=accepted - self._goals,
            visitors=self._visitors,
            hits=frozenset(self._hits),
            targets=frozenset(self._targets),
        )

    def _asked_to_drop(self, place: int, row: list[str]) -> bool:
        ids = {row[at] for _name, at in self._layout.ids}
        if refused := ids & self._asked.refuse:
            raise BadFile(f"Line {place + 2}: bad row", hit=min(refused))
        self._hits |= ids & self._asked.drop
        return bool(ids & self._asked.drop)
