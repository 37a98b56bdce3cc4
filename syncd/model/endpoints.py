"""Where the files of one kind go, where the API lists them, and what its replies call things."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReplyNames:
    """The fields of an `uploading` object that differ between endpoints."""

    id: str = "id"
    has_text_id: bool = False
    status: str = "status"
    created: str = "create_time"
    rows: str = "line_quantity"
    """How many rows were taken."""
    refused: frozenset[str] = frozenset()
    """Statuses of a reply with HTTP 200 that refuse the file all the same."""


USUAL_NAMES = ReplyNames()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The addresses of one kind of upload, from `metrica.api_url` on; `{counter}` stands for the counter."""

    upload: str
    uploads: str | None
    """The list that tells of uploads by their comment, and of what became of them; None: there is none.

    An upload whose answer was lost is then sent again as it was, which has to be harmless, and what Metrica
    accepted is final.
    """
    reply: ReplyNames = USUAL_NAMES
