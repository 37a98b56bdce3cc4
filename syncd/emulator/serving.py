"""One API request from its first byte to its answer: access, quotas, the work, the faults it meets."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from syncd.emulator.access import check_counter, token_of
from syncd.emulator.answers import CutResponse, HalfResponse, HugeResponse, wait
from syncd.emulator.faults import CONDITIONS, Call, Entity, Fault, Operation
from syncd.emulator.multipart import read_file
from syncd.emulator.replies import ERROR_TYPES, Refusal, error_body
from syncd.emulator.state import EmulatorState, LoggedRequest

Work = Callable[[Call, bytes, list[Fault]], Awaitable[dict[str, object]]]
"""Carries a request out, given the bytes of its file, and gives the answer's body; or raises Refusal."""

_OK = 200
_OVER_QUOTA = 429
_WAITS = frozenset({"slow", "hang"})
_UNDONE = frozenset({"refuse", "error_before", "drop_before", "redirect", "exhaust_quota"})
"""Faults that leave the request undone."""


class Serving:
    """Serves requests over one state."""

    def __init__(self, state: EmulatorState) -> None:
        self._state = state

    async def serve(
        self, request: Request, operation: Operation, work: Work, entity: Entity = "conversions"
    ) -> Response:
        """Answer a request to one of the documented endpoints."""
        comment = request.query_params.get("comment", "")
        call = Call(operation, request.path_params["counter"], comment, entity)
        entry = _logged(request, self._state.now())
        self._state.log(entry)
        met = self._state.faults.take(call)
        entry.faults = [fault.kind for fault in met]
        try:
            response = await self._answer(request, call, met, work)
        except ClientDisconnect:
            response = CutResponse()
        if not isinstance(response, CutResponse):
            entry.status = response.status_code
        return response

    async def _answer(self, request: Request, call: Call, met: list[Fault], work: Work) -> Response:
        waits = [fault for fault in met if fault.kind in _WAITS]
        decides = next((one for one in met if one.kind not in CONDITIONS and one.kind not in _WAITS), None)
        if decides is not None and decides.kind == "drop_before" and not decides.read_body:
            return CutResponse()
        content, broken = await self._read(request, call.operation)
        with self._running(request) as too_many:
            if not await self._hold(request, [fault for fault in waits if not fault.accept]):
                return CutResponse()
            if decides is not None and decides.kind in _UNDONE:
                response = self._undone(decides)
            else:
                response = await self._done(request, call, content, too_many or broken, met, work)
                if decides is not None:
                    response = self._spoilt(request, response, decides)
            there = await self._hold(request, [fault for fault in waits if fault.accept])
        return response if there else CutResponse()

    async def _read(self, request: Request, operation: Operation) -> tuple[bytes, Refusal | None]:
        """The file of an upload, or why there is none; told only once the token has been looked at."""
        if operation != "upload":
            await request.body()
            return b"", None
        try:
            kind = request.headers.get("content-type", "")
            return await read_file(kind, request.stream(), self._state.settings), None
        except Refusal as refusal:
            return b"", refusal

    @contextmanager
    def _running(self, request: Request) -> Iterator[Refusal | None]:
        """Count the request among its user's parallel ones; gives the refusal if it is one too many."""
        try:
            token = token_of(request.headers.get("authorization"), self._state.settings)
            self._state.enter(token)
        except Refusal as refusal:
            yield refusal
            return
        try:
            yield None
        finally:
            self._state.leave(token)

    async def _done(
        self,
        request: Request,
        call: Call,
        content: bytes,
        broken: Refusal | None,
        met: list[Fault],
        work: Work,
    ) -> Response:
        """Carry the request out."""
        state, writes = self._state, call.operation == "upload"
        try:
            state.quota_by_ip(request.client.host if request.client else "")
            token = token_of(request.headers.get("authorization"), state.settings)
            if broken is not None and broken.status == _OVER_QUOTA:
                raise broken
            state.spend(token, call.counter, writes=writes)
            check_counter(token, call.counter, writes=writes, settings=state.settings)
            if broken is not None:
                raise broken
            return JSONResponse(await work(call, content, met))
        except Refusal as refusal:
            return self._refused(refusal)

    def _refused(self, refusal: Refusal) -> Response:
        retry = self._state.settings.retry_after if refusal.status == _OVER_QUOTA else None
        headers = None if retry is None else {"Retry-After": str(retry)}
        return JSONResponse(refusal.body(), refusal.status, headers)

    def _undone(self, fault: Fault) -> Response:
        """The answer of a request that was not carried out."""
        match fault.kind:
            case "drop_before":
                return CutResponse()
            case "redirect":
                return Response(b"", fault.status, {"Location": fault.location})
            case "exhaust_quota":
                return self._refused(Refusal(fault.status, fault.quota, fault.message or "Quota exceeded"))
        return _error(fault)

    def _spoilt(self, request: Request, response: Response, fault: Fault) -> Response:
        """The answer of a request that was carried out, spoilt on its way."""
        body = bytes(response.body)
        match fault.kind:
            case "drop_after":
                response = CutResponse()
            case "error_after":
                response = _error(fault)
            case "bad_json":
                response = Response("<html>OK</html>" if fault.text is None else fault.text, _OK)
            case "partial_json" if fault.cut:
                response = HalfResponse(body, _OK, media_type="application/json")
            case "partial_json":
                response = Response(body[: len(body) // 2], _OK, media_type="application/json")
            case "huge_reply":
                response = HugeResponse(request, fault.size, partial(self._released, fault))
            case "minimal_reply" if response.status_code == _OK:
                response = JSONResponse(_minimal(json.loads(body)))
        return response

    async def _hold(self, request: Request, waits: list[Fault]) -> bool:
        """Wait as `slow` and `hang` ask, or until the fault is deleted; False if the client has left."""
        for fault in waits:
            seconds = fault.seconds if fault.kind == "slow" else None
            if not await wait(request, partial(self._released, fault), seconds):
                return False
        return True

    def _released(self, fault: Fault) -> bool:
        return self._state.closing.is_set() or not self._state.faults.holds(fault)


def _logged(request: Request, now: float) -> LoggedRequest:
    """The request as the log keeps it, without its token wherever that was put."""
    headers = dict(request.headers.items())
    if "authorization" in headers:
        scheme, _, token = headers["authorization"].partition(" ")
        headers["authorization"] = f"{scheme} ***" if token else "***"
    query = {name: "***" if "token" in name.lower() else text for name, text in request.query_params.items()}
    return LoggedRequest(request.method, request.url.path, query, headers, now)


def _error(fault: Fault) -> Response:
    if fault.text is not None:
        return Response(fault.text, fault.status, media_type="text/html")
    error_type = fault.error_type or ERROR_TYPES.get(fault.status, "backend_error")
    return JSONResponse(error_body(fault.status, error_type, fault.message or "Emulated fault"), fault.status)


def _minimal(body: dict[str, object]) -> dict[str, object]:
    """An answer whose uploads hold `id` and `status` alone: all else may be missing."""

    def short(upload: object) -> object:
        return {name: upload[name] for name in ("id", "status")} if isinstance(upload, dict) else upload

    if "uploading" in body:
        return {"uploading": short(body["uploading"])}
    if isinstance(uploads := body.get("uploadings"), list):
        return {"uploadings": [short(upload) for upload in uploads]}
    return body
