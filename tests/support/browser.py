"""Chromium, driven through chromedriver over HTTP."""

from __future__ import annotations

import base64
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from tests.support.servers import missing
from tests.support.waiting import eventually

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


class Browser:
    """One browser for the time of a `with` block; missing only at a desk."""

    def __init__(self) -> None:
        driver, chromium = (shutil.which(name) or missing(name) for name in ("chromedriver", "chromium"))
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self._process = subprocess.Popen(
            [driver, f"--port={port}", "--log-level=OFF"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._session = f"http://127.0.0.1:{port}"
        self._binary = chromium

    def __enter__(self) -> Self:
        """Open a session."""
        eventually(self._answers)
        options = {"binary": self._binary, "args": list(_FLAGS)}
        wanted = {"goog:loggingPrefs": {"browser": "ALL"}, "goog:chromeOptions": options}
        opened = self._post("/session", capabilities={"alwaysMatch": wanted})
        self._session += f"/session/{opened['sessionId']}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the browser and its driver."""
        requests.delete(self._session, timeout=60)
        self._process.terminate()
        self._process.wait(60)

    def open(self, url: str) -> None:
        """Go to a page and wait for it."""
        self._post("/url", url=url)

    def run(self, script: str) -> Any:
        """The value of a script's last expression."""
        return self._post("/execute/sync", script=f"return {script.strip()}", args=[])

    def screen(self, width: int, height: int = 800) -> None:
        """Be as large as this."""
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def prefer(self, scheme: str) -> None:
        """Want light or dark pages."""
        wish = {"name": "prefers-color-scheme", "value": scheme}
        self.command("Emulation.setEmulatedMedia", features=[wish])

    def press_tab(self) -> None:
        """Move the focus on."""
        for kind in ("rawKeyDown", "keyUp"):
            self.command("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)

    def console(self) -> list[str]:
        """What the console said since it was last asked."""
        return [entry["message"] for entry in self._post("/se/log", type="browser")]

    def picture(self, file: Path, height: int) -> None:
        """The page from its top as PNG."""
        size = self.command("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(height, size["height"]), "scale": 1}
        taken = self.command("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        file.write_bytes(base64.b64decode(taken["data"]))

    def command(self, name: str, **parameters: object) -> Any:
        """A command of the DevTools protocol."""
        return self._post("/goog/cdp/execute", cmd=name, params=parameters)

    def _post(self, path: str, **body: object) -> Any:
        value = requests.post(self._session + path, json=body, timeout=120).json()["value"]
        assert not (isinstance(value, Mapping) and "stacktrace" in value), value
        return value

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self._session}/status", timeout=5).ok
        except requests.ConnectionError:
            return False
