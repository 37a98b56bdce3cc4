"""The life of the real process: signals, a second daemon, its endpoints, streams that nobody reads."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.support.fix_cli import DEADLINE, Cli, Running
from tests.support.servers import Database
from tests.support.waiting import eventually

STOP_SECONDS = 10
FREE = {"listen": "127.0.0.1:0"}


@pytest.fixture
def shop_db(sqlite_db: Database) -> Database:
    """A shop of three orders."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 3)
    return sqlite_db


@pytest.fixture
def ready(cli: Cli, shop_db: Database, emulator: EmulatorServer) -> Cli:
    """A configuration for it, without HTTP."""
    cli.configure(shop.configuration(shop_db, emulator.url, shop.query()))
    return cli


def get(url: str) -> tuple[int, str]:
    """Status and body of a GET."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 — http, from the daemon's own log
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def stopped_in_time(daemon: Running, number: int) -> int:
    """Ask for a stop; the exit code, which must come within the promised time."""
    began = time.monotonic()
    code = daemon.stop(number)
    assert time.monotonic() - began < STOP_SECONDS
    return code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_daemon_stops_at_once(
    command: Cli, shop_db: Database, emulator: EmulatorServer, number: int
) -> None:
    """Exit code 0, well before anything could time out; the log tells which signal it was."""
    command.configure(shop.configuration(shop_db, emulator.url, shop.query()))
    daemon = command.start("run")
    daemon.wait_for("query_finished")

    began = time.monotonic()
    assert daemon.stop(number) == 0

    assert time.monotonic() - began < 5
    log = "".join(daemon.lines)
    assert f'"signal": "{signal.Signals(number).name}"' in log
    assert '"daemon_stopped"' in log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_an_upload_finish(ready: Cli, emulator: EmulatorServer, number: int) -> None:
    """A stop while Metrica is slow: the upload is finished, and nothing is left for the next start."""
    emulator.fault("slow", seconds=2.0, accept=False)
    daemon = ready.start("run")
    daemon.wait_for("upload_started")

    assert stopped_in_time(daemon, number) == 0

    daemon.wait_for("upload_accepted")
    (query,) = ready.json("status")["queries"]
    assert query["uploads"] == {"total": 1, "unsettled": 0, "planned": 0}
    assert ready.run("run", "--once").returncode == 0
    assert [conversion.times for conversion in emulator.conversions()] == [1, 1, 1]


@pytest.mark.parametrize("accept", [True, False], ids=["taken", "not-taken"])
def test_a_stop_leaves_an_upload_that_hangs_to_the_next_start(
    cli: Cli, shop_db: Database, emulator: EmulatorServer, *, accept: bool
) -> None:
    """A stop while Metrica hangs ends in time; the next start settles the upload, each row once."""
    fault = emulator.fault("hang", times=1, accept=accept)
    slow = {"timeout": "60s", "settle": "1s"}
    cli.configure(shop.configuration(shop_db, emulator.url, shop.query(), metrica=slow))
    daemon = cli.start("run")
    daemon.wait_for("upload_started")
    eventually(lambda: fault.met == 1)

    assert stopped_in_time(daemon, signal.SIGTERM) == 0

    (query,) = cli.json("status")["queries"]
    assert query["uploads"]["unsettled"] == 1
    done = cli.run("run", "--once")
    assert done.returncode == 0, done.stderr
    assert [conversion.times for conversion in emulator.conversions()] == [1, 1, 1]


def test_a_second_signal_ends_at_once(ready: Cli, emulator: EmulatorServer) -> None:
    """Whoever cannot wait sends it twice; the next start settles what was cut off."""
    fault = emulator.fault("hang", times=1)
    daemon = ready.start("run")
    daemon.wait_for("upload_started")
    eventually(lambda: fault.met == 1)
    daemon.process.send_signal(signal.SIGTERM)
    daemon.wait_for("daemon_stopping")

    began = time.monotonic()
    assert daemon.stop(signal.SIGTERM) == 130

    assert time.monotonic() - began < 3
    assert ready.run("run", "--once").returncode == 0
    assert [conversion.times for conversion in emulator.conversions()] == [1, 1, 1]


@pytest.mark.parametrize("arguments", [("run",), ("run", "--once")])
def test_a_second_daemon_on_a_sqlite_store_refuses(ready: Cli, arguments: tuple[str, ...]) -> None:
    """Exit code 1 and one clear line that names the process; the first one goes on. Reading is allowed."""
    daemon = ready.start("run")
    daemon.wait_for("query_finished")

    second = ready.run(*arguments)

    assert second.returncode == 1
    assert f"syncd: process {daemon.process.pid} works on this state store" in second.stderr
    assert "what to do: Stop the other syncd" in second.stderr
    assert ready.run("status").returncode == 0
    assert ready.run("preview", "paid_orders").returncode == 0
    assert daemon.stop() == 0


class TestHttp:
    """The endpoints of a running daemon."""

    def test_ready_goes_from_red_to_green(
        self, cli: Cli, shop_db: Database, emulator: EmulatorServer
    ) -> None:
        """/readyz is red with reasons while nothing has moved, green after the first run."""
        fault = emulator.fault("hang", times=1, accept=False)
        cli.configure(
            shop.configuration(
                shop_db, emulator.url, shop.query(), http=FREE, metrica={"timeout": "2s", "settle": "1s"}
            )
        )
        daemon = cli.start("run")
        url = daemon.wait_for("http_listening")["url"]
        assert get(f"{url}/healthz")[0] == 200
        code, body = get(f"{url}/readyz")
        assert code == 503
        assert json.loads(body)["reasons"]
        eventually(lambda: fault.met == 1)

        daemon.wait_for("query_finished")

        eventually(lambda: get(f"{url}/readyz")[0] == 200)
        code, metrics = get(f"{url}/metrics")
        assert code == 200
        assert 'syncd_rows_uploaded_total{query="paid_orders"} 3.0' in metrics
        code, page = get(url)
        assert code == 200
        assert "paid_orders" in page
        assert daemon.stop() == 0

    def test_api_status_has_the_shape_of_the_command(
        self, cli: Cli, shop_db: Database, emulator: EmulatorServer
    ) -> None:
        """/api/status is what `status --json` prints: the same keys all the way down, the same numbers."""
        cli.configure(shop.configuration(shop_db, emulator.url, shop.query(every="1h"), http=FREE))
        daemon = cli.start("run")
        url = daemon.wait_for("http_listening")["url"]
        daemon.wait_for("query_finished")
        eventually(lambda: get(f"{url}/readyz")[0] == 200)

        served, printed = json.loads(get(f"{url}/api/status")[1]), cli.json("status")

        assert shape(served) == shape(printed)
        assert served["queries"][0]["rows"] == printed["queries"][0]["rows"]
        assert served["recent_uploads"] == printed["recent_uploads"]
        assert daemon.stop() == 0

    def test_a_port_in_use_is_told(self, cli: Cli, shop_db: Database, emulator: EmulatorServer) -> None:
        """Exit code 1 and one clear line; nothing was uploaded, and the store is free again."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            http = {"listen": f"127.0.0.1:{taken.getsockname()[1]}"}
            cli.configure(shop.configuration(shop_db, emulator.url, shop.query(), http=http))

            done = cli.run("run")

        assert done.returncode == 1
        assert f"syncd: http.listen {http['listen']}: the port is in use" in done.stderr
        assert "what to do: Give http.listen a free port" in done.stderr
        assert not emulator.uploads()
        assert cli.run("run", "--once").returncode == 0


def shape(value: Any) -> Any:
    """The keys of a JSON document, without its values."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else None


class TestStreams:
    """Standard output and error that are closed, or that nobody reads."""

    @pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
    def test_closed(self, ready: Cli, emulator: EmulatorServer, closed: str) -> None:
        """The work is done all the same, and nothing is written into files that got their numbers."""
        done = ready.shell(f"run --once {closed}")

        assert done.returncode == 0, done.stderr
        assert len(emulator.conversions()) == 3
        assert ready.json("status")["queries"][0]["rows"]["delivered"] == 3

    def test_a_full_pipe_holds_nothing_up(
        self, ready: Cli, shop_db: Database, emulator: EmulatorServer
    ) -> None:
        """A log that nobody reads loses lines; rows are still delivered, and the daemon stops when asked."""
        shop.sell(shop_db, 4, 997)
        reading, writing = os.pipe()
        fill(writing)
        daemon = subprocess.Popen(
            ready.command("run"), cwd=ready.folder, env=ready.environ(), stdout=writing, stderr=writing
        )
        try:
            eventually(lambda: len(emulator.conversions()) == 1000)
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(STOP_SECONDS * 3) == 0
        finally:
            daemon.kill()
            daemon.wait()
            os.close(reading)
            os.close(writing)

    def test_a_broken_pipe_ends_nothing(self, ready: Cli, emulator: EmulatorServer) -> None:
        """Whoever read the log has gone: the work is done all the same."""
        reading, writing = os.pipe()
        os.close(reading)
        try:
            done = subprocess.run(
                ready.command("run", "--once"),
                cwd=ready.folder,
                env=ready.environ(),
                stdout=subprocess.DEVNULL,
                stderr=writing,
                timeout=DEADLINE,
                check=False,
            )
        finally:
            os.close(writing)
        assert done.returncode == 0
        assert len(emulator.conversions()) == 3


def fill(descriptor: int) -> None:
    """Write until a pipe takes no more."""
    os.set_blocking(descriptor, False)
    try:
        while True:
            os.write(descriptor, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(descriptor, True)
