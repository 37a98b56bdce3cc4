"""What every error carries, and one thing that is wrong with the configuration; see `errors`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from syncd.language import N_, _


class SyncdError(Exception):
    """Base of all: the command ends with `exit_code`, the daemon backs the query off and tries again."""

    code: ClassVar[str] = "internal"
    action: str = N_("This is a fault in syncd itself: please report it with the line above.")
    exit_code: ClassVar[int] = 1
    needs_person: ClassVar[bool] = False
    """The query does not run again until a person has acted."""
    unnamed: str = ""
    """The action with NAME in it, once `query` stands in its place: translators know it so."""
    query: str = "NAME"

    def as_final(self) -> tuple[str, str]:
        """Give the message and the action as a command tells them that ends, and tries nothing again."""
        return _(str(self)), _(self.unnamed or self.action).replace("NAME", self.query)

    def name_query(self, query: str) -> Self:
        """Put a query's name where the action says NAME."""
        self.unnamed, self.query = self.unnamed or self.action, query
        self.action = self.action.replace("NAME", query)
        return self


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with the configuration file."""

    file: str
    line: int
    path: str
    """The key's path, as `queries.paid_orders.every`."""
    message: str
    hint: str = ""
    """The nearest right spelling, or what to write instead; may be empty."""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        path = f" {self.path}:" if self.path else ""
        return f"{where}:{path} {self.message}" + (f" ({self.hint})" if self.hint else "")
