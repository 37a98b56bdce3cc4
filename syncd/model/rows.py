"""What flows from the source to Metrica: marks, pages, conversions and rejects."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from syncd.model.fates import RowFate
from syncd.model.joined import JoinedLines


class IdKind(StrEnum):
    """The kinds of visitor ids Metrica knows; the value is what the configuration writes."""

    CLIENT_ID = "CLIENT_ID"
    USER_ID = "USER_ID"
    YCLID = "YCLID"
    PURCHASE_ID = "PURCHASE_ID"

    @property
    def column(self) -> Column:
        """The CSV column that carries this kind."""
        return _ID_COLUMNS[self]


class Column(StrEnum):
    """The columns of the upload, spelt as the API documents them, in the order syncd writes them."""

    CLIENT_ID = "ClientId"
    USER_ID = "UserId"
    YCLID = "Yclid"
    PURCHASE_ID = "PurchaseId"
    TARGET = "Target"
    DATETIME = "DateTime"
    PRICE = "Price"
    CURRENCY = "Currency"

    @property
    def is_id(self) -> bool:
        """True when it names the visitor."""
        return self in _ID_COLUMNS.values()


_ID_COLUMNS = {
    IdKind.CLIENT_ID: Column.CLIENT_ID,
    IdKind.USER_ID: Column.USER_ID,
    IdKind.YCLID: Column.YCLID,
    IdKind.PURCHASE_ID: Column.PURCHASE_ID,
}

MarkValue = int | float | Decimal | str | bytes | datetime | date | UUID
"""What a mark column may hold; kept exactly, compared only by the database it came from."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a query's order: the values of its mark columns. Never compared in Python."""

    values: tuple[MarkValue, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows read in one short transaction, in the order of the mark."""

    columns: tuple[str, ...]
    """The result's column names, as the database gives them."""
    rows: Sequence[Sequence[object]]
    mark: Mark | None
    """The mark of the last row; None when there is no row."""
    exhausted: bool
    """True when the database had no further row at the time of the read."""


@dataclass(frozen=True, slots=True)
class TextPage:
    """Rows that the database itself wrote as lines of the upload, in the order of the mark, not checked yet.

    The fast way of a page: no object per row, and what a valid line is decides `mapping.grammar`.
    """

    columns: tuple[str, ...]
    """The result's column names, as the database gives them."""
    keys: JoinedLines
    """The key's canonical text of each row (`keys.key_text`)."""
    lines: JoinedLines
    """The CSV line of each row, as it is if every value of it is as it should be."""
    oldest: object
    """The earliest value of the DateTime column, as the driver gives it."""
    newest: object
    """The latest."""
    mark: Mark | None
    exhausted: bool
    as_rows: Callable[[Sequence[int] | None], Page]
    """Reads the rows at these places (None: all of them) again, as values, in the order of the mark, as it is
    now: rows may have changed, moved on or come since. Raises SourceError."""


class Reason(StrEnum):
    """Why a row was rejected: a closed list, documented in docs/configuration.md."""

    NO_ID = "no_id"
    """None of the id columns is filled."""
    ID_NOT_DIGITS = "id_not_digits"
    """ClientId or Yclid holds other characters than 1-20 digits."""
    ID_FLOAT = "id_float"
    """An id came as a floating-point number: its last digits are already lost."""
    TEXT_EMPTY = "text_empty"
    TEXT_TOO_LONG = "text_too_long"
    TEXT_CONTROL_CHARACTERS = "text_control_characters"
    TEXT_TYPE = "text_type"
    """A text column holds something that is no text, such as bytes or a boolean."""
    DATETIME_NULL = "datetime_null"
    DATETIME_UNREADABLE = "datetime_unreadable"
    DATETIME_MILLISECONDS = "datetime_milliseconds"
    DATETIME_TOO_OLD = "datetime_too_old"
    """Before the year 2000."""
    PRICE_NOT_A_NUMBER = "price_not_a_number"
    """Text with a comma, spaces or letters, or a value of another type."""
    PRICE_NOT_FINITE = "price_not_finite"
    PRICE_NEGATIVE = "price_negative"
    CURRENCY_UNKNOWN = "currency_unknown"
    DATETIME_AMBIGUOUS = "datetime_ambiguous"
    """The second of two moments that the counter's zone writes alike, as its clocks go back."""
    STATUS_UNKNOWN = "status_unknown"
    """The order's status is not named under `statuses`."""
    NO_CONTACT = "no_contact"
    """None of the columns that name an order's client is filled."""
    FLAG_UNREADABLE = "flag_unreadable"
    """A yes or no that is neither, such as 2."""
    DURATION_UNREADABLE = "duration_unreadable"
    """No whole number of seconds."""
    EMAIL_UNREADABLE = "email_unreadable"
    """No mail address can be made of it, and nothing else names the client."""
    PHONE_UNREADABLE = "phone_unreadable"
    """No phone number can be made of it, and nothing else names the client."""
    MARK_NULL = "mark_null"
    """A mark column is null, so the row has no place in the query's order."""
    KEY_NULL = "key_null"
    IDENTITY_CHANGED = "identity_changed"
    """A delivered key came again with another id, Target or DateTime: sending it would count twice."""
    SAME_CONVERSION = "same_conversion"
    """Another key has this id, Target and DateTime: Metrica would take both for one sale."""
    REFUSED_BY_METRICA = "refused_by_metrica"
    """Metrica refused the file that held this row alone."""
    WITHDRAWN = "withdrawn"
    """The row waited for its DateTime, and when that came the query no longer returned it. Such a row is
    no fault: it is kept among the dropped ones from the start, and counts nowhere."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """A valid row: one line of the upload, and what is remembered of it."""

    key: str
    """The key's canonical text (`keys.key_text`)."""
    line: str
    """The CSV line in the order of the query's header, without the line's end; holds no newline."""
    moment: int
    """DateTime in unix seconds."""


@dataclass(slots=True)
class Rows:
    """Valid rows as columns: the n-th key belongs to the n-th line. A row is two texts, and no object."""

    keys: JoinedLines = field(default_factory=JoinedLines)
    lines: JoinedLines = field(default_factory=JoinedLines)
    newest: int = 0
    """The newest DateTime among them, unix seconds; 0 when there is none."""
    oldest: float = math.inf
    """The oldest one, or one that is older still; infinite when there is none."""

    @classmethod
    def of(cls, conversions: Iterable[Conversion]) -> Rows:
        """Conversions as columns."""
        rows = list(conversions)
        moments = [row.moment for row in rows]
        keys, lines = JoinedLines([row.key for row in rows]), JoinedLines([row.line for row in rows])
        return cls(keys, lines, max(moments, default=0), min(moments, default=math.inf))

    def extend(self, other: Rows) -> None:
        """All rows of another."""
        self.keys += other.keys
        self.lines += other.lines
        self.widen(other.oldest, other.newest)

    def widen(self, oldest: float, newest: int) -> None:
        """Rows between these moments are, or may be, among them."""
        self.oldest, self.newest = min(self.oldest, oldest), max(self.newest, newest)

    def part(self, start: int, end: int) -> Rows:
        """The rows of a span."""
        keys, lines = JoinedLines(self.keys[start:end]), JoinedLines(self.lines[start:end])
        return Rows(keys, lines, self.newest, self.oldest)

    def cut(self, rows: int) -> tuple[Rows, Rows]:
        """The first rows, and the others."""
        (keys, other_keys), (lines, other_lines) = self.keys.cut(rows), self.lines.cut(rows)
        first = Rows(keys, lines, self.newest, self.oldest)
        return first, Rows(other_keys, other_lines, self.newest, self.oldest)

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that cannot be sent, with the reason."""

    key: str
    reason: Reason
    column: str
    """Metrica's column, or the result column for marks and keys; "" when it is the row as a whole."""
    value: str
    """The value at fault as text, shortened to 200 characters."""
    row: str
    """The source row as a JSON object of texts, shortened where values are long."""
    detail: str = ""
    """More words where the reason alone does not say it, such as Metrica's own."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger remembers of a key."""

    state: RowFate
    identity: bytes
    """`keys.identity` of the line that was delivered, waits or was refused by Metrica."""
    money: str
    """What of that line may change: Price and Currency, or all that stands after an order's moment."""
    refused: tuple[bytes, str] | None = None
    """Identity and money of a newer line of a delivered key that Metrica refused."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a page came to: every row of it is in exactly one of the three."""

    ready: Rows
    waiting: list[Conversion]
    """Valid, but their DateTime is still to come: they wait in the state store."""
    rejects: list[Reject]
