"""The server answers to its own names alone, says when the loop hangs, and cannot be made to fill the log."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests

from syncd.model.settings import HttpSettings, LogSettings
from syncd.monitoring.telemetry import configure
from syncd.monitoring.web import HttpServer, create_app
from tests.support.status import SITUATIONS

PATHS = ("/", "/healthz", "/readyz", "/metrics", "/api/status", "/query/paid_orders", "/nothing")


@contextmanager
def serving(settings: HttpSettings, still_for: Callable[[], float] = float) -> Iterator[str]:
    """The address of a server that listens as the settings say."""
    hosts = (settings.host, *settings.hosts)
    app = create_app(
        lambda: SITUATIONS["good"], lambda: (b"", "text/plain"), hosts=hosts, still_for=still_for
    )
    server = HttpServer(settings, app)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


def code_of(url: str, host: str, path: str = "/healthz") -> int:
    """The status that a request with this Host is answered with."""
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url + path, headers={"Host": host}, timeout=10).status_code


def test_a_strangers_name_is_answered_nowhere() -> None:
    """A site whose name leads to 127.0.0.1 reads nothing, at any path; our own names are answered."""
    with serving(HttpSettings(port=0, hosts=("Status.Example.COM",))) as url:
        assert {code_of(url, "evil.example", path) for path in PATHS} == {421}
        for stranger in ("localhost.evil.example", "127.0.0.1.evil", "10.0.0.7", "a@localhost", "[::2]", ""):
            assert code_of(url, stranger) == 421, stranger
        for ours in (
            "localhost:1",
            "LOCALHOST.",
            "127.0.0.1",
            "127.9.9.9",
            "[::1]:9",
            "status.example.com:8",
        ):
            assert code_of(url, ours) == 200, ours
        words = requests.get(url + "/", headers={"Host": "evil.example"}, timeout=10).text
        assert "http.hosts" in words
        assert "evil" not in words


def test_the_address_of_a_connection_is_the_listen_address() -> None:
    """A server on all addresses is asked by the one that was connected to, as Prometheus does."""
    with serving(HttpSettings(host="0.0.0.0", port=0)) as url:  # noqa: S104 — the kind that is tested
        port = int(url.rpartition(":")[2])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # sends nothing: only which address of ours would be used
            own = probe.getsockname()[0]
        assert code_of(f"http://{own}:{port}", f"{own}:{port}") == 200
        assert code_of(f"http://{own}:{port}", "192.0.2.77") == 421
        with socket.create_connection(("127.0.0.1", port)) as old:
            old.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert old.recv(12).endswith(b"200")


def test_alive_means_that_the_loop_goes_on() -> None:
    """A loop that has stood still for long is no life, whatever the HTTP thread answers."""
    seconds = 0.0
    with serving(HttpSettings(port=0), lambda: seconds) as url:
        assert code_of(url, "localhost") == 200
        seconds = 31.0
        answer = requests.get(f"{url}/healthz", timeout=10)
        assert answer.status_code == 503
        assert "stood still for 31 seconds" in answer.json()["reasons"][0]


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 garbage\r\n\r\n",
    ],
)
def test_strangers_write_no_lines_of_log(said: bytes) -> None:
    """Upgrades and garbage are answered or cut off, and the log says nothing of them."""
    log = io.StringIO()
    configure(LogSettings(format="json"), log)
    with serving(HttpSettings(port=0)) as url:
        port = int(url.rpartition(":")[2])
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(said)
                connection.recv(1)
        assert code_of(url, "localhost") == 200
    assert log.getvalue() == ""
