"""`/_emulator`: what tests and the demonstration look at and turn; no part of Metrica's API, no token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from operator import itemgetter

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from syncd.emulator.settings import as_json
from syncd.emulator.state import EmulatorState


class InspectionEndpoints:
    """The endpoints under `/_emulator`, over one state."""

    def __init__(self, state: EmulatorState) -> None:
        self._state = state

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/_emulator", self.summary, methods=["GET"]),
            Route("/_emulator", self.clear, methods=["DELETE"]),
            Route("/_emulator/uploads", self.uploads, methods=["GET"]),
            Route("/_emulator/uploads/{upload:int}/file", self.file, methods=["GET"]),
            Route("/_emulator/history", self.add_history, methods=["POST"]),
            Route("/_emulator/orders", self.orders, methods=["GET"]),
            Route("/_emulator/calls", self.calls, methods=["GET"]),
            Route("/_emulator/conversions", self.conversions, methods=["GET"]),
            Route("/_emulator/requests", self.requests, methods=["GET"]),
            Route("/_emulator/faults", self.faults, methods=["GET"]),
            Route("/_emulator/faults", self.add_fault, methods=["POST"]),
            Route("/_emulator/faults", self.delete_faults, methods=["DELETE"]),
            Route("/_emulator/faults/{fault:int}", self.delete_faults, methods=["DELETE"]),
            Route("/_emulator/settings", self.settings, methods=["GET"]),
            Route("/_emulator/settings", self.configure, methods=["PUT"]),
        ]

    async def summary(self, request: Request) -> Response:
        """GET: counts of everything; `counter` picks one."""
        return JSONResponse(await run_in_threadpool(self._state.summary, _counter(request)))

    async def clear(self, request: Request) -> Response:
        """DELETE: forget uploads, faults, quotas used and the log."""
        del request
        self._state.clear()
        return Response(status_code=204)

    async def uploads(self, request: Request) -> Response:
        """GET: all uploads of conversions, calls and orders, oldest first."""
        counter = _counter(request)
        now, settings = self._state.now(), self._state.settings
        chosen = [one for one in self._state.uploads() if counter is None or one.counter == counter]
        shown = [(upload.id, upload.inspected(now, settings)) for upload in chosen]
        orders = [one for one in self._state.order_uploads() if counter is None or one.counter == counter]
        shown += [(upload.id, upload.inspected()) for upload in orders]
        return JSONResponse({"uploads": [one for _, one in sorted(shown, key=itemgetter(0))]})

    async def file(self, request: Request) -> Response:
        """GET: the exact bytes of one upload's file."""
        upload = self._state.upload(request.path_params["upload"])
        if upload is None or upload.content is None:
            return JSONResponse({"error": "no such upload, or its file was discarded"}, 404)
        return Response(upload.content, media_type="text/csv")

    async def orders(self, request: Request) -> Response:
        """GET: every order in its present state; `counter` and `id` pick."""

        def answer() -> Response:
            found = self._state.orders(_counter(request))
            wanted = request.query_params.get("id")
            return JSONResponse(
                {"orders": [order.as_json() for order in found if wanted in {None, order.id}]}
            )

        return await run_in_threadpool(answer)

    async def calls(self, request: Request) -> Response:
        """GET: every call with how often it was received, and the counters' call goals; `counter` picks."""

        def answer() -> Response:
            goals = {str(counter): name for counter, name in self._state.call_goals.items()}
            return JSONResponse({"calls": self._state.calls(_counter(request)), "goals": goals})

        return await run_in_threadpool(answer)

    async def conversions(self, request: Request) -> Response:
        """GET: conversions after overwriting; `counter` picks."""

        def answer() -> Response:
            found = self._state.conversions(_counter(request))
            return JSONResponse({"conversions": [conversion.as_json() for conversion in found]})

        return await run_in_threadpool(answer)

    async def add_history(self, request: Request) -> Response:
        """POST: have a counter's list hold uploads of long ago."""

        def add(options: dict[str, object]) -> dict[str, object]:
            counter, uploads, entries = (
                options.get("counter"),
                options.get("uploads", 0),
                options.get("entries"),
            )
            if not isinstance(counter, int) or not isinstance(uploads, int):
                raise ValueError("counter and uploads: whole numbers")  # noqa: TRY004 — what `_changed` answers
            more = entries if isinstance(entries, list) else []
            return {"listed": self._state.add_history(counter, uploads, more)}

        return await _changed(request, add, 201)

    async def requests(self, request: Request) -> Response:
        """GET: the last requests, oldest first."""
        del request
        return JSONResponse({"requests": [asdict(one) for one in self._state.requests()]})

    async def faults(self, request: Request) -> Response:
        """GET: the faults in force and those used up."""
        del request
        return JSONResponse({"faults": [fault.as_json() for fault in self._state.faults.all()]})

    async def add_fault(self, request: Request) -> Response:
        """POST: put a fault in force."""
        return await _changed(request, lambda options: self._state.faults.add(options).as_json(), 201)

    async def delete_faults(self, request: Request) -> Response:
        """DELETE: one fault, or all; requests that hang on them go on."""
        return JSONResponse({"deleted": self._state.faults.remove(request.path_params.get("fault"))})

    async def settings(self, request: Request) -> Response:
        """GET: the settings in force, tokens not shown."""
        del request
        return JSONResponse(as_json(self._state.settings))

    async def configure(self, request: Request) -> Response:
        """PUT: change some settings."""
        return await _changed(request, lambda changes: as_json(self._state.configure(changes)), 200)


async def _changed(
    request: Request, change: Callable[[dict[str, object]], dict[str, object]], status: int
) -> Response:
    """Apply a JSON object; 400 with the reason if it is none, or holds what does not exist."""
    try:
        options = await request.json()
        if isinstance(options, dict):
            return JSONResponse(change(options), status)
    except ValueError as error:  # unreadable JSON is one too
        return JSONResponse({"error": str(error)}, 400)
    return JSONResponse({"error": "a JSON object is wanted"}, 400)


def _counter(request: Request) -> int | None:
    text = request.query_params.get("counter", "")
    return int(text) if text.isascii() and text.isdigit() else None
