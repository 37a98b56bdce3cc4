"""What `syncd probe` asks of Metrica and is answered, one request at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """One request. In its path, `{counter}` stands for the counter."""

    method: str
    path: str
    query: Mapping[str, str]
    file: bytes | None = None
    after: float = 0.0
    """Seconds to wait before it is made."""


@dataclass(frozen=True, slots=True)
class ProbeReply:
    """The answer to one request."""

    status: int
    """The HTTP status."""
    text: str
    """The body; of a refusal, what it says; of a list, a part of it with the number of its `entries`."""
    at: float
    """When it came, in unix seconds."""

    @property
    def document(self) -> Mapping[str, Any]:
        """The body as JSON; empty where it is none."""
        try:
            document = json.loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}
