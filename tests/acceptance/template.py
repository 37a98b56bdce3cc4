"""A process that has imported syncd and forks it on demand: hundreds of real runs without their start.

A fresh `syncd` spends almost all of a short run on imports. A fork of this process is a process of its own,
with its own connections, threads and death, and runs the same command line; only the imports are shared. The
command as users start it is tests/support/fix_cli.py's.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from importlib import import_module
from itertools import count
from pathlib import Path
from pkgutil import walk_packages
from selectors import EVENT_READ, BaseSelector, DefaultSelector
from tempfile import TemporaryDirectory
from typing import Any, Self, TextIO

import syncd
from syncd.ledger.tables import tables
from tests.support.fix_cli import DEADLINE, TOKEN, Cli, Running

SHARED = (
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.mysql.pymysql",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "psycopg",
    "pymysql",
)
"""What is loaded by name as it goes, beside syncd's own modules; tests/test_imports.py holds what is when."""
STDIN = 0


class Forked:
    """A fork that goes on, as `subprocess.Popen` shows a process."""

    def __init__(self, pid: int, code: Future[int], stderr: TextIO) -> None:
        self.pid = pid
        self.stderr = stderr
        self._code = code

    def poll(self) -> int | None:
        """The exit code, if it has ended."""
        return self._code.result() if self._code.done() else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; the exit code."""
        return self._code.result(timeout)

    def send_signal(self, number: int) -> None:
        """A signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it ends as we speak
                os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


class Template:
    """Runs `syncd` in forks of one process, from any number of threads. A context manager."""

    def __enter__(self) -> Self:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tests.acceptance.template"],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYDANTIC_DISABLE_PLUGINS": "__all__"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._numbers = count(1)
        self._answers: dict[tuple[int, str], Future[int]] = {}
        self._writing = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(DEADLINE)
        self._reader.join(DEADLINE)
        self._process.stdout.close()

    def run(self, folder: Path, *arguments: str, **environ: str) -> tuple[int, str]:
        """`syncd` with `folder`/config.yaml to its end: the exit code as subprocess gives it, and its log."""
        log = folder / "run.log"
        around = {**os.environ, "SYNCD_CONFIG": "config.yaml", "METRICA_TOKEN": TOKEN, **environ}
        return self._order(folder, log, log, arguments, around), log.read_text(encoding="utf-8")

    def apart(
        self, folder: Path, arguments: Sequence[str], environ: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """The same in this environment alone, with the two streams kept apart, as subprocess gives it."""
        with TemporaryDirectory() as kept:
            out, err = Path(kept, "out"), Path(kept, "err")
            code = self._order(folder, out, err, arguments, environ)
            said = out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
        return subprocess.CompletedProcess(["syncd", *arguments], code, *said)

    def start(self, folder: Path, arguments: Sequence[str], environ: Mapping[str, str]) -> Forked:
        """One that goes on, with its standard error at hand."""
        with TemporaryDirectory() as kept:
            err = Path(kept, "err")
            os.mkfifo(err)
            reading = os.open(err, os.O_RDONLY | os.O_NONBLOCK)
            writing = os.open(err, os.O_WRONLY)  # until the fork writes there, so that it does not end before
            os.set_blocking(reading, True)
            begun, code = self._send(folder, Path(os.devnull), err, arguments, environ)
            pid = begun.result(DEADLINE)
            os.close(writing)
        return Forked(pid, code, os.fdopen(reading, encoding="utf-8"))

    def _order(
        self, folder: Path, out: Path, err: Path, arguments: Sequence[str], environ: Mapping[str, str]
    ) -> int:
        _, code = self._send(folder, out, err, arguments, environ)
        return code.result(DEADLINE * 2)

    def _send(
        self, folder: Path, out: Path, err: Path, arguments: Sequence[str], environ: Mapping[str, str]
    ) -> tuple[Future[int], Future[int]]:
        """Order a run; what will be its process and its exit code."""
        number = next(self._numbers)
        order = {
            "folder": str(folder),
            "out": str(out),
            "err": str(err),
            "arguments": [*arguments],
            "environ": {**environ},
        }
        begun = self._answers[number, "begun"] = Future()
        code = self._answers[number, "ended"] = Future()
        assert self._process.stdin is not None
        with self._writing:
            self._process.stdin.write(json.dumps({"number": number, **order}) + "\n")
            self._process.stdin.flush()
        return begun, code

    def _read(self) -> None:
        """Hand each answer to the thread that waits for it."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            number, what, value = line.split()
            self._answers.pop((int(number), what)).set_result(int(value))


class ForkedCli(Cli):
    """The command line whose processes are forks; those of a shell are as users start them."""

    def __init__(self, folder: Path, template: Template) -> None:
        super().__init__(folder)
        self._template = template

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run to the end, with -c config.yaml."""
        if "LD_PRELOAD" in environ:  # that is the loader's, who does not come again in a fork
            return super().run(*arguments, **environ)
        return self._template.apart(self.folder, arguments, self.environ(**environ))

    def start(self, *arguments: str, **environ: str) -> Running:
        """Start and leave running."""
        if "LD_PRELOAD" in environ:
            return super().start(*arguments, **environ)
        return self.follow(self._template.start(self.folder, arguments, self.environ(**environ)))


def main() -> None:
    """Fork for each line of standard input; each fork answers with its process, then with its exit code."""
    for module in walk_packages(syncd.__path__, "syncd."):
        if (
            not module.name.endswith("__main__") and ".migrations." not in module.name
        ):  # those run as they load
            import_module(module.name)
    for name in SHARED:
        import_module(name)
    tables("syncd_", None)
    tables("", "syncd")
    gc.collect()
    gc.freeze()  # a collection in a fork would write to all of it, and so copy it
    with DefaultSelector() as ready:
        ready.register(STDIN, EVENT_READ)
        rest = b""
        while True:
            for key, _ in ready.select():
                if key.fd != STDIN:
                    ready.unregister(key.fd)
                    tell_end(key.fd, key.data)
                elif read := os.read(STDIN, 2**20):
                    *lines, rest = (rest + read).split(b"\n")
                    for line in lines:
                        follow(json.loads(line), ready)
                else:
                    return


def follow(order: dict[str, Any], ready: BaseSelector) -> None:
    """Run in a fork, whose end is told of by a descriptor."""
    child = os.fork()
    if child == 0:
        others = [descriptor for descriptor in ready.get_map() if descriptor != STDIN]
        for descriptor in others:
            os.close(descriptor)  # type: ignore[arg-type]  # they were registered as numbers
        ready.close()
        os._exit(be(**order))
    ready.register(os.pidfd_open(child), EVENT_READ, order["number"])


def tell_end(descriptor: int, number: int) -> None:
    """Tell how the run of this number ended: its exit code, or the signal as a negative number."""
    ended = os.waitid(os.P_PIDFD, descriptor, os.WEXITED)
    assert ended is not None
    os.close(descriptor)
    code = ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
    os.write(1, f"{number} ended {code}\n".encode())


def be(number: int, folder: str, out: str, err: str, arguments: list[str], environ: dict[str, str]) -> int:
    """Be that run; the exit code."""
    from syncd.cli.startup import main as syncd_main
    from syncd.model import faultpoints

    os.chdir(folder)
    output = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    errors = output if err == out else os.open(err, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.write(1, f"{number} begun {os.getpid()}\n".encode())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(errors, 2)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    faultpoints.arm(os.environ)
    sys.argv = ["syncd", *arguments]
    try:
        syncd_main()
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        return int(end.code or 0)
    raise AssertionError("syncd ends with an exit code")


if __name__ == "__main__":
    main()
