"""Serves the application from a background thread; `start` returns when the port is really open."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading

import uvicorn
from starlette.types import ASGIApp

from syncd.model.errors import ListenFailed
from syncd.model.settings import HttpSettings
from syncd.monitoring.web.headers import LARGEST_HEAD
from syncd.monitoring.web.protocol import CONNECTIONS, PatientProtocol

QUEUE = 256
"""Connections that the kernel keeps until they are let in; who finds it full tries again a second later."""
KEEP_ALIVE = 5
"""Seconds an idle connection is kept."""
START_LIMIT = 10.0
STOP_LIMIT = 5.0


class HttpServer:
    """The daemon's HTTP server. `start` once, `stop` once; both from any thread.

    Args:
        settings: where to listen; port 0 takes a free one (`url` tells which).
        app: what is served.
    """

    def __init__(self, settings: HttpSettings, app: ASGIApp) -> None:
        self._settings = settings
        self._server = _Server(
            uvicorn.Config(
                app,
                http=PatientProtocol,
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,  # telemetry.logs has the last word on what is logged, and how
                access_log=False,
                proxy_headers=False,
                server_header=False,
                limit_concurrency=QUEUE + CONNECTIONS,  # counts those that are being closed as well
                backlog=QUEUE,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=1,
                h11_max_incomplete_event_size=LARGEST_HEAD,
            )
        )
        self._thread: threading.Thread | None = None
        self._port = settings.port

    def start(self) -> None:
        """Listen and serve. Raises ListenFailed when the address cannot be had."""
        listener = _listen(self._settings)
        self._port = listener.getsockname()[1]
        # A daemon thread: a connection that hangs must not keep the process from ending.
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="syncd-http", daemon=True
        )
        self._thread.start()
        if not self._server.serving.wait(START_LIMIT) or not self._server.started:
            listener.close()
            raise ListenFailed("the HTTP server did not begin to serve; the log says more")

    def stop(self) -> None:
        """Finish what is being answered, and close. Does nothing when it never started."""
        if self._thread is not None:
            self._server.should_exit = True
            self._thread.join(STOP_LIMIT)
            self._thread = None

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(  # noqa: S104 - is compared, not bound
            self._settings.host, self._settings.host
        )
        return f"http://[{host}]:{self._port}" if ":" in host else f"http://{host}:{self._port}"


class _Server(uvicorn.Server):
    """uvicorn, saying when it serves. It leaves signals alone, since it is not in the main thread."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.serving = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.serving.set()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            asyncio.run(self.serve(sockets=sockets))
        finally:
            self.serving.set()  # whoever waits for the start need not wait for the time limit


def _listen(settings: HttpSettings) -> socket.socket:
    where = f"http.listen {settings.host}:{settings.port}"
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host or None, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address, family=family, backlog=QUEUE)
    except OSError as error:
        words = {
            errno.EADDRINUSE: "the port is in use by another program",
            errno.EACCES: "this user may not open that port",
            errno.EADDRNOTAVAIL: "this machine does not have that address",
        }.get(error.errno or 0, error.strerror or type(error).__name__)
        raise ListenFailed(f"{where}: {words}") from None
