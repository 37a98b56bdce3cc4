"""Metrica's client and the network: TLS, proxies, nobody there, servers that speak no HTTP or without end."""

from __future__ import annotations

import gzip
import os
import shutil
import socket
import ssl
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.metrica import transport
from syncd.model.errors import NotReceived, OutcomeUnknown
from tests.support.centre import metrica_client
from tests.support.client import BODY, OTHER, failure, upload
from tests.support.raw_http import RawServer, answer
from tests.support.servers import missing


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_no_connection_is_not_received() -> None:
    """Nobody listens, or the name does not exist: nothing was sent, and the text says so."""
    for url in (
        f"http://127.0.0.1:{free_port()}",
        "http://no-such-host.invalid",
        f"https://localhost:{free_port()}",
    ):
        with closing(metrica_client(url)) as client:
            error = failure(lambda client=client: upload(client))  # type: ignore[misc]  # bound for the loop
            assert type(error) is NotReceived
            assert "no connection" in str(error)


def test_a_plain_port_under_https(emulator: EmulatorServer) -> None:
    """TLS towards a port that speaks none: nothing was received, and the text names TLS."""
    with closing(metrica_client(emulator.url.replace("http:", "https:"))) as client:
        error = failure(lambda: upload(client))
    assert type(error) is NotReceived
    assert "TLS" in str(error)


def own_certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that nobody vouches for, and a server's context with it."""
    openssl = shutil.which("openssl") or missing("openssl")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"]
    made += ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


def test_a_certificate_of_nobody(tmp_path: Path) -> None:
    """A server whose certificate nobody vouches for is sent nothing, and the text says why."""
    _, context = own_certificate(tmp_path)
    with RawServer(answer(b"{}"), tls=context) as server, closing(metrica_client(server.url)) as client:
        error = failure(lambda: upload(client))
    assert type(error) is NotReceived
    assert "certificate" in str(error)
    assert server.requests == []


def test_a_certificate_of_the_companys_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """REQUESTS_CA_BUNDLE names who is trusted besides."""
    certificate, context = own_certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with RawServer(answer(b"{}"), tls=context) as server, closing(metrica_client(server.url)) as client:
        assert type(failure(lambda: upload(client))) is OutcomeUnknown  # it spoke, though no sense
        assert len(server.requests) == 1


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the way out is a proxy, the usual variables name it."""
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with RawServer(answer(b'{"uploading": {"id": 7, "status": "UPLOADED"}}')) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        with closing(metrica_client("http://metrica.invalid")) as client:
            assert upload(client).id == 7
        assert proxy.requests[0].startswith(b"POST http://metrica.invalid/management/v1/counter/101/")


def test_a_proxy_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was sent, and the text names the proxy."""
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    for scheme in ("http", "https"):
        monkeypatch.setenv(f"{scheme}_proxy", f"http://user:{OTHER}@127.0.0.1:{free_port()}")
        with closing(metrica_client(f"{scheme}://metrica.invalid")) as client:
            error = failure(lambda client=client: upload(client))  # type: ignore[misc]  # bound for the loop
        assert type(error) is NotReceived
        assert "proxy" in str(error)


def test_a_proxy_that_loses_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file was given to it whole: Metrica may have it, whatever becomes of the connection."""
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with RawServer(b"") as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        with closing(metrica_client("http://metrica.invalid")) as client:
            assert type(failure(lambda: upload(client))) is OutcomeUnknown
        assert BODY in proxy.requests[0]


class TlsBreaker(RawServer):
    """Reads a request over TLS, and answers in the clear, as a box in between may."""

    def _speak(self, connection: socket.socket) -> None:
        super()._speak(connection)
        os.write(connection.fileno(), answer(b"", "502 Bad Gateway"))


def test_tls_that_breaks_after_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL has the same words for it as for a handshake that failed, but here the file was sent."""
    certificate, context = own_certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with TlsBreaker(b"", tls=context) as server, closing(metrica_client(server.url)) as client:
        assert type(failure(lambda: upload(client))) is OutcomeUnknown
        assert BODY in server.requests[0]


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n{}",
        b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 0001 00:00:00 +2300\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nDate: never\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_a_server_that_speaks_no_http(reply: bytes) -> None:
    """Broken answers are unclear, and raise nothing else."""
    with RawServer(reply) as server, closing(metrica_client(server.url)) as client:
        assert type(failure(lambda: upload(client))) is OutcomeUnknown


@pytest.mark.parametrize(
    ("begin", "drip"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\n", b"X"),
        (b"H", b"T"),
    ],
    ids=["chunks", "body", "headers", "status line"],
)
def test_a_slow_drip_ends(begin: bytes, drip: bytes) -> None:
    """An answer that comes byte by byte is given up when the request's time is over."""
    began = time.monotonic()
    with RawServer(begin, drip=drip) as server, closing(metrica_client(server.url, timeout=1.0)) as client:
        assert type(failure(lambda: upload(client))) is OutcomeUnknown
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("packed", [True, False], ids=["gzip-bomb", "endless"])
def test_an_answer_that_is_too_large_ends(monkeypatch: pytest.MonkeyPatch, *, packed: bool) -> None:
    """What is read of an answer is bounded, by its size when unpacked; the upload is looked up."""
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 1024 * 1024)
    body = b" " * (8 * 1024 * 1024)
    head = b"HTTP/1.1 200 OK\r\n"
    if packed:
        body = gzip.compress(body)
        assert len(body) < 64 * 1024
        head += b"Content-Encoding: gzip\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n".encode()
    with RawServer(head + body) as server, closing(metrica_client(server.url)) as client:
        error = failure(lambda: upload(client))
    assert type(error) is OutcomeUnknown
    assert "larger than" in str(error)
