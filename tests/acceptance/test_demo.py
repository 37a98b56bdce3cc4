"""`syncd demo` and `syncd emulator`, as processes."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.fix_cli import DEADLINE, Cli


@contextmanager
def started(cli: Cli, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command whose standard output is read while it goes on."""
    process = subprocess.Popen(
        cli.command(*arguments),
        cwd=cli.folder,
        env=cli.environ(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line_with(process: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    """The first line from here on that fits."""
    assert process.stdout is not None
    for line in process.stdout:
        found = re.search(pattern, line)
        if found:
            return found
    raise AssertionError(f"no line with {pattern}")


def get(url: str) -> str:
    """The body of a GET that works."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 — http, from our own output
        return str(answer.read().decode())


def test_the_demo_shows_itself_and_ends_with_what_was_linked(cli: Cli) -> None:
    """The page is there meanwhile; each second says how it stands; the end has delivered and linked."""
    with started(cli, "demo", "--for", "6s", "--port", "0") as demo:
        url = line_with(demo, r"Status page: (http://\S+)")[1]
        line_with(demo, r"\d+ paid +\d+ delivered")
        assert "paid_orders" in get(url)
        status = json.loads(get(f"{url}/api/status"))
        output, errors = demo.communicate(timeout=DEADLINE)

    assert demo.returncode == 0, errors
    assert not errors
    assert status["queries"][0]["name"] == "paid_orders"
    delivered = re.search(r"paid_orders: (\d+) rows delivered in \d+ uploads", output)
    held = re.search(r"holds (\d+) conversions, 0 of them sent twice", output)
    assert delivered is not None
    assert held is not None
    assert int(delivered[1]) == int(held[1]) > 0
    assert "linked" in output
    assert re.search(r"crm_orders: [1-9]\d* orders .* [1-9]\d* of them changed since", output)
    assert output.rstrip().endswith(": equal"), output
    assert not list(cli.folder.iterdir())


def test_a_terminal_that_closes_leaves_no_folder_behind(cli: Cli) -> None:
    """SIGHUP ends the demo as Ctrl-C does: its folder with the shop goes too."""
    with started(cli, "demo", "--port", "0") as demo:
        folder = Path(line_with(demo, r"sells into (\S+)/shop.db")[1])
        line_with(demo, r"\d+ paid")
        assert folder.exists()
        demo.send_signal(signal.SIGHUP)
        demo.communicate(timeout=DEADLINE)
    assert not folder.exists()


def test_the_demo_takes_another_port_when_its_own_is_taken(cli: Cli) -> None:
    """It says so; Ctrl-C ends it with its summary and exit code 0."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with started(cli, "demo", "--port", str(port)) as demo:
            line_with(demo, f"Port {port} is taken")
            url = line_with(demo, r"Status page: (http://\S+)")[1]
            assert not url.endswith(f":{port}")
            line_with(demo, r"delivered")
            demo.send_signal(signal.SIGINT)
            output, errors = demo.communicate(timeout=DEADLINE)

    assert demo.returncode == 0, errors
    assert "rows delivered" in output


def test_the_emulator_command_takes_settings_and_faults(cli: Cli) -> None:
    """Settings from a file and the command line, a fault from the start; SIGTERM ends it with 0."""
    cli.folder.joinpath("settings.json").write_text('{"time_zone_name": "Asia/Tokyo"}', encoding="utf-8")
    options = ["--settings", "settings.json", "--set", 'permission="view"']
    fault = '{"kind": "slow", "seconds": 0, "on": "goals"}'
    with started(cli, "emulator", "--port", "0", *options, "--fault", fault) as emulator:
        url = line_with(emulator, r"listening on (http://\S+)")[1]
        request = urllib.request.Request(  # noqa: S310 — http, from our own output
            f"{url}/management/v1/counter/7", headers={"Authorization": "OAuth x"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 — the same
            counter = json.load(answer)["counter"]
        faults = json.loads(get(f"{url}/_emulator/faults"))
        emulator.send_signal(signal.SIGTERM)
        _, errors = emulator.communicate(timeout=DEADLINE)

    assert emulator.returncode == 0, errors
    assert counter["time_zone_name"] == "Asia/Tokyo"
    assert counter["permission"] == "view"
    assert "slow" in json.dumps(faults)


def test_an_emulator_whose_port_is_taken_says_so(cli: Cli) -> None:
    """Exit code 1, since something failed, and one clear line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = cli.run("emulator", "--port", str(port))

    assert done.returncode == 1
    assert f"syncd: cannot listen on 127.0.0.1:{port}: Address already in use" in done.stderr
