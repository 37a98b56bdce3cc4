"""What a line of the upload is made of, for a database that writes lines itself. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from zoneinfo import ZoneInfo

from syncd.model.keys import MOMENT_COLUMNS
from syncd.model.kinds import UploadColumn


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of the upload."""

    column: UploadColumn
    position: int | None
    """In the result; None for a constant."""
    text: str = ""
    """A constant's CSV field."""
    names_client: bool = False


class Value(NamedTuple):
    """What a column of the result brings into the line."""

    column: UploadColumn
    position: int
    """In the result."""


@dataclass(frozen=True, slots=True)
class Form:
    """The lines and keys of one query."""

    columns: tuple[str, ...]
    """The result's columns that it was made for."""
    cells: tuple[Cell, ...]
    """The upload's columns in the order of the header."""
    key: tuple[int, ...]
    """Positions of the key's columns."""
    zone: ZoneInfo | None = None
    """In which moments are written as local times; None: as unix seconds."""
    statuses: Mapping[str, str] = field(default_factory=dict)
    """The company's words for an order's status, each with what is written for it."""
    hashes_contacts: bool = True
    """Whether mails and phones are written as MD5."""

    @property
    def line(self) -> tuple[Value | str, ...]:
        """A line from left to right: values, and what stands between two of them as one text."""
        parts: list[Value | str] = []
        text = ""
        for cell in self.cells:
            if cell.position is None:
                text += f"{cell.text},"
            else:
                value = Value(cell.column, cell.position)
                parts += [text, value] if text else [value]
                text = ","
        text = text.removesuffix(",")
        return (*parts, text) if text else tuple(parts)

    @property
    def moment(self) -> int:
        """Position of the column that says when it was."""
        return next(cell.position or 0 for cell in self.cells if cell.column in MOMENT_COLUMNS)
