"""`syncd health`, as a container's health check runs it, against a real daemon."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.support.fix_cli import TOKEN, Cli
from tests.support.servers import Database


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found: int = taken.getsockname()[1]
        return found


@pytest.fixture
def ready(cli: Cli, sqlite_db: Database, emulator: EmulatorServer, port: int) -> Cli:
    """A shop, and a daemon to be that listens on every address."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 3)
    cli.configure(
        shop.configuration(sqlite_db, emulator.url, shop.query(), http={"listen": f"0.0.0.0:{port}"})
    )
    return cli


def test_a_daemon_whose_rows_move_is_healthy(ready: Cli) -> None:
    """Exit code 0 and a word, as JSON too."""
    daemon = ready.start("run")
    daemon.wait_for("query_finished")

    done = ready.run("health")
    assert (done.returncode, done.stdout, done.stderr) == (0, "ready\n", "")
    assert ready.json("health") == {"ready": True, "reasons": []}
    assert ready.run("health", "--live").stdout == "alive\n"
    assert daemon.stop() == 0


def test_a_daemon_whose_rows_do_not_move_is_not(ready: Cli, emulator: EmulatorServer) -> None:
    """Exit code 1 and the reasons; yet it is alive."""
    emulator.fault("refuse", status=403)
    daemon = ready.start("run")
    daemon.wait_for("query_failed")

    done = ready.run("health")
    assert (done.returncode, done.stdout) == (1, "")
    assert "paid_orders" in done.stderr
    assert "what to do" in done.stderr
    assert TOKEN not in done.stderr
    assert ready.run("health", "--live").returncode == 0
    assert daemon.stop() == 0


def test_without_a_daemon_it_says_so(ready: Cli, port: int) -> None:
    """Exit code 1, the address and what to look at; a proxy of the environment is not asked."""
    done = ready.run("health", http_proxy="http://127.0.0.1:9")

    assert done.returncode == 1
    assert f"no answer from http://127.0.0.1:{port}/readyz: Connection refused" in done.stderr


def test_another_program_on_the_port_is_not_syncd(
    ready: Cli, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """Exit code 1, whatever it answers."""
    config = tmp_path / "config.yaml"
    other = emulator.url.rsplit(":", 1)[1]
    text = config.read_text(encoding="utf-8")
    before = text.split('"0.0.0.0:', 1)[1].split('"', 1)[0]
    config.write_text(text.replace(f"0.0.0.0:{before}", f"127.0.0.1:{other}"), encoding="utf-8")

    assert ready.run("health").returncode == 1


def test_a_daemon_that_does_not_listen_cannot_be_asked(
    cli: Cli, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """`http.listen: null` is a wrong configuration for this command: exit code 2."""
    cli.configure(shop.configuration(sqlite_db, emulator.url, shop.query()))

    done = cli.run("health")
    assert done.returncode == 2
    assert "http.listen is null" in done.stderr
