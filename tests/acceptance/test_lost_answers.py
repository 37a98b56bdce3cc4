"""Answers lost on real connections, and a Metrica that freezes or restarts: every key exactly once."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.acceptance.accounts import Accounts
from tests.acceptance.cells import prepare
from tests.acceptance.proxy import Cut, Direction, Proxy
from tests.acceptance.template import Template
from tests.support.fix_cli import Cli
from tests.support.servers import Database

UP = (0, 1, 150, 400, 600, 700)
"""Of the first request's about 800 bytes: nothing, in the head, in the body."""
DOWN = (0, 1, 20, 120, 200)
"""Of the first answer's about 400 bytes."""


def prove_cut(template: Template, folder: Path, emulator: EmulatorServer, counter: int, cut: Cut) -> None:
    """A cell behind a proxy that cuts its first upload there."""
    cell = prepare(template, folder, emulator, "none", counter)
    with Proxy(emulator.port, cut) as proxy:
        config = folder / "config.yaml"
        config.write_text(config.read_text().replace(emulator.url, proxy.url))
        cell.prove()
        assert proxy.met.is_set(), f"{cut} was not reached: {proxy.passed}"


@pytest.mark.parametrize(("direction", "places"), [("up", UP), ("down", DOWN)])
def test_cut_after_so_many_bytes(
    direction: Direction,
    places: tuple[int, ...],
    template: Template,
    emulator: EmulatorServer,
    tmp_path: Path,
) -> None:
    """Wherever in the request or the answer the connection breaks or goes silent, each row is sent once."""
    emulator.configure(parallel_by_uid=None)
    cuts = [Cut(direction, after, hold) for after in places for hold in (False, True)]
    with ThreadPoolExecutor(len(cuts)) as pool:
        proofs = [
            pool.submit(prove_cut, template, tmp_path / f"cut{index}", emulator, 101 + index, cut)
            for index, cut in enumerate(cuts)
        ]
    for proof in proofs:
        proof.result()


@pytest.fixture
def accounts(cli: Cli, sqlite_db: Database, emulator: EmulatorServer) -> Accounts:
    """An open shop with three orders."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 3)
    state = Database(url=f"sqlite:///{cli.folder}/syncd-state.db", reader_url="")
    return Accounts(sqlite_db, state, emulator, 101)


@pytest.mark.parametrize("direction", ["up", "down"])
def test_killed_in_the_middle_of_an_exchange(direction: Direction, cli: Cli, accounts: Accounts) -> None:
    """Killed with half of the request sent, or half of the answer received."""
    with Proxy(accounts.emulator.port, Cut(direction, 100, hold=True)) as proxy:
        cli.configure(shop.configuration(accounts.shop, proxy.url, shop.query()))
        running = cli.start("run", "--once")
        assert proxy.met.wait(60)
        running.kill()

        assert cli.run("run", "--once").returncode == 0

    accounts.settle({1, 2, 3}, last=3)


def test_metrica_restarts_during_an_upload(cli: Cli, accounts: Accounts) -> None:
    """Metrica takes a file, dies before it answers and comes back: it is asked, and nothing sent twice."""
    emulator = accounts.emulator
    with Proxy(emulator.port, Cut("down", 1, hold=True)) as proxy:
        text = shop.configuration(accounts.shop, proxy.url, shop.query(), metrica={"timeout": "2s"})
        cli.configure(text)
        running = cli.start("run")
        assert proxy.met.wait(60)  # it answers, so it was taken
        emulator.stop()
        running.wait_for("query_failed")
        running.wait_for("query_failed")  # nobody listens: it stays open

        emulator.start()

        running.wait_for("upload_found")
        assert running.stop() == 0
    accounts.settle({1, 2, 3}, last=3)
    assert accounts.uploads() == 1


def test_metrica_is_away_before_an_upload(cli: Cli, accounts: Accounts) -> None:
    """A Metrica that cannot be reached took nothing: the same upload goes as soon as it is back, unasked."""
    emulator = accounts.emulator
    cli.configure(shop.configuration(accounts.shop, emulator.url, shop.query()))
    emulator.stop()
    running = cli.start("run")
    failed = running.wait_for("query_failed")

    emulator.start()

    running.wait_for("upload_accepted")
    assert running.stop() == 0
    assert failed["code"] == "metrica.busy"
    accounts.settle({1, 2, 3}, last=3)
    assert not [one for one in emulator.requests() if one.method == "GET"]


class Frozen:
    """The emulator as a process of its own, which can be stopped as a machine that hangs."""

    def __init__(self) -> None:
        """Start it, and wait until it listens."""
        command = [sys.executable, "-m", "syncd", "emulator", "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().split()[-1]

    def close(self) -> None:
        """End it, frozen or not."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def frozen() -> Iterator[Frozen]:
    """An emulator in a process of its own."""
    server = Frozen()
    yield server
    server.close()


def test_metrica_freezes_and_takes_the_file_when_it_wakes(
    cli: Cli, accounts: Accounts, frozen: Frozen
) -> None:
    """A file that lay in a frozen Metrica's buffers while we gave up waiting is found, not sent again."""
    metrica = {"timeout": "1s", "settle": "30s"}
    cli.configure(shop.configuration(accounts.shop, frozen.url, shop.query(), metrica=metrica))
    frozen.process.send_signal(signal.SIGSTOP)
    running = cli.start("run")
    running.wait_for("upload_unclear")
    running.wait_for("query_failed")

    frozen.process.send_signal(signal.SIGCONT)

    running.wait_for("upload_found")
    assert running.stop() == 0
    sent = requests.get(f"{frozen.url}/_emulator/conversions", timeout=30).json()["conversions"]
    assert [conversion["times"] for conversion in sent] == [1, 1, 1]
