"""Many queries shared by daemons that die, stand still and come; and a network that stops."""

from __future__ import annotations

import signal
import time
from itertools import pairwise

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop, test_fleet
from tests.acceptance.test_fleet import (
    PROMISED,
    Fleet,
    entries,
    moment,
    tell,
    wait_until,
)
from tests.acceptance.test_state_trouble import ready
from tests.acceptance.wire import Wire
from tests.support.fix_cli import Cli
from tests.support.servers import Database
from tests.support.waiting import eventually

fleet = test_fleet.fleet

MANY = 102
FEW = 20
ROUNDS = 240.0
"""Seconds in which each of many queries has run, on a machine with other things to do."""
LEASE = 12.0
"""Seconds that a daemon may still work after the store last heard of it."""


def longest_idle(fleet: Fleet, until: float) -> tuple[float, str]:
    """The longest time in which a query that had begun was not begun again, on any daemon; and which."""
    begun: dict[str, list[float]] = {}
    for daemon in fleet.daemons:
        for entry in entries(daemon, "query_started"):
            begun.setdefault(entry["query"], []).append(moment(entry))
    assert len(begun) > 0
    return max(
        (later - earlier, query)
        for query, moments in begun.items()
        for earlier, later in pairwise([*sorted(moments), until])
    )


def spread(fleet: Fleet) -> list[int]:
    """The shares, whoever has them, the smallest first."""
    return sorted(fleet.shares().values())


def test_many_queries(fleet: Fleet) -> None:
    """Three daemons; one is killed and one stopped at the same moment, then one continued and one added.

    Shares are even at every stage, each order comes to each counter once, and all are taken over within 30 s.
    A query idles no longer than that and one round of all queries, which is a matter of the machine.
    """
    fleet.configure(MANY, every="20s")
    fleet.patience = ROUNDS
    fleet.sell()
    began = time.monotonic()
    _, second, third = (fleet.start() for _ in range(3))
    # A daemon gives away what it is not running; while all is new, it runs what it has.
    fleet.wait_until(lambda: spread(fleet) == [34, 34, 34], lambda: str(fleet.shares()))
    fleet.wait_for_rows(MANY)
    one_round = time.monotonic() - began
    tell(f"three daemons, {MANY} queries: all delivered {one_round:.1f} s after their start")

    third.kill()
    second.process.send_signal(signal.SIGSTOP)
    fleet.sell()
    taken = fleet.wait_for_shares(MANY, 0, 0)
    tell(f"one killed, one stopped: all taken over after {taken:.1f} s")
    assert taken < PROMISED
    fleet.wait_for_rows(MANY)

    second.process.send_signal(signal.SIGCONT)
    tell(f"one continued: even after {fleet.wait_for_shares(51, 51, 0):.1f} s")
    fleet.start()
    fleet.wait_until(lambda: spread(fleet) == [34, 34, 34], lambda: str(fleet.shares()))
    fleet.sell()
    fleet.wait_for_rows(MANY)

    idle, query = longest_idle(fleet, time.time())
    tell(f"the longest any query waited for its next run: {idle:.1f} s ({query})")
    assert idle < PROMISED + one_round
    fleet.stop()
    fleet.assert_once(MANY)


def test_the_network_to_the_store_stops(
    cli: Cli, postgres: Database, postgres_server: str, fleet: Fleet, emulator: EmulatorServer
) -> None:
    """One of five daemons can no longer reach the store, in the middle of its work, and is not told.

    The others take its queries over within the promised time; meanwhile it sends nothing once its leases have
    run out, and is red. When the network is back, what was on its way changes nothing.
    """
    fleet.configure(FEW)
    direct = postgres.url
    _, _, rest = direct.partition("@")
    name = rest.strip("/").partition("?")[0]
    queries: dict[str, object] = {}
    for number in range(FEW):
        queries |= shop.query(f"q{number:02}", counter=100 + number, every="6s")
    top = {"state": {"url": "${STATE}"}, "http": {"listen": "127.0.0.1:0"}}
    cli.configure(shop.configuration(postgres, emulator.url, queries, **top))
    fleet.sell()
    with Wire(postgres_server) as wire:
        far = fleet.start(STATE=f"postgresql+psycopg://postgres@127.0.0.1:{wire.port}/{name}")
        near = [fleet.start(STATE=direct) for _ in range(4)]
        fleet.wait_for_shares(4, 4, 4, 4, 4)
        health = far.wait_for("http_listening")["url"]
        fleet.wait_for_rows(FEW)
        eventually(lambda: ready(health) == 200)

        wire.cut()
        cut_at = time.time()
        fleet.sell()
        eventually(lambda: ready(health) == 503)
        fleet.wait_for_shares(0, 5, 5, 5, 5)
        taken = [moment(entry) for daemon in near for entry in entries(daemon, "lease_taken")]
        tell(f"the network stops: all taken over after {max(taken) - cut_at:.1f} s")
        assert max(taken) - cut_at < PROMISED
        fleet.wait_for_rows(FEW)
        sent = [moment(entry) for entry in entries(far, "upload_started")]
        assert [when - cut_at for when in sent if when > cut_at + LEASE] == []
        wait_until(lambda: not fleet.unsettled(), lambda: str(fleet.unsettled()))
        written = fleet.written()

        wire.mend()
        tell(f"the network is back: even after {fleet.wait_for_shares(4, 4, 4, 4, 4):.1f} s")
        assert fleet.written() == written
        fleet.sell()
        fleet.wait_for_rows(FEW)
        idle, query = longest_idle(fleet, time.time())
        tell(f"the longest any query waited for its next run: {idle:.1f} s ({query})")
        assert idle < PROMISED
        fleet.stop()
    fleet.assert_once(FEW)
