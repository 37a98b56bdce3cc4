"""Running the emulator: `serve` for the command, `EmulatorServer` for tests and the demonstration."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from syncd.emulator.app import create_app
from syncd.emulator.conversions import StoredConversion
from syncd.emulator.faults import Fault
from syncd.emulator.orderbook import OrderUpload, StoredOrder
from syncd.emulator.protocol import QuietServer
from syncd.emulator.settings import EmulatorSettings
from syncd.emulator.state import EmulatorState, LoggedRequest
from syncd.emulator.uploads import StoredUpload
from syncd.model.errors import ListenFailed, UsageError

START_TIMEOUT = 20
"""Seconds in which a server must listen."""

GRACE = 5
"""Seconds that running requests get when the server stops."""


def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    settings: EmulatorSettings | None = None,
    *,
    faults: Sequence[Mapping[str, object]] = (),
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT (when called in the main thread), then return.

    Args:
        host: Address to listen on.
        port: Port; 0 takes any free one.
        settings: What it is told to be.
        faults: Faults in force from the start, each as `POST /_emulator/faults` takes it.
        announce: Is given the line `emulator listening on …` once the port is open; stdout if left out.

    Raises:
        UsageError: A fault is wrong.
        ListenFailed: The address cannot be listened on.
    """
    state = EmulatorState(settings or EmulatorSettings())
    try:
        for fault in faults:
            state.faults.add(fault)
    except ValueError as error:
        raise UsageError(f"fault: {error}") from None
    listener = _listen(host, port)
    line = f"emulator listening on {_url(host, listener.getsockname()[1])}"
    server = QuietServer(create_app(state=state), grace=GRACE, on_started=lambda: (announce or _say)(line))
    server.before_stop(state.closing.set)
    server.run(sockets=[listener])


class EmulatorServer:
    """An emulator in a thread of this process, as a context manager; its state is at hand.

    Raises ListenFailed when the port is taken.
    """

    def __init__(
        self,
        settings: EmulatorSettings | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        now: Callable[[], float] = time.time,
        seed: int | None = None,
    ) -> None:
        self.state = EmulatorState(settings or EmulatorSettings(), now, seed=seed)
        self.host = host
        self.port = port
        """The port in use; kept when the server is stopped and started again."""
        self._server: QuietServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The value for `metrica.api_url`."""
        return _url(self.host, self.port)

    @property
    def settings(self) -> EmulatorSettings:
        """The settings in force; `configure` changes them."""
        return self.state.settings

    def start(self) -> None:
        """Listen, on the same port as before if there was one. Everything remembered is still there."""
        listener = _listen(self.host, self.port)
        self.port = listener.getsockname()[1]
        started = threading.Event()
        self.state.closing.clear()
        self._server = QuietServer(create_app(state=self.state), grace=1, on_started=started.set)
        self._server.before_stop(self.state.closing.set)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="emulator", daemon=True
        )
        self._thread.start()
        if not started.wait(START_TIMEOUT):
            raise RuntimeError("the emulator did not start")

    def stop(self) -> None:
        """Stop listening and cut what is left: Metrica is away. `start` brings it back."""
        if self._server is not None and self._thread is not None:
            self._server.stop()
            self._thread.join(START_TIMEOUT)
        self._server = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- what tests ask and say -----------------------------------------------------------------------------

    def fault(self, kind: str, **options: object) -> Fault:
        """Put a fault in force, as `POST /_emulator/faults`. Raises ValueError if it is wrong."""
        return self.state.faults.add({"kind": kind, **options})

    def clear_faults(self) -> None:
        """Delete all faults; requests that hang on them go on."""
        self.state.faults.remove()

    def configure(self, **changes: object) -> None:
        """Change settings, as `PUT /_emulator/settings`. Raises ValueError if one is wrong."""
        self.state.configure(changes)

    def advance(self, seconds: float) -> None:
        """Move the emulator's clock."""
        self.configure(clock_offset=self.settings.clock_offset + seconds)

    def uploads(self) -> list[StoredUpload]:
        """All accepted uploads, oldest first."""
        return self.state.uploads()

    def order_uploads(self) -> list[OrderUpload]:
        """All uploads of orders that were answered with 200, oldest first."""
        return self.state.order_uploads()

    def orders(self, counter: int | None = None) -> dict[str, StoredOrder]:
        """Orders in their present state, by id."""
        return {order.id: order for order in self.state.orders(counter)}

    def calls(self, counter: int | None = None) -> list[dict[str, object]]:
        """Calls, with how often each was received."""
        return self.state.calls(counter)

    def conversions(self, counter: int | None = None) -> list[StoredConversion]:
        """Conversions after overwriting, with how often each was received."""
        return self.state.conversions(counter)

    def summary(self, counter: int | None = None) -> dict[str, object]:
        """Counts of uploads, rows, conversions and of those received more than once."""
        return self.state.summary(counter)

    def requests(self) -> list[LoggedRequest]:
        """The last API requests, oldest first."""
        return self.state.requests()

    def clear(self) -> None:
        """Forget uploads, faults, quotas used and the log; settings stay."""
        self.state.clear()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    try:
        # So that a stopped emulator can come back on its port at once.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
        listener.setblocking(False)  # noqa: FBT003 - the socket's own signature
    except OSError as error:
        listener.close()
        raise ListenFailed(f"cannot listen on {host}:{port}: {error.strerror}") from None
    return listener


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
