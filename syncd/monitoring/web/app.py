"""The HTTP endpoints: GET and HEAD, nothing that changes anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from syncd.monitoring.status import StatusReport, Wording
from syncd.monitoring.status.history import Past
from syncd.monitoring.web.address import Address
from syncd.monitoring.web.cached import KEEP, CachedStatus, Unknown
from syncd.monitoring.web.headers import BoundedHead, StrictHeaders
from syncd.monitoring.web.hosts import KnownHosts
from syncd.monitoring.web.languages import choose_language
from syncd.monitoring.web.manual import find_page, list_pages

if TYPE_CHECKING:  # with jinja2, loaded when a person looks: 3 MB that machines do without
    from syncd.monitoring.web.page import PageRenderer

STILL_LIMIT = 30.0
"""Seconds; the daemon's loop looks around every five, whatever the runs do."""
REPORT_LIMIT = 5.0
"""Seconds for the status report; below the 10 s that Prometheus and most probes wait."""


def create_app(
    report: Callable[[], StatusReport],
    metrics: Callable[[], tuple[bytes, str]],
    *,
    observe: Callable[[StatusReport | None], None] | None = None,
    past: Past | None = None,
    hosts: Iterable[str] = (),
    still_for: Callable[[], float] = float,
    limit: float = REPORT_LIMIT,
) -> Starlette:
    """The web application.

    Args:
        report: makes the status report from the state store; may be slow or raise.
        metrics: renders the metrics, from memory: body and content type.
        observe: told the report before each scrape, or None when there is none (`Metrics.apply`).
        past: what was delivered lately, for the page's plots.
        hosts: names that requests may give as Host, beside those of the loopback.
        still_for: seconds since the daemon's loop last went on.
        limit: seconds the report may take before the answer is 503.
    """
    looks = CachedStatus(report, past, limit)
    endpoints, pages = _Endpoints(looks, metrics, observe or _ignore, still_for), _Pages(looks)
    app = Starlette(
        routes=[
            Route("/healthz", endpoints.healthz, methods=["GET"]),
            Route("/readyz", endpoints.readyz, methods=["GET"]),
            Route("/metrics", endpoints.metrics, methods=["GET"]),
            Route("/api/status", endpoints.status, methods=["GET"]),
            Route("/", pages.all_queries, methods=["GET"]),
            Route("/docs/", pages.all_manual, methods=["GET"]),
            Route("/docs/{name:path}", pages.manual, methods=["GET"]),
            Route("/query/{name}", pages.query, methods=["GET"]),
        ],
        middleware=[Middleware(StrictHeaders), Middleware(BoundedHead), Middleware(KnownHosts, names=hosts)],
        exception_handlers={404: pages.missing},
    )
    # The redirect would lead to whatever the Host header names.
    app.router.redirect_slashes = False
    return app


class _Endpoints:
    """For machines."""

    def __init__(
        self,
        looks: CachedStatus,
        metrics: Callable[[], tuple[bytes, str]],
        observe: Callable[[StatusReport | None], None],
        still_for: Callable[[], float],
    ) -> None:
        self._looks = looks
        self._metrics = metrics
        self._observe = observe
        self._still_for = still_for

    async def healthz(self, _request: Request) -> Response:
        """Alive: the process answers, and its loop goes on. Says nothing about rows."""
        seconds = self._still_for()
        if seconds <= STILL_LIMIT:
            return JSONResponse({"status": "alive"})
        reason = f"The loop that begins the runs has stood still for {seconds:.0f} seconds."
        return JSONResponse({"status": "hangs", "reasons": [reason]}, status_code=503)

    async def readyz(self, _request: Request) -> Response:
        """Ready: rows really move."""
        try:
            report = await self._looks.report()
        except Unknown as error:
            return JSONResponse({"ready": False, "reasons": [f"{error} {error.action}"]}, status_code=503)
        reasons = [str(reason) for reason in report.reasons]
        return JSONResponse(
            {"ready": report.ready, "reasons": reasons}, status_code=200 if report.ready else 503
        )

    async def metrics(self, _request: Request) -> Response:
        """The metrics; also when the state store hangs, with `syncd_up 0`."""
        try:
            report = await self._looks.report()
        except Unknown:
            self._observe(None)
        else:
            self._observe(report)
        body, content_type = await run_in_threadpool(self._metrics)
        return Response(body, headers={"content-type": content_type})

    async def status(self, request: Request) -> Response:
        """What `syncd status --json` prints; with `?lang=` its sentences are of that language."""
        wording = Wording(choose_language(request.query_params.get("lang", ""), ""))
        try:
            return JSONResponse((await self._looks.report()).to_json(wording))
        except Unknown as error:
            shown = {"code": error.code, "message": str(error), "action": error.action}
            return JSONResponse({"error": shown}, status_code=503)


class _Pages:
    """For people."""

    def __init__(self, looks: CachedStatus) -> None:
        self._looks = looks

    async def all_queries(self, request: Request) -> Response:
        """The status page."""
        page = _page(request)
        try:
            report = await self._looks.report(KEEP)
        except Unknown as error:
            return _html(page, page.trouble(error), 503)
        recent = await self._looks.recent() if report.state_ok else None
        return _html(page, page.overview(report, recent))

    async def query(self, request: Request) -> Response:
        """The page of one query; 404 for a name that the configuration does not have."""
        page, name = _page(request), request.path_params["name"]
        try:
            report = await self._looks.report(KEEP)
        except Unknown as error:
            return _html(page, page.trouble(error), 503)
        query = next((query for query in report.queries if query.name == name), None)
        if query is None:
            return _html(page, page.no_such_query(name, report), 404)
        past = await self._looks.of(name) if report.state_ok else None
        return _html(page, page.query(query, report, past))

    async def all_manual(self, request: Request) -> Response:
        """The documentation of this version."""
        page = _page(request)
        return _html(page, page.all_manual(list_pages(page.language)))

    async def manual(self, request: Request) -> Response:
        """One page of it; 404 for a name that it does not have."""
        page = _page(request)
        found = find_page(request.path_params["name"], page.language)
        return _html(page, page.manual(found)) if found else _html(page, page.missing(), 404)

    async def missing(self, request: Request, _error: Exception) -> Response:
        """The page for addresses that lead nowhere."""
        page = _page(request)
        return _html(page, page.missing(), 404)


def _page(request: Request) -> PageRenderer:
    asked = request.query_params.get("lang", "")
    language = choose_language(asked, request.headers.get("accept-language", ""))
    address = Address(
        request.url.path, lang=asked if asked == language else "", still="still" in request.query_params
    )
    from syncd.monitoring.web.page import PageRenderer  # noqa: PLC0415 — see above

    return PageRenderer(language, address)


def _html(page: PageRenderer, html: str, code: int = 200) -> Response:
    headers = {"content-language": page.language, "vary": "Accept-Language"}
    return HTMLResponse(html, code, headers)


def _ignore(_report: StatusReport | None) -> None:
    """Nobody wants to know."""
