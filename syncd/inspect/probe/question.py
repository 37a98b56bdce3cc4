"""What a question is, and what it has at hand when it is asked."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from syncd.mapping.kinds.conversions import KIND as CONVERSIONS
from syncd.mapping.kinds.orders import KIND as ORDERS
from syncd.model.probing import ProbeReply, ProbeRequest

TARGET = "syncdprobe"
"""The Target of every row, which no goal should have, and the beginning of every comment and order id."""
_ORDER_AGE = timedelta(days=2)
"""How old an order is: in the past in every zone."""

Asking = Generator[ProbeRequest, ProbeReply, str]
"""Gives the requests one after the other, gets the reply to each, and returns the answer. No I/O in it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a question builds its requests from; the same each time, so that it can go on where it was."""

    began: int
    """When it was first asked, in unix seconds."""
    place: int
    """The question's place in the list: no two questions send the same row."""
    id_type: str
    """The `client_id_type` that uploads need, "" where they need none."""
    visitor: str
    """The ClientId of somebody who visited the counter; "": nobody is named."""
    seconds_there: Callable[[], int]
    """The time by Metrica's clock."""

    def text(self, template: str) -> str:
        """Fill in a file's content: ids, Target and moments of this scene."""
        first = f"{self.began}{self.place:04}"
        return template.format(
            id=f"{first}0001",
            other=f"{first}0002",
            visitor=self.visitor,
            target=TARGET,
            at=self.began - 3600,
            order=f"{TARGET}{first}",
            day=f"{datetime.fromtimestamp(self.began, UTC) - _ORDER_AGE:%Y-%m-%d}",
            now=self.seconds_there(),
        )

    def upload(self, template: str, *, id_type: str | None = None, part: str = "") -> ProbeRequest:
        """Upload a file of conversions."""
        kind = self.id_type if id_type is None else id_type
        query = {"comment": self.comment(part)} | ({"client_id_type": kind} if kind else {})
        return ProbeRequest("POST", CONVERSIONS.endpoint.upload, query, self.text(template).encode())

    def orders(self, template: str, merge_mode: str = "SAVE") -> ProbeRequest:
        """Upload a file of orders."""
        query = {"merge_mode": merge_mode}
        return ProbeRequest("POST", ORDERS.endpoint.upload, query, self.text(template).encode())

    def comment(self, part: str = "") -> str:
        """Give the comment of an upload, by which the list shows it."""
        return f"{TARGET}{self.began}{self.place:04}{part}"


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that public documents leave open."""

    name: str
    asks: str
    """In plain words."""
    ask: Callable[[Scene], Asking]
    requests: int = 1
    """How many requests it makes, those aside that look again and again."""
    conversions: int = 1
    """How many conversions stay for ever, at most."""
    orders: int = 0
    """How many orders stay, at most."""
    waits: str = ""
    """What it looks for again and again, and for how long at most."""
    needs_visitor: bool = False
    """Whether only somebody who visited the counter makes it answerable."""
