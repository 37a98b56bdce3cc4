"""The daemon, killed again and again while rows come in: every key exactly once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.acceptance.accounts import Accounts
from tests.acceptance.cells import KILLED
from tests.acceptance.template import Template
from tests.support.fix_cli import Cli
from tests.support.servers import Database

POINTS = ("read", "intent_written", "intent", "post", "answer", "accept_written", "accepted")
ROUNDS = 8
AHEAD = 60
"""Orders that Metrica does not have yet: several chunks more than any of the points takes to be reached."""


@contextmanager
def selling(accounts: Accounts) -> Iterator[list[int]]:
    """Orders come in, a few at a time, as long as the block goes on; gives the numbers sold so far.

    They wait for a syncd that is far behind: else a loaded machine has thousands to upload in the end.
    """
    sold, closing = [0], threading.Event()

    def sell() -> None:
        while not closing.wait(0.05):
            if sold[0] - len(accounts.emulator.conversions()) < AHEAD:
                shop.sell(accounts.shop, sold[0] + 1, 3)
                sold[0] += 3

    seller = threading.Thread(target=sell)
    seller.start()
    try:
        yield sold
    finally:
        closing.set()
        seller.join()


@pytest.fixture
def accounts(cli: Cli, sqlite_db: Database, emulator: EmulatorServer) -> Accounts:
    """An open shop, and a configuration that sends its orders in small chunks."""
    shop.open_shop(sqlite_db)
    cli.configure(shop.configuration(sqlite_db, emulator.url, shop.query(chunk_rows=4)))
    state = Database(url=f"sqlite:///{cli.folder}/syncd-state.db", reader_url="")
    return Accounts(sqlite_db, state, emulator, 101)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_daemon_that_dies_at_random_points(
    seed: int, cli: Cli, accounts: Accounts, template: Template
) -> None:
    """Killed at a random place of a random chunk, again and again, while answers are lost too."""
    random = Random(seed)  # noqa: S311 — a repeatable choice, no secret
    accounts.emulator.fault("drop_after", probability=0.2)
    with selling(accounts) as sold:
        for _ in range(ROUNDS):
            crash = f"{random.choice(POINTS)}:{random.randint(1, 4)}"
            code, log = template.run(cli.folder, "run", SYNCD_CRASH_AT=crash)
            assert code == KILLED, f"seed {seed}, {crash}: {log}"
    accounts.emulator.clear_faults()

    code, log = template.run(cli.folder, "run", "--once")

    assert code == 0, log
    accounts.settle(range(1, sold[0] + 1), last=sold[0])


def test_the_command_killed_at_any_moment(command: Cli, accounts: Accounts) -> None:
    """`syncd run` as users start it, killed from outside wherever it happens to be."""
    random = Random(3)  # noqa: S311 — a repeatable choice, no secret
    with selling(accounts) as sold:
        for event in ("query_started", "upload_started", "upload_accepted", "api_request"):
            daemon = command.start("run")
            for _ in range(random.randint(1, 3)):
                daemon.wait_for(event)
            daemon.kill()

    done = command.run("run", "--once")

    assert done.returncode == 0, done.stderr
    accounts.settle(range(1, sold[0] + 1), last=sold[0])
