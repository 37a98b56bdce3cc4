"""The emulator as an ASGI application: routes, errors in the documented shape."""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from syncd.emulator.api import Api
from syncd.emulator.inspection import InspectionEndpoints
from syncd.emulator.replies import ERROR_TYPES, error_body
from syncd.emulator.settings import EmulatorSettings
from syncd.emulator.state import EmulatorState

_COUNTER = "/management/v1/counter/{counter:int}"
_CDP_COUNTER = "/cdp/api/v1/counter/{counter:int}"


def create_app(
    settings: EmulatorSettings | None = None,
    *,
    now: Callable[[], float] = time.time,
    state: EmulatorState | None = None,
) -> Starlette:
    """The application.

    Args:
        settings: What it is told to be; the defaults if left out.
        now: The clock, unix seconds.
        state: A state to go on with, instead of a new one from `settings` and `now`.
    """
    state = state or EmulatorState(settings or EmulatorSettings(), now)
    api, inspection = Api(state), InspectionEndpoints(state)

    async def internal_error(request: Request, error: Exception) -> Response:
        del request
        state.internal_errors.append(error)
        return JSONResponse(error_body(500, "backend_error", "The emulator failed"), 500)

    app = Starlette(
        routes=[
            Route(f"{_COUNTER}/offline_conversions/upload", api.upload, methods=["POST"]),
            Route(f"{_COUNTER}/offline_conversions/uploadings", api.list, methods=["GET"]),
            Route(f"{_COUNTER}/offline_conversions/uploading/{{upload}}", api.one, methods=["GET"]),
            Route(f"{_COUNTER}/offline_conversions/upload_calls", api.upload_calls, methods=["POST"]),
            Route(f"{_COUNTER}/offline_conversions/calls_uploadings", api.list_calls, methods=["GET"]),
            Route(
                f"{_COUNTER}/offline_conversions/calls_uploading/{{upload}}", api.one_call, methods=["GET"]
            ),
            Route(
                f"{_COUNTER}/offline_conversions/extended_threshold",
                api.threshold,
                methods=["POST", "DELETE"],
            ),
            Route(f"{_COUNTER}/offline_conversions/visit_join_threshold", api.threshold, methods=["GET"]),
            Route(f"{_CDP_COUNTER}/data/simple_orders", api.upload_orders, methods=["POST"]),
            Route(f"{_CDP_COUNTER}/last_uploadings", api.list_orders, methods=["GET"]),
            Route(_COUNTER, api.counter, methods=["GET"]),
            Route(f"{_COUNTER}/goals", api.goals, methods=["GET"]),
            *inspection.routes(),
        ],
        exception_handlers={HTTPException: _http_error, Exception: internal_error},
    )
    app.state.emulator = state
    # An address with a slash too many is unknown, not somewhere else.
    app.router.redirect_slashes = False
    return app


async def _http_error(request: Request, error: Exception) -> Response:
    """Unknown paths and methods, in the documented shape."""
    del request
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    return JSONResponse(error_body(status, ERROR_TYPES.get(status, "not_found"), detail), status)
