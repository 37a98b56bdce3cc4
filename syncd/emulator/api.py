"""The documented endpoints: what each asks for and answers when nothing is in its way."""

from __future__ import annotations

import re

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from syncd.emulator.csvfile import CLIENT_ID_TYPES
from syncd.emulator.faults import Call, Fault
from syncd.emulator.replies import Refusal
from syncd.emulator.serving import Serving
from syncd.emulator.state import State

TYPES = ("BASIC", "CALLS", "CHATS")
"""Values of `type` [D UP-now]; only BASIC is emulated."""

MAX_COMMENT = 255
DEFAULT_LIMIT = 10_000

_COMMENT = re.compile("[0-9A-Za-zА-Яа-яЁё]*")  # noqa: RUF001 - digits, Latin and Cyrillic letters [D UP-now]


class Api:
    """One method per endpoint, over one state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._serving = Serving(state)

    async def upload(self, request: Request) -> Response:
        """POST …/offline_conversions/upload [D UP-now]."""

        async def work(call: Call, content: bytes, met: list[Fault]) -> dict[str, object]:
            kind = self._check_upload(request, call.comment)
            upload = await run_in_threadpool(self._state.accept, call, content, kind, met)
            return {"uploading": upload.reply(self._state.now(), self._state.settings, first=True)}

        return await self._serving.serve(request, "upload", work)

    async def list(self, request: Request) -> Response:
        """GET …/offline_conversions/uploadings [D LIST-now]."""

        async def work(call: Call, _content: bytes, _met: list[Fault]) -> dict[str, object]:
            limit = _number(request, "limit", DEFAULT_LIMIT)
            offset = _number(request, "offset", 0)
            basic = _type(request) == "BASIC"
            uploads = self._state.listed(call.counter, limit, offset) if basic else []
            now, settings = self._state.now(), self._state.settings
            return {"uploadings": [upload.reply(now, settings) for upload in uploads]}

        return await self._serving.serve(request, "list", work)

    async def one(self, request: Request) -> Response:
        """GET …/offline_conversions/uploading/{id} [D ONE-now]; an unknown id is 400, not 404 [O YMO]."""

        async def work(call: Call, _content: bytes, _met: list[Fault]) -> dict[str, object]:
            text = request.path_params["upload"]
            upload = self._state.upload(int(text)) if re.fullmatch("[0-9]{1,18}", text) else None
            if upload is None or upload.counter != call.counter:
                raise Refusal(400, "invalid_parameter", "No object with specified ID.")
            return {"uploading": upload.reply(self._state.now(), self._state.settings)}

        return await self._serving.serve(request, "one", work)

    async def counter(self, request: Request) -> Response:
        """GET /management/v1/counter/{id} [D MIRROR counter.md]."""

        async def work(call: Call, _content: bytes, _met: list[Fault]) -> dict[str, object]:
            settings = self._state.settings
            return {
                "counter": {
                    "id": call.counter,
                    "name": f"Counter {call.counter}",
                    "status": "Active",
                    "time_zone_name": settings.time_zone_name,
                    "time_zone_offset": settings.time_zone_offset,
                    "permission": settings.permission,
                }
            }

        return await self._serving.serve(request, "counter", work)

    async def goals(self, request: Request) -> Response:
        """GET /management/v1/counter/{id}/goals [D MIRROR, F RYM]."""

        async def work(call: Call, _content: bytes, _met: list[Fault]) -> dict[str, object]:
            return {"goals": [goal.as_json() for goal in self._state.goals(call.counter)]}

        return await self._serving.serve(request, "goals", work)

    def _check_upload(self, request: Request, comment: str) -> str:
        """The query parameters of an upload; gives `client_id_type`, or raises Refusal."""
        if _type(request) != "BASIC":
            raise Refusal(400, "invalid_parameter", "The emulator knows uploads of type BASIC only")
        if len(comment) > MAX_COMMENT or not _COMMENT.fullmatch(comment):
            raise Refusal(400, "invalid_parameter", "Invalid value of parameter: comment")
        kind = request.query_params.get("client_id_type", "")
        switch = self._state.settings.client_id_type
        if switch == "required" and not kind:
            raise Refusal(400, "missing_parameter", "Required parameter is missing: client_id_type")
        if switch != "ignored" and kind and kind not in CLIENT_ID_TYPES:
            raise Refusal(400, "invalid_parameter", "Invalid value of parameter: client_id_type")
        return kind


def _type(request: Request) -> str:
    kind = request.query_params.get("type", "BASIC")
    if kind not in TYPES:
        raise Refusal(400, "invalid_parameter", "Invalid value of parameter: type")
    return kind


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not re.fullmatch("[0-9]{1,9}", text):
        raise Refusal(400, "invalid_parameter", f"Invalid value of parameter: {name}")
    return int(text)
