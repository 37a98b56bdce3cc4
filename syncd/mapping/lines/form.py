"""What a line of the upload is made of, for a database that writes lines itself. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from syncd.model import Column


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of the upload."""

    column: Column
    position: int | None
    """In the result; None for a constant."""
    text: str = ""
    """A constant's CSV field."""

    @property
    def is_id(self) -> bool:
        """True when the column names the visitor."""
        return self.column.is_id


class Value(NamedTuple):
    """What a column of the result brings into the line."""

    column: Column
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
        """Position of the DateTime."""
        return next(cell.position or 0 for cell in self.cells if cell.column is Column.DATETIME)
