"""The status page in a real browser."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from syncd.model.settings import HttpSettings
from syncd.monitoring.telemetry import Metrics
from syncd.monitoring.web import HttpServer, create_app
from tests.support.status import SITUATIONS

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--enable-logging=stderr",
    "--v=0",
)


@pytest.fixture(scope="module")
def chromium() -> str:
    """The browser; missing only at a desk."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have chromium")
        pytest.skip("no chromium on this machine")
    return found


@pytest.fixture(params=sorted(SITUATIONS))
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The status page of each situation in turn."""
    metrics = Metrics()
    server = HttpServer(
        HttpSettings(port=0), create_app(lambda: SITUATIONS[str(request.param)], metrics.render)
    )
    server.start()
    yield server.url
    server.stop()


def _browse(chromium: str, url: str, *flags: str) -> tuple[str, str, str]:
    """Open a page: its DOM, what the console said, and the log of the network."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        network = Path(home) / "network.json"
        ended = subprocess.run(
            [
                chromium,
                *_FLAGS,
                *flags,
                f"--user-data-dir={home}",
                f"--log-net-log={network}",
                "--dump-dom",
                url,
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        console = "\n".join(line for line in ended.stderr.splitlines() if "CONSOLE" in line)
        return ended.stdout, console, network.read_text(encoding="utf-8", errors="replace")


def test_the_page_renders_cleanly(chromium: str, url: str) -> None:
    """The browser shows the page without a word in its console, and asks no other host for anything."""
    dom, console, network = _browse(chromium, f"{url}/?lang=ru", "--window-size=500,900")
    assert "<h1" in dom
    assert "</footer>" in dom
    assert not console
    assert _requested(network) == {url}


def _requested(network: str) -> set[str]:
    """The origins that were asked on behalf of our page; the browser's own errands bear other keys."""
    ours = [line for line in network.splitlines() if '"network_isolation_key":"http://127.0.0.1 ' in line]
    return {origin for line in ours for origin in re.findall(r'"url":"(https?://[^/"]+)', line)}


def test_a_bad_page_would_be_seen(chromium: str) -> None:
    """The test above can fail: a broken policy and a request to another host are noticed."""
    policy = "<meta http-equiv='Content-Security-Policy' content=\"style-src 'none'\">"

    async def bad(_request: Request) -> HTMLResponse:
        """Breaks its own policy, and asks another host."""
        return HTMLResponse(f"{policy}<style>p{{}}</style><img src='http://elsewhere.example/x.png'>")

    server = HttpServer(HttpSettings(port=0), Starlette(routes=[Route("/", bad)]))
    server.start()
    _, console, network = _browse(chromium, server.url)
    server.stop()
    assert "Content Security Policy" in console
    assert _requested(network) == {server.url, "http://elsewhere.example"}
