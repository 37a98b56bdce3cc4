"""What a look at a database shows: its tables with their columns and indices, and some of their rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ColumnType(StrEnum):
    """What a column holds, as far as a proposal for it depends on that."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    TEXT = "text"
    MOMENT = "moment"
    """A date with a time, without a zone."""
    ZONED_MOMENT = "zoned moment"
    DATE = "date"
    BOOLEAN = "boolean"
    UUID = "uuid"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table."""

    name: str
    quoted: str
    """Its name as SQL."""
    type: ColumnType
    is_nullable: bool


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table, without its rows."""

    name: str
    quoted: str
    columns: tuple[TableColumn, ...]
    primary_key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...]
    """The columns of each index, the primary key's included."""
