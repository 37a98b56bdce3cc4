"""`wake`: a query runs when its database notifies it; its schedule stays beside."""

from __future__ import annotations

import time

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.support.fix_cli import Cli
from tests.support.servers import Database
from tests.support.waiting import eventually

FUNCTION = """
CREATE FUNCTION tell_orders_paid() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN NOTIFY orders_paid; RETURN NULL; END $$
"""
TRIGGER = """
CREATE TRIGGER tell_orders_paid AFTER INSERT OR UPDATE ON orders
FOR EACH STATEMENT EXECUTE FUNCTION tell_orders_paid()
"""
LISTENERS = "FROM pg_stat_activity WHERE application_name = 'syncd listens'"


def test_a_notification_runs_the_query(cli: Cli, postgres: Database, emulator: EmulatorServer) -> None:
    """A commit is uploaded at once though the schedule is of hours; also after the connection was cut."""
    shop.open_shop(postgres)
    postgres.run(FUNCTION, TRIGGER)
    queries = shop.query(every="1h", wake="orders_paid") | shop.query("asleep", every="1h", counter=102)
    cli.configure(shop.configuration(postgres, emulator.url, queries))
    daemon = cli.start("run")
    daemon.wait_for("query_finished", lambda line: line["query"] == "asleep")
    eventually(lambda: postgres.rows(f"SELECT count(*) {LISTENERS}") == [(1,)])

    took = []
    for number in range(1, 6):
        shop.sell(postgres, number, 1)
        began = time.monotonic()
        # mypy knows no type of a default in a lambda.
        eventually(lambda at_least=number: len(emulator.conversions(101)) >= at_least)  # type: ignore[misc]
        took.append(time.monotonic() - began)
    assert min(took) < 1, took
    for number in range(10, 40):  # a burst: what is notified while a run goes on is one more run
        shop.sell(postgres, number, 1)
    eventually(lambda: len(emulator.conversions(101)) == 35)

    postgres.run(f"SELECT pg_terminate_backend(pid) {LISTENERS}")
    failed = daemon.wait_for("listening_failed")
    assert failed["database"] == "shop"
    shop.sell(postgres, 50, 1)  # perhaps before anybody listens again: a run makes up for it
    daemon.wait_for("listening")
    eventually(lambda: len(emulator.conversions(101)) == 36)
    assert emulator.conversions(102) == []  # nobody notified it

    cli.configure(shop.configuration(postgres, emulator.url, shop.query(every="1h")))
    daemon.process.send_signal(1)
    daemon.wait_for("config_reloaded")
    eventually(lambda: postgres.rows(f"SELECT count(*) {LISTENERS}") == [(0,)])
    assert daemon.stop() == 0
    assert not [line for line in daemon.lines if "internal_error" in line]
