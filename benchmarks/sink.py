"""A Metrica that reads uploads and throws them away, as cheaply as Python can: `python -m benchmarks.sink`.

It prints its port and runs until its standard input ends. A body is received into one big buffer and never
looked at, so that the wire, not the receiver, is the limit, and it costs every contestant the same. With
`--keep FILE` each upload's arrival and lines are written there, for `benchmarks.latency`; that is not cheap.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO
from urllib.parse import parse_qs, urlsplit

BUFFER = 4 << 20
_LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
_CHUNKED = re.compile(rb"^transfer-encoding: *chunked", re.IGNORECASE | re.MULTILINE)
_EXPECT = re.compile(rb"^expect: *100-continue", re.IGNORECASE | re.MULTILINE)
_COUNTER = re.compile(r"/counter/(\d+)(/.*)?$")
_GOAL = {"id": 1, "name": "paid", "type": "action", "conditions": [{"type": "exact", "url": "order_paid"}]}


class Sink:
    """What was taken: per counter the uploads' (id, comment), and all bytes of bodies."""

    def __init__(self, keep: TextIO | None = None) -> None:
        self.keep = keep
        self._uploads: dict[int, list[dict[str, object]]] = {}
        self._bytes = self._requests = 0
        self._lock = threading.Lock()

    def serve(self, listener: socket.socket) -> None:
        """Take connections for ever, a thread each."""
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._connection, args=(connection,), daemon=True).start()

    def _connection(self, connection: socket.socket) -> None:
        stream = Stream(connection, keep=self.keep is not None)
        with connection:
            while (head := stream.head()) is not None:
                if _EXPECT.search(head):
                    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                length = _LENGTH.search(head)
                if _CHUNKED.search(head):
                    size = stream.skip_chunks()
                else:
                    size = stream.skip(int(length.group(1))) if length else 0
                arrived = time.time()
                method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
                answer = json.dumps(self._answer(method, target, size)).encode()
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                    % (len(answer), answer)
                )
                if self.keep is not None and method == "POST":
                    self._keep(arrived, bytes(stream.kept))
                stream.kept.clear()

    def _answer(self, method: str, target: str, size: int) -> dict[str, object]:
        url = urlsplit(target)
        found = _COUNTER.search(url.path)
        if found is None:
            return {"bytes": self._bytes, "requests": self._requests}
        counter, path = int(found.group(1)), found.group(2) or ""
        with self._lock:
            self._requests += 1
            uploads = self._uploads.setdefault(counter, [])
            if method == "POST":
                self._bytes += size
                comment = parse_qs(url.query).get("comment", [""])[0]
                upload: dict[str, object] = {"id": self._requests, "status": "UPLOADED", "comment": comment}
                uploads.append(upload)
                if path.endswith("/simple_orders"):
                    upload |= {"uploading_id": str(self._requests), "api_validation_status": "PASSED"}
                return {"uploading": upload}
            if path.endswith("/uploadings"):
                return {"uploadings": uploads if "offset=0" in url.query else []}
        if path.endswith("/goals"):
            return {"goals": [_GOAL]}
        return {"counter": {"id": counter, "name": "sink", "time_zone_name": "UTC", "permission": "own"}}

    def _keep(self, arrived: float, body: bytes) -> None:
        """A line per row: when it arrived, and its first column."""
        rows = [line.split(b",", 1)[0].decode() for line in body.splitlines() if line[:1].isdigit()]
        if self.keep is not None:
            with self._lock:
                self.keep.writelines(f"{arrived:.6f} {row}\n" for row in rows)
                self.keep.flush()


class Stream:
    """One connection's bytes."""

    def __init__(self, connection: socket.socket, *, keep: bool) -> None:
        self._connection = connection
        self._rest = b""
        """Received and not looked at yet."""
        self._buffer = memoryview(bytearray(BUFFER))
        self._keep = keep
        self.kept = bytearray()

    def head(self) -> bytes | None:
        """A request's head; None at the end of the connection."""
        while (end := self._rest.find(b"\r\n\r\n")) < 0:
            if not self._receive():
                return None
        head, self._rest = self._rest[:end], self._rest[end + 4 :]
        return head

    def skip(self, size: int) -> int:
        """Receive so many bytes and forget them."""
        taken, self._rest = self._rest[:size], self._rest[size:]
        left = size - len(taken)
        if self._keep:
            self.kept += taken
        while left:
            got = self._connection.recv_into(self._buffer, min(left, BUFFER))
            if not got:
                raise ConnectionError("the body was cut")
            if self._keep:
                self.kept += self._buffer[:got]
            left -= got
        return size

    def skip_chunks(self) -> int:
        """The same for a body in chunks, as curl sends what it reads from a pipe."""
        total = 0
        while True:
            while (end := self._rest.find(b"\r\n")) < 0:
                if not self._receive():
                    raise ConnectionError("the body was cut")
            size, self._rest = int(self._rest[:end], 16), self._rest[end + 2 :]
            total += self.skip(size)
            self.skip(2)
            if not size:
                return total

    def _receive(self) -> bool:
        part = self._connection.recv(1 << 16)
        self._rest += part
        return bool(part)


@contextmanager
def sink(*arguments: str) -> Iterator[str]:
    """A sink in a process of its own for the time of the block; gives its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sink", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"  # type: ignore[union-attr]  # it is a pipe
    finally:
        process.communicate()


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", help="write arrival and lines of each upload to this file")
    keep = parser.parse_args().keep
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(listener.getsockname()[1], flush=True)
    server = Sink(open(keep, "w", encoding="utf-8") if keep else None)  # noqa: PTH123, SIM115 — until the end
    threading.Thread(target=server.serve, args=(listener,), daemon=True).start()
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
