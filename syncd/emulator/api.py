"""The documented endpoints: what each asks for and answers when nothing is in its way."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from syncd.emulator.csvfile import CLIENT_ID_TYPES
from syncd.emulator.faults import Call, Entity, Fault
from syncd.emulator.orders import DELIMITERS, MERGE_MODES
from syncd.emulator.replies import Refusal
from syncd.emulator.serving import Serving
from syncd.emulator.state import EmulatorState

TYPES = ("BASIC", "CALLS", "CHATS")
"""Values of `type`; only BASIC is emulated."""

MAX_COMMENT = 255
DEFAULT_LIMIT = 10_000
MOST_ORDER_UPLOADS = 1000
"""The largest `limit` of `last_uploadings`."""

_COMMENT = re.compile("[0-9A-Za-zА-Яа-яЁё]*")  # noqa: RUF001 - digits, Latin and Cyrillic letters


class Api:
    """One method per endpoint, over one state."""

    def __init__(self, state: EmulatorState) -> None:
        self._state = state
        self._serving = Serving(state)

    async def upload(self, request: Request) -> Response:
        """POST …/offline_conversions/upload."""

        async def work(call: Call, content: bytes, met: list[Fault]) -> dict[str, object]:
            kind = self._check_upload(request, call.comment)
            upload = await run_in_threadpool(self._state.accept, call, content, kind, met)
            return {"uploading": upload.reply(self._state.now(), self._state.settings, first=True)}

        return await self._serving.serve(request, "upload", work)

    async def list(self, request: Request) -> Response:
        """GET …/offline_conversions/uploadings."""

        async def work(call: Call, _content: bytes, _met: list[Fault]) -> dict[str, object]:
            limit = _number(request, "limit", DEFAULT_LIMIT)
            offset = _number(request, "offset", 0)
            basic = _type(request) == "BASIC"
            return {
                "uploadings": self._state.listed_conversions(call.counter, limit, offset) if basic else []
            }

        return await self._serving.serve(request, "list", work)

    async def one(self, request: Request) -> Response:
        """GET …/offline_conversions/uploading/{id}; an unknown id is 400, not 404."""
        return await self._one(request, "conversions")

    async def _one(self, request: Request, entity: Entity) -> Response:
        async def work(call: Call, _content: bytes, _met: list[Fault]) -> dict[str, object]:
            text = request.path_params["upload"]
            wanted = int(text) if re.fullmatch("[0-9]{1,18}", text) else None
            upload = next((one for one in self._state.uploads() if one.id == wanted), None)
            if upload is None or upload.counter != call.counter or upload.entity != entity:
                raise Refusal(400, "invalid_parameter", "No object with specified ID.")
            return {"uploading": upload.reply(self._state.now(), self._state.settings)}

        return await self._serving.serve(request, "one", work, entity)

    async def upload_orders(self, request: Request) -> Response:
        """POST /cdp/api/v1/counter/{id}/data/simple_orders."""

        async def work(call: Call, content: bytes, met: list[Fault]) -> dict[str, object]:
            mode = _choice(request, "merge_mode", MERGE_MODES)
            delimiter = _choice(request, "delimiter_type", tuple(DELIMITERS))
            upload = await run_in_threadpool(self._state.accept_orders, call, content, mode, delimiter, met)
            return {"uploading": upload.reply()}

        return await self._serving.serve(request, "upload", work, "orders")

    async def list_orders(self, request: Request) -> Response:
        """GET /cdp/api/v1/counter/{id}/last_uploadings: neither comments nor counts of what was linked."""

        async def work(call: Call, _content: bytes, _met: list[Fault]) -> dict[str, object]:
            limit = _number(request, "limit", MOST_ORDER_UPLOADS)
            if not 1 <= limit <= MOST_ORDER_UPLOADS:
                raise Refusal(400, "invalid_parameter", "Invalid value of parameter: limit")
            _choice(request, "source", ("API",))
            until = _moment(request, "datetime_offset")
            return {
                "uploadings": [one.reply() for one in self._state.listed_orders(call.counter, limit, until)]
            }

        return await self._serving.serve(request, "list", work, "orders")

    async def upload_calls(self, request: Request) -> Response:
        """POST …/offline_conversions/upload_calls."""

        async def work(call: Call, content: bytes, met: list[Fault]) -> dict[str, object]:
            kind = self._check_upload(request, call.comment)
            goal_name = request.query_params.get("new_goal_name", "")
            upload = await run_in_threadpool(self._state.accept_calls, call, content, kind, goal_name, met)
            return {"uploading": upload.reply(self._state.now(), self._state.settings, first=True)}

        return await self._serving.serve(request, "upload", work, "calls")

    async def list_calls(self, request: Request) -> Response:
        """GET …/offline_conversions/calls_uploadings."""

        async def work(call: Call, _content: bytes, _met: list[Fault]) -> dict[str, object]:
            limit, offset = _number(request, "limit", DEFAULT_LIMIT), _number(request, "offset", 0)
            now, settings = self._state.now(), self._state.settings
            uploads = self._state.listed(call.counter, limit, offset, "calls")
            return {"uploadings": [upload.reply(now, settings) for upload in uploads]}

        return await self._serving.serve(request, "list", work, "calls")

    async def one_call(self, request: Request) -> Response:
        """GET …/offline_conversions/calls_uploading/{id}."""
        return await self._one(request, "calls")

    async def counter(self, request: Request) -> Response:
        """GET /management/v1/counter/{id}."""

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

    async def threshold(self, request: Request) -> Response:
        """…/extended_threshold and …/visit_join_threshold, where they are still served."""

        async def work(_call: Call, _content: bytes, _met: list[Fault]) -> dict[str, object]:
            if self._state.settings.extended_threshold == "gone":
                raise Refusal(404, "not_found", "Not Found")
            is_reading = request.method == "GET"
            return (
                {"date": f"{datetime.fromtimestamp(self._state.now(), UTC):%F}"}
                if is_reading
                else {"success": True}
            )

        return await self._serving.serve(request, "counter", work)

    async def goals(self, request: Request) -> Response:
        """GET /management/v1/counter/{id}/goals."""

        async def work(call: Call, _content: bytes, _met: list[Fault]) -> dict[str, object]:
            listed = [goal.as_json() for goal in self._state.goals(call.counter)]
            every = {"every_target": True} if self._state.settings.goals is None else {}
            return {"goals": listed, **every}

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


def _choice(request: Request, name: str, choices: tuple[str, ...]) -> str:
    """One of a parameter's values, the first where it was left out."""
    value = request.query_params.get(name, choices[0])
    if value not in choices:
        raise Refusal(400, "invalid_parameter", f"Invalid value of parameter: {name}")
    return value


def _moment(request: Request, name: str) -> float:
    """A moment in unix seconds; without the parameter, one that never comes."""
    text = request.query_params.get(name)
    if not text:
        return math.inf
    try:
        return datetime.fromisoformat(text).astimezone(UTC).timestamp()
    except ValueError:
        raise Refusal(400, "invalid_parameter", f"Invalid value of parameter: {name}") from None


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not re.fullmatch("[0-9]{1,9}", text):
        raise Refusal(400, "invalid_parameter", f"Invalid value of parameter: {name}")
    return int(text)
