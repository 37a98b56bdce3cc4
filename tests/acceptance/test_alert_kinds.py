"""Each kind of alert arrives by mail and at a webhook: once, and once when it is over."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_string
from typing import Any

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.acceptance.wall_clock import WallClock
from tests.support.fix_cli import Cli, Running
from tests.support.receivers import MailServer, mail_server, webhook
from tests.support.servers import Database
from tests.support.waiting import eventually


@dataclass(slots=True)
class Watched:
    """A daemon, and the two who are told."""

    cli: Cli
    source: Database
    emulator: EmulatorServer
    clock: WallClock
    mail: MailServer
    posted: list[dict[str, Any]]
    urls: list[str]

    def start(
        self, kind: str, *, is_clocked: bool = False, reject_limit: int = 20, **metrica: object
    ) -> Running:
        """A daemon that has delivered three orders and tells of one kind of trouble; it may go by `clock`."""
        alerts = {"urls": self.urls, "on": [kind, "recovered"], "after": "1s", "remind": "30d"}
        top = {"alerts": alerts, "http": {"listen": "127.0.0.1:0"}, "metrica": metrica}
        query = shop.query(every="1s", reject_limit=reject_limit)
        self.cli.configure(shop.configuration(self.source, self.emulator.url, query, **top))
        shop.sell(self.source, 1, 3)
        daemon = self.cli.start("run", **(self.clock.environ() if is_clocked else {}))
        daemon.wait_for("upload_accepted")
        return daemon

    def spoil(self, number: int) -> None:
        """Sell to somebody whose id is none."""
        at = shop.moment(self.source, number)
        self.source.run(
            f"INSERT INTO orders VALUES ({number}, 'GA1.2.3', 'paid', '{at}', '{at}', 100, 'RUB')"
        )

    def is_over(self, daemon: Running, kind: str) -> None:
        """Both were told of this trouble and of its end, and the daemon ends well."""
        self.told(f"paid_orders: {kind}", "paid_orders: recovered")
        assert daemon.stop() == 0

    def told(self, *titles: str) -> None:
        """Both were told this and nothing else, in this order."""
        wanted = [f"syncd: {title}" for title in titles]
        eventually(
            lambda: len(self.posted) >= len(wanted) and len(self.mail.mails) >= len(wanted),
            lambda: f"{subjects(self.mail)}, {self.posted}",
        )
        assert [message["title"] for message in self.posted] == wanted
        assert subjects(self.mail) == wanted


def subjects(mail: MailServer) -> list[str]:
    """The subjects of what came."""
    return [str(message_from_string(one)["subject"]) for one in mail.mails]


@pytest.fixture
def watched(
    cli: Cli, one_shop: Database, emulator: EmulatorServer, wall_clock: WallClock
) -> Iterator[Watched]:
    """Receivers that are there, and nothing running yet."""
    with mail_server() as (mail, mail_port), webhook() as (posted, hook_port):
        urls = [
            f"mailto://127.0.0.1:{mail_port}/?from=syncd@example.com&to=dba@example.com",
            f"json://127.0.0.1:{hook_port}/",
        ]
        yield Watched(cli, one_shop, emulator, wall_clock, mail, posted, urls)


def test_failing(watched: Watched) -> None:
    """The table is away, and comes back."""
    daemon = watched.start("failing")
    watched.source.run("ALTER TABLE orders RENAME TO hidden")
    watched.told("paid_orders: failing")
    watched.source.run("ALTER TABLE hidden RENAME TO orders")
    watched.is_over(daemon, "failing")


def test_halted(watched: Watched) -> None:
    """A bad row is one too many; somebody takes it away and has the file read again."""
    daemon = watched.start("halted", reject_limit=1)
    watched.spoil(4)
    watched.told("paid_orders: halted")
    watched.source.run("DELETE FROM orders WHERE order_id = 4")
    daemon.process.send_signal(signal.SIGHUP)
    watched.is_over(daemon, "halted")


def test_rejects(watched: Watched) -> None:
    """A row has no id that Metrica takes, until a person says that it is never to be sent."""
    daemon = watched.start("rejects")
    watched.spoil(4)
    watched.told("paid_orders: rejects")
    dropped = watched.cli.run("rejects", "drop", "paid_orders", "--all", "--yes")
    assert dropped.returncode == 0, dropped.stderr
    watched.is_over(daemon, "rejects")


def test_match_rate(watched: Watched) -> None:
    """The counter has no goal for the rows; eight days later that is no news."""
    watched.emulator.configure(goals=["another"], ripen_after=0.0)
    daemon = watched.start("match_rate", is_clocked=True)
    watched.clock.set("+3h")
    watched.told("paid_orders: match rate")
    watched.clock.set("+9d")
    watched.is_over(daemon, "match rate")


def test_quota(watched: Watched) -> None:
    """The day's requests are spent; the next day has others."""
    daemon = watched.start("quota", is_clocked=True, daily_requests=30)
    watched.emulator.fault("exhaust_quota", on="upload")
    shop.sell(watched.source, 4, 1)
    watched.told("paid_orders: quota")
    watched.emulator.clear_faults()
    watched.clock.set("+1d")
    watched.is_over(daemon, "quota")


def test_late(watched: Watched) -> None:
    """Metrica takes a file and does not answer for long."""
    daemon = watched.start("late", timeout="5m")
    watched.emulator.fault("hang", times=1)
    shop.sell(watched.source, 4, 1)
    watched.told("paid_orders: late")
    watched.emulator.clear_faults()
    watched.is_over(daemon, "late")
