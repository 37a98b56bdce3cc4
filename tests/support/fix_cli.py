"""The real command line, run as a subprocess in a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any, Protocol

import pytest

TOKEN = "y0_test-token-that-must-never-be-shown"
DEADLINE = 60.0
"""Seconds of silence after which something that should have happened has not."""
LAST_DEADLINE = 3 * DEADLINE
"""The same for a log that goes on and on."""


class Started(Protocol):
    """A process as `subprocess.Popen` shows it."""

    pid: int

    @property
    def stderr(self) -> IO[str] | None:
        """Where its standard error comes from."""

    def poll(self) -> int | None:
        """The exit code, if it has ended."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; the exit code."""

    def send_signal(self, number: int, /) -> None:
        """Any signal."""

    def kill(self) -> None:
        """SIGKILL."""


class Running:
    """A `syncd` that goes on; its log lines can be waited for."""

    def __init__(self, process: Started) -> None:
        """Follow standard error in a thread, so that the process never blocks on a full pipe."""
        self.process = process
        self.lines: list[str] = []
        self._queue: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            self._queue.put(line)

    def wait_for(
        self, event: str, where: Callable[[dict[str, Any]], bool] = lambda _: True
    ) -> dict[str, Any]:
        """The next log line of this event that fits. Fails after DEADLINE."""
        return self._wait({event}, where)[event]

    def wait_for_each(self, *events: str) -> None:
        """Until each of these events has come, in whatever order. Fails after DEADLINE."""
        self._wait(set(events), lambda _: True)

    def _wait(self, events: set[str], where: Callable[[dict[str, Any]], bool]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        end = time.monotonic() + LAST_DEADLINE
        while len(found) < len(events):
            try:
                entry = as_json(self._queue.get(timeout=DEADLINE))
            except Empty:
                missing = ", ".join(sorted(events - found.keys()))
                raise AssertionError(f"no {missing} in:\n{''.join(self.lines)}") from None
            if time.monotonic() > end:
                raise AssertionError(f"{events} do not come: the log goes on and on")
            if entry.get("event") in events and where(entry):
                found.setdefault(str(entry["event"]), entry)
        return found

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.wait()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask for a stop; the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Wait for the end; the exit code."""
        code = self.process.wait(DEADLINE)
        self._reader.join(DEADLINE)
        if self.process.stderr is not None:
            self.process.stderr.close()
        return code


def as_json(line: str) -> dict[str, Any]:
    """A log line as a document; anything else (a warning of the interpreter) as an event of that name."""
    try:
        document = json.loads(line)
    except ValueError:
        return {"event": line}
    return document if isinstance(document, dict) else {"event": line}


@dataclass
class Cli:
    """`syncd` with a configuration in `folder`."""

    folder: Path
    started: list[Running] = field(default_factory=list)

    def configure(self, text: str, name: str = "config.yaml") -> Path:
        """Write a configuration file, for its owner alone: `check` warns of others, whatever the umask."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run to the end, with -c config.yaml."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environ(**environ),
            capture_output=True,
            text=True,
            timeout=DEADLINE * 3,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        """Run with --json; the document it printed."""
        done = self.run(*arguments, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def start(self, *arguments: str, **environ: str) -> Running:
        """Start and leave running."""
        process = subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environ(**environ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        return self.follow(process)

    def follow(self, process: Started) -> Running:
        """Read what it says, and end it in the end."""
        running = Running(process)
        self.started.append(running)
        return running

    def shell(self, line: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run `syncd <line>` by a shell, for its redirections."""
        return subprocess.run(
            ["bash", "-c", f'"$0" -m syncd {line}', sys.executable],
            cwd=self.folder,
            env=self.environ(**environ),
            capture_output=True,
            text=True,
            timeout=DEADLINE * 3,
            check=False,
        )

    def close(self) -> None:
        """End what still runs."""
        for running in self.started:
            if running.process.poll() is None:
                running.kill()

    def command(self, *arguments: str) -> list[str]:
        """The whole command line."""
        return [sys.executable, "-m", "syncd", *arguments]

    def _environ(self, more: dict[str, str]) -> dict[str, str]:
        return self.environ(**more)

    def environ(self, **more: str) -> dict[str, str]:
        """The environment: the configuration in the folder, the token, warnings as errors."""
        config = {"SYNCD_CONFIG": str(self.folder / "config.yaml"), "METRICA_TOKEN": TOKEN}
        return {**os.environ, "PYTHONWARNINGS": "error", **config, **more}


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    """The command line in a fresh folder; what still runs at the end is killed."""
    tool = Cli(tmp_path)
    yield tool
    tool.close()
