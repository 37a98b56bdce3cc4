"""The HTTP endpoints (product.md 6): GET and HEAD, nothing that changes anything."""

from __future__ import annotations

import logging
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from syncd.errors import SyncdError
from syncd.status import StatusReport
from syncd.web.bounded import Bounded
from syncd.web.headers import StrictHeaders
from syncd.web.languages import choose_language
from syncd.web.page import render_page, render_trouble

REPORT_LIMIT = 5.0
"""Seconds for the status report; below the 10 s that Prometheus and most probes wait."""

_ACTION = "Check that the state store's file or server is there and answers; see the log."

_log = logging.getLogger("syncd.web")


class Unknown(Exception):
    """The status cannot be told now; its three parts are those of `errors.py`."""

    def __init__(self, message: str, code: str = "status.unknown", action: str = _ACTION) -> None:
        self.code = code
        self.action = action
        super().__init__(message)


def create_app(
    report: Callable[[], StatusReport],
    metrics: Callable[[], tuple[bytes, str]],
    *,
    observe: Callable[[StatusReport | None], None] | None = None,
    limit: float = REPORT_LIMIT,
) -> Starlette:
    """The web application.

    Args:
        report: makes the status report from the state store; may be slow or raise.
        metrics: renders the metrics, from memory: body and content type.
        observe: told the report before each scrape, or None when there is none (`Metrics.apply`).
        limit: seconds the report may take before the answer is 503.
    """
    endpoints = _Endpoints(report, metrics, observe or _ignore, limit)
    return Starlette(
        routes=[
            Route("/healthz", endpoints.healthz, methods=["GET"]),
            Route("/readyz", endpoints.readyz, methods=["GET"]),
            Route("/metrics", endpoints.metrics, methods=["GET"]),
            Route("/api/status", endpoints.status, methods=["GET"]),
            Route("/", endpoints.page, methods=["GET"]),
        ],
        middleware=[Middleware(StrictHeaders)],
    )


class _Endpoints:
    def __init__(
        self,
        report: Callable[[], StatusReport],
        metrics: Callable[[], tuple[bytes, str]],
        observe: Callable[[StatusReport | None], None],
        limit: float,
    ) -> None:
        self._bounded = Bounded(report, limit)
        self._metrics = metrics
        self._observe = observe
        self._limit = limit

    async def healthz(self, _request: Request) -> Response:
        """Alive: the process answers. Says nothing about rows."""
        return JSONResponse({"status": "alive"})

    async def readyz(self, _request: Request) -> Response:
        """Ready: rows really move."""
        try:
            report = await self._report()
        except Unknown as error:
            return JSONResponse({"ready": False, "reasons": [f"{error} {error.action}"]}, status_code=503)
        reasons = [str(reason) for reason in report.reasons]
        return JSONResponse(
            {"ready": report.ready, "reasons": reasons}, status_code=200 if report.ready else 503
        )

    async def metrics(self, _request: Request) -> Response:
        """The metrics; also when the state store hangs, with `syncd_up 0`."""
        try:
            report = await self._report()
        except Unknown:
            self._observe(None)
        else:
            self._observe(report)
        body, content_type = await run_in_threadpool(self._metrics)
        return Response(body, headers={"content-type": content_type})

    async def status(self, _request: Request) -> Response:
        """What `syncd status --json` prints."""
        try:
            return JSONResponse((await self._report()).to_json())
        except Unknown as error:
            shown = {"code": error.code, "message": str(error), "action": error.action}
            return JSONResponse({"error": shown}, status_code=503)

    async def page(self, request: Request) -> Response:
        """The status page."""
        language = choose_language(
            request.query_params.get("lang", ""), request.headers.get("accept-language", "")
        )
        headers = {"content-language": language.code, "vary": "Accept-Language"}
        try:
            html, code = render_page(await self._report(), language), 200
        except Unknown as error:
            html, code = render_trouble(str(error), error.action, language), 503
        return HTMLResponse(html, code, headers)

    async def _report(self) -> StatusReport:
        """The report. Raises Unknown, whose text is for a person and without secrets."""
        try:
            return await self._bounded.get()
        except TimeoutError:
            raise Unknown(f"The state store has not answered for {self._limit:g} seconds.") from None
        except SyncdError as error:
            raise Unknown(_sentence(str(error)), error.code, error.action) from None
        except Exception as error:  # noqa: BLE001 - whatever it is, the probe gets its answer
            # The page is for everybody in the network: the text of a fault of ours is for the log alone.
            _log.exception("the status report failed")
            raise Unknown(f"The status report failed: {type(error).__name__}; the log says more.") from None


def _ignore(_report: StatusReport | None) -> None:
    """Nobody wants to know."""


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
