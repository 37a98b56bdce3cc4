"""An uploaded file of calls: is it as the documents ask, and what does it say? Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from syncd.emulator.csvfile import NOTHING_ASKED, Asked, BadFile
from syncd.emulator.rowcheck import CURRENCIES, visitor_rule
from syncd.emulator.settings import EmulatorSettings

ID_COLUMNS = ("ClientId", "UserId", "Yclid")
COLUMNS = (
    *ID_COLUMNS,
    "DateTime",
    "StaticCall",
    "Price",
    "Currency",
    "PhoneNumber",
    "TalkDuration",
    "HoldDuration",
    "CallMissed",
    "Tag",
    "FirstTimeCaller",
    "URL",
    "CallTrackerURL",
)
_FLAG = re.compile("[01]").fullmatch
_SECONDS = re.compile("[0-9]{1,18}").fullmatch
_FORMATS = {
    "StaticCall": _FLAG,
    "CallMissed": _FLAG,
    "FirstTimeCaller": _FLAG,
    "TalkDuration": _SECONDS,
    "HoldDuration": _SECONDS,
    "Price": re.compile(r"[0-9]+(\.[0-9]+)?").fullmatch,
    "PhoneNumber": re.compile(r"\+[0-9]{7,15}").fullmatch,
}


@dataclass(frozen=True, slots=True)
class CallFile:
    """What a file of calls came to."""

    id_columns: tuple[str, ...]
    calls: Sequence[dict[str, str]]
    """The calls that were taken; empty cells are empty texts."""
    source: int
    static: int
    linked: int
    """Calls that are not static and whose visitor is known."""
    hits: frozenset[str]

    @property
    def accepted(self) -> int:
        """Calls that passed validation."""
        return len(self.calls)

    @property
    def user_not_found(self) -> int:
        """Calls that are not static and whose visitor is not known."""
        return self.accepted - self.static - self.linked

    @property
    def goal_not_found(self) -> int:
        """None: the goal of calls is made by itself."""
        return 0

    @property
    def visitors(self) -> int:
        """Calls that were linked; without any the upload ends as LINKAGE_FAILURE, static calls or not."""
        return self.linked


def parse_calls(
    content: bytes, settings: EmulatorSettings, now: float, asked: Asked = NOTHING_ASKED
) -> CallFile:
    """Read and check a whole file.

    Raises:
        BadFile: The API would answer `invalid_uploading`.
    """
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline=""), strict=True)
    try:
        header = next(reader, None) or []
        rows = list(reader)
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadFile(f"The file cannot be read as CSV in UTF-8: {error}") from None
    if not header or "DateTime" not in header:
        raise BadFile("Required column is missing: DateTime")
    if len(set(header)) < len(header):
        raise BadFile("A column is given twice")
    if not rows:
        raise BadFile("The file holds no rows")
    calls, hits = [], set()
    for place, row in enumerate(rows, start=2):
        call = dict(zip(header, row, strict=False))
        fault = "another number of cells than the header" if len(row) != len(header) else ""
        ids = {call.get(name, "") for name in ID_COLUMNS}
        if fault := fault or call_fault(call, settings, now):
            if settings.bad_row == "refuse_file":
                raise BadFile(f"Line {place}: {fault}")
        elif refused := ids & asked.refuse:
            raise BadFile(f"Line {place}: bad row", hit=min(refused))
        elif dropped := ids & asked.drop:
            hits |= dropped
        else:
            calls.append(call)
    is_known = visitor_rule(settings)
    dynamic = [call for call in calls if not is_static(call)]
    return CallFile(
        id_columns=tuple(name for name in ID_COLUMNS if name in header),
        calls=calls,
        source=len(rows),
        static=len(calls) - len(dynamic),
        linked=sum(is_known(first_id(call)[1]) for call in dynamic),
        hits=frozenset(hits),
    )


def is_static(call: dict[str, str]) -> bool:
    """Whether a call belongs to no visitor."""
    return call.get("StaticCall") == "1"


def first_id(call: dict[str, str]) -> tuple[str, str]:
    """The column and the value of the first id that is filled; empty texts if none is."""
    return next(((name, call[name]) for name in ID_COLUMNS if call.get(name)), ("", ""))


def call_fault(call: dict[str, str], settings: EmulatorSettings, now: float) -> str:
    """Say what is wrong with a call; "" if nothing is."""
    moment = call["DateTime"]
    if not _SECONDS(moment):
        return "DateTime is not a unix time in seconds"
    if int(moment) > now + settings.future_tolerance:
        return "DateTime lies in the future"
    if not first_id(call)[1] and not is_static(call):
        return "no id"
    for column, is_good in _FORMATS.items():
        if (text := call.get(column, "")) and not is_good(text):
            return f"{column} has another form"
    currency = call.get("Currency", "")
    return "Currency is unknown" if currency and currency not in CURRENCIES else ""
