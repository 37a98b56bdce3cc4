"""A server of a few bytes: it keeps what it is sent, to the byte, and answers what it is told."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self


def answer(body: bytes, status: str = "200 OK") -> bytes:
    """A well-formed answer."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


class RawServer:
    """Answers every request with the same bytes, then hangs up; with `drip`, goes on sending that instead."""

    def __init__(self, reply: bytes, *, drip: bytes = b"", tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self._reply, self._drip, self._tls = reply, drip, tls
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed
                return
            connection.settimeout(10)
            # The client hangs up or does not trust us, which some tests are about.
            with suppress(OSError), self._secured(connection) as secured:
                self._speak(secured)

    def _secured(self, connection: socket.socket) -> socket.socket:
        return self._tls.wrap_socket(connection, server_side=True) if self._tls else connection

    def _speak(self, connection: socket.socket) -> None:
        self.requests.append(_request(connection))
        connection.sendall(self._reply)
        while self._drip and not self._closing.wait(0.1):
            connection.sendall(self._drip)


def _request(connection: socket.socket) -> bytes:
    """One whole request."""
    received = b""
    while not _is_whole(received):
        part = connection.recv(65536)
        if not part:
            break
        received += part
    return received


def _is_whole(received: bytes) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)
