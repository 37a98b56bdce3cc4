"""What a line of the upload is made of, for a database that writes lines itself. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.model import Column, IdKind

_IDS = frozenset(kind.column for kind in IdKind)


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
        return self.column in _IDS


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
    def moment(self) -> int:
        """Position of the DateTime."""
        return next(cell.position or 0 for cell in self.cells if cell.column is Column.DATETIME)
