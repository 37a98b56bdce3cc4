"""A TCP proxy before Metrica that cuts or holds a connection after so many bytes."""

from __future__ import annotations

import socket
import struct
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

Direction = Literal["up", "down"]
ABRUPT = struct.pack("ii", 1, 0)
"""SO_LINGER: the close is a reset, as from a machine or a firewall that died."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What happens to one connection."""

    direction: Direction
    """`up`: of the request's bytes; `down`: of the answer's."""
    after: int
    """Bytes that still pass."""
    hold: bool = False
    """Let nothing more pass but keep the connection, instead of cutting it."""


class Proxy:
    """Passes connections on to `port`; the first upload meets `cut`, what is asked before does not."""

    def __init__(self, port: int, cut: Cut | None = None) -> None:
        self._port = port
        self._cut = cut
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.met = threading.Event()
        """The cut has come into play."""
        self.passed = {"up": 0, "down": 0}
        """Bytes of the first upload's connection, from its first byte on."""
        self._uploads = 0

    def __enter__(self) -> Self:
        """Begin to take connections."""
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cut all of them."""
        # A blocked accept is woken by the shutdown, not by the close.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._sockets:
            one.close()

    def _accept(self) -> None:
        """Take connections until closed."""
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._port))
            except OSError:  # Metrica is away
                client.close()
                continue
            self._sockets += [client, server]
            first = threading.Event()
            for direction, source, target in (("up", client, server), ("down", server, client)):
                pump = threading.Thread(
                    target=self._pump, args=(direction, source, target, first), daemon=True
                )
                pump.start()

    def _pump(
        self, direction: Direction, source: socket.socket, target: socket.socket, first: threading.Event
    ) -> None:
        """Pass one direction of a connection on; `first` is set while it carries the first upload."""
        cut = self._cut if self._cut is not None and self._cut.direction == direction else None
        left = cut.after if cut is not None else 0
        met = False
        try:
            while not met:
                data = source.recv(65536)
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return
                # One request at a time: each begins with a read of its own.
                if direction == "up" and data.startswith(b"POST "):
                    self._uploads += 1
                    if self._uploads == 1:
                        first.set()
                if first.is_set():
                    if cut is not None:
                        data = data[:left]
                        left -= len(data)
                        met = left == 0
                    self.passed[direction] += len(data)
                target.sendall(data)
        except OSError:  # the other side is gone
            return
        self.met.set()
        if cut is not None and not cut.hold:
            for one in (source, target):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABRUPT)
                one.shutdown(socket.SHUT_RDWR)
                one.close()
