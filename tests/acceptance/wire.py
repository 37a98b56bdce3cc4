"""The network between a daemon and PostgreSQL, which can stop: no byte passes, and nobody is told."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Self


class Wire:
    """Passes TCP connections on to PostgreSQL's Unix socket. What is sent while it is cut comes later."""

    def __init__(self, socket_folder: str) -> None:
        """Listen; connections are taken from `__enter__` on."""
        self._server = str(Path(socket_folder) / ".s.PGSQL.5432")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._whole = threading.Event()
        self._whole.set()
        self._sockets: list[socket.socket] = []

    def cut(self) -> None:
        """Let nothing pass, in either direction; connections stay as they are."""
        self._whole.clear()

    def mend(self) -> None:
        """Let everything pass again, first what was sent meanwhile."""
        self._whole.set()

    def __enter__(self) -> Self:
        """Begin to take connections."""
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up on everybody."""
        self._whole.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._sockets:
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._server)
            self._sockets += [client, server]
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        """Pass one direction on, until either side hangs up."""
        try:
            while data := source.recv(65536):
                self._whole.wait()
                target.sendall(data)
            self._whole.wait()  # the news of the end does not pass either
            target.shutdown(socket.SHUT_RDWR)
        except OSError:  # the other side is gone
            return
