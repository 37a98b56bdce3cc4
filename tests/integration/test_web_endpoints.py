"""The endpoints, over real HTTP."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import requests
from starlette.applications import Starlette

from syncd.model.errors import ListenFailed, StateUnavailable
from syncd.model.settings import HttpSettings
from syncd.monitoring.status import StatusReport, Wording
from syncd.monitoring.telemetry import Metrics
from syncd.monitoring.web import HttpServer, create_app
from syncd.monitoring.web import protocol as patient
from syncd.monitoring.web import server as web_server
from tests.support.status import SITUATIONS

Serve = Callable[[Starlette], str]
PATHS = ("/healthz", "/readyz", "/metrics", "/api/status", "/", "/query/paid_orders")
SITUATION = pytest.mark.parametrize("situation", sorted(SITUATIONS))


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve an application on a free port; it is stopped afterwards."""
    servers: list[HttpServer] = []

    def start(app: Starlette) -> str:
        server = HttpServer(HttpSettings(port=0), app)
        server.start()
        servers.append(server)
        return server.url

    yield start
    for server in servers:
        server.stop()


def _app(report: Callable[[], StatusReport], limit: float = 5.0) -> Starlette:
    metrics = Metrics(["paid_orders"])
    return create_app(report, metrics.render, observe=metrics.apply, limit=limit)


def _situation(name: str) -> Starlette:
    return _app(lambda: SITUATIONS[name])


def _get(url: str, **headers: str) -> requests.Response:
    return requests.get(url, timeout=20, headers=headers)


@SITUATION
def test_alive_says_nothing_about_rows(serve: Serve, situation: str) -> None:
    """/healthz is 200 in every situation."""
    answer = _get(serve(_situation(situation)) + "/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


@SITUATION
def test_ready_is_the_reports_judgement(serve: Serve, situation: str) -> None:
    """/readyz is 200 without reasons, or 503 with them; `up` and the JSON agree."""
    url = serve(_situation(situation))
    report = SITUATIONS[situation]
    answer = _get(url + "/readyz")
    assert answer.status_code == (200 if report.ready else 503)
    assert answer.json() == {"ready": report.ready, "reasons": list(map(str, report.reasons))}
    assert bool(answer.json()["reasons"]) is not report.ready
    assert f"syncd_up {float(report.ready)}" in _get(url + "/metrics").text
    assert _get(url + "/api/status").json() == json.loads(json.dumps(report.to_json()))
    russian = _get(url + "/api/status?lang=ru").json()
    assert russian == json.loads(json.dumps(report.to_json(Wording("ru"))))
    assert [one["state"] for one in russian["queries"]] == [one.state for one in report.queries]


@pytest.mark.parametrize("path", [*PATHS, "/nothing", "/query/", "/static/../etc/passwd"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_everything_only_reads(serve: Serve, path: str, method: str) -> None:
    """GET and HEAD are answered, other methods are 405, unknown paths 404; the headers are strict on all."""
    answer = requests.request(method, serve(_situation("good")) + path, timeout=20)
    expected = 404 if path not in PATHS else 200 if method in {"GET", "HEAD"} else 405
    assert answer.status_code == expected
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "server" not in answer.headers
    if method == "HEAD":
        assert not answer.content


def test_metrics_are_prometheus_text(serve: Serve) -> None:
    """/metrics has the content type of the text format 0.0.4."""
    answer = _get(serve(_situation("good")) + "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'syncd_rows_waiting{query="paid_orders"} 3.0' in answer.text


def test_a_hung_state_store_is_said_not_waited_for(serve: Serve) -> None:
    """While the report hangs, health and metrics answer, the rest is 503 with words; then all is well."""
    release, calls = threading.Event(), []

    def hang() -> StatusReport:
        calls.append(1)
        release.wait(60)
        return SITUATIONS["good"]

    url = serve(_app(hang, limit=0.2))
    try:
        assert _get(url + "/healthz").status_code == 200
        ready = _get(url + "/readyz")
        assert ready.status_code == 503
        assert "has not answered for 0.2 seconds" in ready.json()["reasons"][0]
        assert _get(url + "/api/status").json()["error"]["code"] == "status.unknown"
        page = _get(url + "/")
        assert page.status_code == 503
        assert "Not known whether it is working" in page.text
        metrics = _get(url + "/metrics")
        assert metrics.status_code == 200
        assert "syncd_up 0.0" in metrics.text
        assert len(calls) == 1, "one hung report costs one thread"
    finally:
        release.set()
    deadline = time.monotonic() + 20
    while _get(url + "/readyz").status_code != 200:
        assert time.monotonic() < deadline


@pytest.mark.parametrize(
    ("error", "words", "code"),
    [
        (StateUnavailable("the disk is full"), "the disk is full.", "state.unavailable"),
        (RuntimeError("secret detail"), "RuntimeError", "status.unknown"),
    ],
)
def test_a_failing_report_is_503_with_words(serve: Serve, error: Exception, words: str, code: str) -> None:
    """Our own errors are told; of others the class alone."""

    def fail() -> StatusReport:
        raise error

    url = serve(_app(fail))
    assert words in _get(url + "/readyz").json()["reasons"][0]
    assert _get(url + "/api/status").json()["error"]["code"] == code
    for path in PATHS:
        assert "secret detail" not in _get(url + path).text


@pytest.mark.parametrize(
    ("query", "accept", "language"),
    [
        ("", "", "en"),
        ("", "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("", "de,en;q=0.5,ru;q=0.4", "en"),
        ("", "en;q=0.1,ru;q=0.9", "ru"),
        ("", "ru;q=0", "en"),
        ("", "ru;q=x,;;,q=1" + "," * 1000, "en"),
        ("?lang=ru", "en", "ru"),
        ("?lang=xx", "ru", "ru"),
    ],
)
def test_the_language_is_the_readers(serve: Serve, query: str, accept: str, language: str) -> None:
    """`?lang=` wins, then Accept-Language, then English."""
    answer = _get(serve(_situation("good")) + "/" + query, **{"Accept-Language": accept})
    assert answer.headers["content-language"] == language


# --- the server ---------------------------------------------------------------------------------------------


def test_a_port_in_use_is_one_clear_line() -> None:
    """A port that is taken is refused at start, in one line that names it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = HttpServer(HttpSettings(port=port), _situation("good"))
        with pytest.raises(
            ListenFailed, match=f"^http.listen 127.0.0.1:{port}: the port is in use"
        ) as refused:
            server.start()
    assert "\n" not in str(refused.value)
    server.stop()


def test_an_address_that_is_not_ours_is_refused() -> None:
    """A host this machine does not have, or that does not exist, is refused at start."""
    for host in ("192.0.2.1", "no-such-host.invalid"):
        with pytest.raises(ListenFailed, match=host):
            HttpServer(HttpSettings(host=host, port=0), _situation("good")).start()


def test_stopped_means_closed() -> None:
    """After `stop` nothing listens any more, and no thread is left."""
    server = HttpServer(HttpSettings(port=0), _situation("good"))
    server.start()
    url = server.url
    assert _get(url + "/healthz").status_code == 200
    server.stop()
    with pytest.raises(requests.ConnectionError):
        _get(url + "/healthz")
    assert not [thread for thread in threading.enumerate() if thread.name == "syncd-http"]


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("::", "[::1]")],  # noqa: S104 - to see what is shown for it
)
def test_the_url_is_one_a_browser_can_open(host: str, shown: str) -> None:
    """The URL names a host that a browser on this machine reaches."""
    assert HttpServer(HttpSettings(host=host, port=80), _situation("good")).url == f"http://{shown}:80"


def test_those_who_never_finish_asking_are_cut_off(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that sends half a request, or nothing, is closed after the time limit."""
    monkeypatch.setattr(patient, "HEAD_LIMIT", 0.3)
    monkeypatch.setattr(web_server, "KEEP_ALIVE", 1)
    host, _, port = serve(_situation("good")).removeprefix("http://").partition(":")
    for beginning in (b"", b"GET / HT", b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nGET / HT"):
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(beginning)
            try:
                while connection.recv(65536):
                    pass
            except ConnectionResetError:
                pass


def test_a_head_that_is_too_large_is_refused(serve: Serve) -> None:
    """Headers beyond the limit get 400, and the server lives on."""
    url = serve(_situation("good"))
    with contextlib.suppress(requests.ConnectionError):  # it may hang up before all is sent
        assert _get(url + "/healthz", big="x" * 5_000_000).status_code == 400
    assert _get(url + "/healthz").status_code == 200
