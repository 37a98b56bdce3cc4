"""Asks the daemon on this machine over HTTP, never by way of a proxy."""

from __future__ import annotations

import http.client
import json
from typing import Any

from syncd.model.settings import HttpSettings

ANSWER_WITHIN = 8.0
"""Seconds; the daemon itself gives up on a state store that hangs after five."""
ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 — compared, not bound
LARGEST_ANSWER = 64_000_000

FAILURES = (OSError, http.client.HTTPException, ValueError)
"""What `ask` raises where there is no daemon, or none of syncd's."""


def address_of(listener: HttpSettings) -> tuple[str, int]:
    """Where the daemon is found from this machine."""
    return ANYWHERE.get(listener.host, listener.host), listener.port


def ask(listener: HttpSettings, path: str, within: float = ANSWER_WITHIN) -> tuple[int, dict[str, Any]]:
    """The status code and the JSON of the daemon's answer. Raises one of FAILURES."""
    connection = http.client.HTTPConnection(*address_of(listener), timeout=within)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        text = response.read(LARGEST_ANSWER)
    finally:
        connection.close()
    try:
        answer = dict(json.loads(text))
    except (ValueError, TypeError):
        raise ValueError("it is not syncd that answers") from None
    return response.status, answer
