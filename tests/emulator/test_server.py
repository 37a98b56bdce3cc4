"""Starting, stopping and being killed: the emulator as a process and as a fixture."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading

import pytest
import requests

from syncd.emulator.server import EmulatorServer, serve
from syncd.model.errors import ListenFailed, UsageError
from tests.emulator.client import Client, uploaded
from tests.support.waiting import eventually

PROGRAM = """
import json, sys
from syncd.emulator.server import serve
serve(faults=json.loads(sys.argv[1]))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_says_where_and_ends_on_a_signal(number: signal.Signals) -> None:
    """The line is printed when the port is open; a signal ends the process well and quietly."""
    faults = json.dumps([{"kind": "refuse", "times": 1}])
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM, faults],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        found = re.fullmatch(r"emulator listening on (http://127\.0\.0\.1:\d+)\n", process.stdout.readline())
        assert found
        with requests.Session() as session:
            url = f"{found[1]}/management/v1/counter/1/offline_conversions/upload"
            assert session.post(url, timeout=20).status_code == 400
            assert session.post(url, timeout=20).status_code == 401
            # The idle connection of the session must not hold the process up.
            process.send_signal(number)
            assert process.wait(timeout=10) == 0
        assert process.stdout.read() == ""
        assert process.stderr.read() == ""


def test_a_taken_port_is_told(emulator: EmulatorServer) -> None:
    """A port in use is no error of usage: it is told with its number, and the command exits with 1."""
    with pytest.raises(ListenFailed, match=str(emulator.port)):
        serve(port=emulator.port)
    command = [sys.executable, "-m", "syncd", "emulator", "--port", str(emulator.port)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert "--port" in done.stderr


def test_a_wrong_fault_is_told() -> None:
    """A slip in a fault given at the start is an error of usage."""
    with pytest.raises(UsageError, match="kind"):
        serve(faults=[{"kind": "nonsense"}])


def test_it_goes_away_and_comes_back(emulator: EmulatorServer) -> None:
    """A stopped emulator refuses connections; started again it is at the same port and knows everything."""
    client = Client(emulator)
    upload = uploaded(client.upload())["id"]
    url = emulator.url
    emulator.stop()
    emulator.stop()
    with pytest.raises(requests.ConnectionError):
        client.upload()
    emulator.start()
    assert emulator.url == url
    assert uploaded(client.one(upload))["id"] == upload


def test_stopping_lets_go_of_what_hangs(emulator: EmulatorServer) -> None:
    """A request that hangs does not hold up the end of a test."""
    emulator.fault("hang")
    thread = threading.Thread(target=Client(emulator).upload)
    thread.start()
    eventually(lambda: emulator.state.running("secret-token") == 1, seconds=20)
    emulator.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_errors_of_its_own_are_kept(emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in the emulator answers 500 and is kept, so that the test that met it can fail."""
    monkeypatch.setattr(emulator.state, "listed", None)
    assert Client(emulator).get("/offline_conversions/uploadings").status_code == 500
    (error,) = emulator.state.internal_errors
    assert isinstance(error, TypeError)
    emulator.state.internal_errors.clear()


def test_stopping_ends_an_endless_reply(emulator: EmulatorServer) -> None:
    """An endless reply does not hold up the end of a test, and ends when its fault is deleted."""
    client = Client(emulator)
    emulator.fault("huge_reply", on="goals")
    url = f"{client.base}/goals"
    with requests.get(url, headers=client.headers, stream=True, timeout=20) as answer:
        pieces = answer.iter_content(65_536)
        assert next(pieces)
        emulator.clear_faults()
        assert sum(1 for _ in pieces) >= 0
    emulator.fault("huge_reply", on="goals")
    with requests.get(url, headers=client.headers, stream=True, timeout=20) as answer:
        assert next(answer.iter_content(65_536))
        emulator.stop()
