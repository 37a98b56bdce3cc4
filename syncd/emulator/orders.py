"""An uploaded file of orders ("simple orders"): is it as the documents ask, and what does it say? Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from syncd.emulator.csvfile import NOTHING_ASKED, Asked, BadFile
from syncd.emulator.rowcheck import CURRENCIES
from syncd.emulator.settings import EmulatorSettings

MERGE_MODES = ("SAVE", "UPDATE", "APPEND")
DELIMITERS = {"COMMA": ",", "SEMICOLON": ";"}
STATUSES = frozenset({"IN_PROGRESS", "PAID", "CANCELLED", "SPAM"})
CONTACTS = ("client_ids", "emails", "phones", "emails_md5", "phones_md5")
"""At least one of them in each order; a cell may hold several values, separated by commas."""
SEVERAL = (*CONTACTS, "goals")
"""Columns of several values, to which APPEND adds."""
COLUMNS = (
    "id",
    "create_date_time",
    "client_uniq_id",
    *CONTACTS,
    "order_status",
    "revenue",
    "cost",
    "goals",
    "currency",
)

_NUMBER = r"[0-9]+(\.[0-9]+)?"
_FORMATS = {
    "client_ids": re.compile(r"[0-9]{1,20}").fullmatch,
    "emails": re.compile(r"[^\s@A-Z\u0400-\u04ff]+@[a-z0-9.-]+").fullmatch,
    "phones": re.compile(r"[0-9]{7,15}").fullmatch,
    "emails_md5": re.compile(r"[0-9a-f]{32}").fullmatch,
    "phones_md5": re.compile(r"[0-9a-f]{32}").fullmatch,
    "goals": re.compile(rf"[0-9]+(:{_NUMBER})?").fullmatch,
}
_MOMENTS = ("%Y-%m-%d", "%d.%m.%Y")
_TIMES = (" %H:%M:%S", " %H:%M", "")
_IS_NUMBER = re.compile(_NUMBER).fullmatch
_IS_SIGNED = re.compile(f"-?{_NUMBER}").fullmatch

Line = Mapping[str, str]
"""The cells of one order by column; empty cells are empty texts."""


@dataclass(frozen=True, slots=True)
class OrderFile:
    """What a file came to."""

    columns: tuple[str, ...]
    lines: Sequence[Line]
    """The orders that were taken, in the order of the file."""
    source: int
    """Rows in the file, without the header."""
    hits: frozenset[str]
    """Ids on whose account rows were left out, because a fault asked for that."""


def parse_orders(
    content: bytes, delimiter: str, settings: EmulatorSettings, asked: Asked = NOTHING_ASKED
) -> OrderFile:
    """Read and check a whole file.

    Raises:
        BadFile: The file as a whole is not what the documents ask for.
    """
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        header = next(reader, None)
        columns = _columns(header)
        rows = list(reader)
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadFile(f"The file cannot be read as CSV in UTF-8: {error}") from None
    if not rows:
        raise BadFile("The file holds no rows")
    lines, hits = [], set()
    for place, row in enumerate(rows, start=2):
        line = dict(zip(header or (), row, strict=False))
        fault = "another number of cells than the header" if len(row) != len(columns) else ""
        if fault := fault or order_fault(line, settings):
            if settings.bad_order != "drop_row":
                raise BadFile(f"Line {place}: {fault}")
        elif line.get("id", "") in asked.refuse:
            raise BadFile(f"Line {place}: bad row", hit=line["id"])
        elif line.get("id", "") in asked.drop:
            hits.add(line["id"])
        else:
            lines.append(line)
    return OrderFile(columns, lines, len(rows), frozenset(hits))


def moment_of(text: str, settings: EmulatorSettings) -> float | None:
    """A create_date_time as unix seconds, in the counter's zone; None when it has another form.

    A date alone is 23:59 of that day. Of a local time that comes twice, the switch `moment_twice` decides.
    """
    read = next(
        (read for day in _MOMENTS for time in _TIMES if (read := _strptime(text, f"{day}{time}"))), None
    )
    if read is None:
        return None
    if " " not in text:
        read = read.replace(hour=23, minute=59)
    zone = ZoneInfo(settings.time_zone_name)
    return read.replace(tzinfo=zone, fold=int(settings.moment_twice == "later")).timestamp()


def order_fault(line: Line, settings: EmulatorSettings) -> str:
    """Say what is wrong with an order; "" if nothing is."""
    if moment_of(line["create_date_time"], settings) is None:
        return "create_date_time is no local date and time"
    if not any(line.get(column) for column in CONTACTS):
        return "no client: one of " + ", ".join(CONTACTS) + " is needed"
    for column, is_good in _FORMATS.items():
        if not all(is_good(part) for part in _parts(line.get(column, ""))):
            return f"{column} has another form"
    status = line.get("order_status", "")
    if status and status not in STATUSES | settings.order_statuses:
        return "order_status is unknown"
    return _money_fault(line, settings)


def _money_fault(line: Line, settings: EmulatorSettings) -> str:
    is_number: Callable[[str], object] = _IS_SIGNED if settings.negative_revenue == "accepted" else _IS_NUMBER
    for column in ("revenue", "cost"):
        if (amount := line.get(column, "")) and not is_number(amount):
            return f"{column} is not a number"
    currency = line.get("currency", "")
    return "currency is unknown" if currency and currency not in CURRENCIES else ""


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(",")] if cell else []


def _columns(header: Sequence[str] | None) -> tuple[str, ...]:
    if not header:
        raise BadFile("The file is empty")
    if unknown := [name for name in header if name not in COLUMNS]:
        raise BadFile(f"Unknown column: {', '.join(unknown)}")
    if len(set(header)) < len(header):
        raise BadFile("A column is given twice")
    if "create_date_time" not in header:
        raise BadFile("Required column is missing: create_date_time")
    if not set(header) & set(CONTACTS):
        raise BadFile(f"Required column is missing: one of {', '.join(CONTACTS)}")
    return tuple(header)


def _strptime(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 - the counter's zone is put in afterwards
    except ValueError:
        return None
