"""The requests of `syncd probe`, whose refusals are answers too."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from syncd.metrica.client import MetricaClient
from syncd.metrica.multipart import FileBody
from syncd.model.clock import Clock
from syncd.model.errors import AccessRefused, FileRefused, TokenRefused
from syncd.model.probing import ProbeReply, ProbeRequest

OWN_COMMENT = "syncdprobe"
"""The beginning of the comment of every upload that a probe makes."""
_SHOWN_AT_EACH_END = 3
"""Entries of a long list that are kept, at its beginning and at its end, beside the probe's own."""


class Prober:
    """Asks one counter."""

    def __init__(
        self, client: MetricaClient, counter: int, clock: Clock, redact: Callable[[str], str]
    ) -> None:
        self._client = client
        self._counter = counter
        self._clock = clock
        self._redact = redact

    def seconds_there(self) -> int:
        """Tell the time by Metrica's clock, as far as its last answer told it, in unix seconds."""
        now = self._clock.now()
        ahead = self._client.clock_ahead
        return int((now if ahead is None else now - ahead).timestamp())

    def exchange(self, request: ProbeRequest) -> ProbeReply:
        """Make one request and give the answer, also one that refuses it.

        Raises MetricaError where there was no answer, or one that says nothing of what was asked: a quota
        that is spent, a token that is refused, an error of the server.
        """
        file = request.file

        def body() -> FileBody | None:
            return None if file is None else FileBody([file], lambda: None)

        try:
            document = self._client.request(request.method, self._counter, request.path, request.query, body)
        except TokenRefused:
            raise
        except (FileRefused, AccessRefused) as refused:
            if not refused.http_status:
                raise
            return self._reply(refused.http_status, str(refused))
        return self._reply(200, json.dumps(shortened(document), ensure_ascii=False))

    def _reply(self, status: int, text: str) -> ProbeReply:
        return ProbeReply(status, self._redact(text), self._clock.now().timestamp())


def shortened(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave of a list of uploads the probe's own, and a few at both ends, with the number of all."""
    uploads = document.get("uploadings")
    if not isinstance(uploads, list):
        return document
    last = len(uploads) - _SHOWN_AT_EACH_END
    kept = [
        upload
        for place, upload in enumerate(uploads)
        if place < _SHOWN_AT_EACH_END or place >= last or _is_own(upload)
    ]
    return {**document, "entries": len(uploads), "uploadings": kept}


def _is_own(upload: object) -> bool:
    return isinstance(upload, dict) and str(upload.get("comment", "")).startswith(OWN_COMMENT)
