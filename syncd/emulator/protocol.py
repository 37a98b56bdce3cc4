"""The HTTP server under the emulator: uvicorn, quiet, quick to start and stop, able to cut a connection."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from syncd.emulator.answers import CUT

KEEP_ALIVE = 75
"""Seconds an idle connection is kept, as large sites do; uvicorn's 5 would race with pollers."""


class CuttingProtocol(H11Protocol):
    """HTTP/1.1 whose requests carry a way to reset their connection: no public API of uvicorn has one."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Give each request of this connection the extension."""
        super().connection_made(transport)
        app = cast("ASGIApp", self.app)

        async def with_cut(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[CUT] = transport.abort
            await app(scope, receive, send)

        self.app = cast("Any", with_cut)


class QuietServer(uvicorn.Server):
    """uvicorn that tells when it listens, stops at once, and does not die of SIGTERM and SIGINT."""

    def __init__(self, app: ASGIApp, *, grace: int, on_started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=CuttingProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=grace,
            )
        )
        self._on_started = on_started
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._on_stop: Callable[[], None] = lambda: None

    def before_stop(self, action: Callable[[], None]) -> None:
        """What to do first when stopping, such as releasing requests that hang."""
        self._on_stop = action

    async def main_loop(self) -> None:
        """Wait for the stop; a tick a second, not uvicorn's ten, keeps the Date header true."""
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        await self.on_tick(0)
        self._on_started()
        while not self.should_exit:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), 1)
            await self.on_tick(0)
        self._on_stop()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End idle connections, let requests finish for `grace` seconds, cut the rest."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        grace = self.config.timeout_graceful_shutdown or 0
        if tasks := set(self.server_state.tasks):
            await asyncio.wait(tasks, timeout=grace)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in set(self.server_state.tasks):
            task.cancel()
        if tasks := set(self.server_state.tasks):
            await asyncio.wait(tasks, timeout=1)

    def stop(self) -> None:
        """Stop; from any thread, any number of times, before or after the start."""
        self.should_exit = True
        loop, event = self._loop, self._stop
        if loop is not None and event is not None:
            # A loop that has ended meanwhile needs no telling.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(event.set)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT; unlike uvicorn's own, do not raise them again afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        handled = (signal.SIGINT, signal.SIGTERM)
        before = {one: signal.signal(one, lambda *_: self.stop()) for one in handled}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
