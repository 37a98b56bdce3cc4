"""The HTTP listener under those who mean it ill: a probe is answered all the while, nothing is given away."""

from __future__ import annotations

import resource
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
import requests

from syncd.model.settings import HttpSettings
from syncd.monitoring.web import HttpServer, create_app
from syncd.monitoring.web import protocol as patient
from tests.support.status import SITUATIONS
from tests.support.waiting import eventually

LARGE = b"x" * 20_000_000
"""An answer that no socket's buffers take whole."""
PROMPT = 2.0
"""Seconds in which a probe is answered; Kubernetes gives one by default, on a machine that is not loaded."""


@pytest.fixture
def server() -> Iterator[HttpServer]:
    """All endpoints, with metrics of 20 MB."""
    app = create_app(lambda: SITUATIONS["good"], lambda: (LARGE, "text/plain"))
    server = HttpServer(HttpSettings(port=0), app)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def crowd(server: HttpServer) -> Iterator[Crowd]:
    """Somebody who can open many connections."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(before[1], 4096), before[1]))
    with ExitStack() as closing:
        yield Crowd(server, closing)
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


class Crowd:
    """Many connections of one attacker."""

    def __init__(self, server: HttpServer, closing: ExitStack) -> None:
        """Connect to nobody yet."""
        host, _, port = server.url.removeprefix("http://").partition(":")
        self.address = (host, int(port))
        self.url = server.url
        self.connections: list[socket.socket] = []
        self._closing = closing

    def connect(self, number: int, said: bytes = b"") -> None:
        """So many more, each saying this."""
        for _ in range(number):
            connection = socket.create_connection(self.address, timeout=20)
            self._closing.enter_context(connection)
            self.connections.append(connection)
            with suppress(OSError):  # it may have been cut off already
                connection.sendall(said)

    def open(self) -> list[socket.socket]:
        """The connections that the server has not closed."""
        gone = set()
        poll = select.poll()
        for connection in self.connections:
            poll.register(connection, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        gone = {number for number, _ in poll.poll(0)}
        return [connection for connection in self.connections if connection.fileno() not in gone]


def answered(url: str) -> None:
    """A probe gets its answer soon, on a connection of its own."""
    began = time.monotonic()
    assert requests.get(f"{url}/healthz", timeout=10, headers={"connection": "close"}).status_code == 200
    assert time.monotonic() - began < PROMPT


def exchange(address: tuple[str, int], said: bytes) -> bytes:
    """Everything the server answers to these bytes, until it hangs up."""
    with socket.create_connection(address, timeout=20) as connection:
        with suppress(ConnectionError):  # it may hang up before all is said
            connection.sendall(said)
        return rest(connection)


def rest(connection: socket.socket) -> bytes:
    """All that still comes, until the server hangs up."""
    received = bytearray()
    with suppress(ConnectionError):
        while part := connection.recv(65536):
            received += part
    return bytes(received)


def test_a_thousand_idle_connections(crowd: Crowd, server: HttpServer) -> None:
    """At most 64 are kept, the newest; a probe among them is answered at once, and all end by themselves."""
    crowd.connect(1000)
    for _ in range(5):
        answered(server.url)
    eventually(lambda: len(crowd.open()) <= patient.CONNECTIONS, lambda: str(len(crowd.open())))
    assert crowd.open() == crowd.connections[-len(crowd.open()) :]


def test_slow_askers(crowd: Crowd, server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Heads that come byte by byte, for ever, are cut off in time; a probe is answered meanwhile."""
    monkeypatch.setattr(patient, "HEAD_LIMIT", 3.0)
    crowd.connect(60, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
    while crowd.open():
        for connection in crowd.open():
            with suppress(OSError):
                connection.sendall(b"X")
        answered(server.url)


def test_bodies_that_never_end(crowd: Crowd, server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A POST is refused at once, and who goes on sending its gigabyte byte by byte is cut off."""
    monkeypatch.setattr(patient, "HEAD_LIMIT", 1.0)
    crowd.connect(60, b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n")
    while crowd.open():
        for connection in crowd.open():
            with suppress(OSError):
                connection.sendall(b"X")
        answered(server.url)


def test_those_who_do_not_take_their_answer(
    crowd: Crowd, server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks for much and reads nothing is let go of in time; a probe is answered meanwhile."""
    monkeypatch.setattr(patient, "HEAD_LIMIT", 1.0)
    crowd.connect(10, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answered(server.url)
    held = server._server.server_state.connections  # noqa: SLF001 — the client cannot see it before it reads
    eventually(lambda: not held)
    for connection in crowd.connections:
        assert len(rest(connection)) < len(LARGE)


def test_who_reads_slowly_gets_all(server: HttpServer) -> None:
    """An honest reader of a large answer gets it whole."""
    assert requests.get(f"{server.url}/metrics", timeout=20).content == LARGE


def test_pipelined_requests(crowd: Crowd) -> None:
    """Five hundred requests at once on one connection get five hundred answers."""
    one = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert exchange(crowd.address, one * 499 + last).count(b'{"status":"alive"}') == 500
    answered(crowd.url)


@pytest.mark.parametrize("much", [b"/?" + b"x" * 17_000, b"/healthz"], ids=["line", "headers"])
@pytest.mark.parametrize("before", [0, 3], ids=["first", "pipelined"])
def test_a_large_head_that_arrives_whole(crowd: Crowd, much: bytes, before: int) -> None:
    """Over 16 kB it is refused, however it comes; half of that is taken."""
    one = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    large = b"GET " + much + b" HTTP/1.1\r\nHost: localhost\r\nBig: %b\r\n\r\n"
    received = exchange(crowd.address, one * before + large % (b"x" * 17_000))
    assert received.count(b"HTTP/1.1 200") == before
    assert b"HTTP/1.1 431" in received
    fair = one.replace(b"\r\n\r\n", b"\r\nBig: %b\r\nConnection: close\r\n\r\n") % (b"x" * 8_000)
    assert exchange(crowd.address, fair).startswith(b"HTTP/1.1 200")


HUGE = b"x" * 1_000_000


@pytest.mark.parametrize(
    "said",
    [
        b"GET /" + HUGE + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nBig: " + HUGE + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 200_000 + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),  # a TLS client
        bytes(range(256)) * 10,
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"CONNECT evil:25 HTTP/1.1\r\nHost: evil:25\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=range(8),
)
def test_what_is_no_request(crowd: Crowd, said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused or cut off, never answered with anything, and the next one is served."""
    monkeypatch.setattr(patient, "HEAD_LIMIT", 1.0)
    received = exchange(crowd.address, said)
    assert not received or received.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5"))
    answered(crowd.url)


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/..\\..\\etc\\passwd",
        "//etc/passwd",
        "/healthz/../../etc/passwd",
        "/metrics%00.html",
        "http://evil.example/etc/passwd",
        "/api/status/",
        "/query/paid_orders/",
    ],
)
def test_paths_lead_nowhere_else(crowd: Crowd, path: str) -> None:
    """Only the five paths exist, to the letter; nobody is redirected elsewhere, and no file is served."""
    received = exchange(
        crowd.address, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    )
    assert received.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))
    assert b"root:" not in received
    assert b"evil" not in received
