"""What became of every row, as a person sees it: the real command, the real client, the emulator."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import urlopen

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.support.fix_cli import Cli
from tests.support.servers import Database

DAY = timedelta(days=1)


@pytest.fixture
def database(sqlite_db: Database) -> Database:
    """An open shop."""
    shop.open_shop(sqlite_db)
    return sqlite_db


def days_pass(cli: Cli, days: int) -> None:
    """Everything in the state store happened so many days earlier."""
    with closing(sqlite3.connect(cli.folder / "syncd-state.db")) as store, store:
        for column in ("created_at", "sent_at", "settled_at", "checked_at", "again_at"):
            moment = f"strftime('%Y-%m-%dT%H:%M:%f000Z', {column}, '-{days} days')"
            store.execute(f"UPDATE syncd_uploads SET {column} = {moment}")


def words(cli: Cli) -> str:
    """What `syncd status` has to say."""
    return cli.run("status").stdout


def follow(cli: Cli) -> None:
    """A run by which Metrica has finished with what was sent before."""
    days_pass(cli, 1)
    assert cli.run("run", "--once").returncode == 0


def test_why_only_half_were_linked(cli: Cli, database: Database, emulator: EmulatorServer) -> None:
    """Visitors not seen, no goal, rows too old: each is counted, with what to do."""
    emulator.configure(visitors="even", goals=["another_goal"])
    shop.sell(database, 1, 10)
    cli.configure(shop.configuration(database, emulator.url, shop.query()))
    assert cli.run("run", "--once").returncode == 0
    follow(cli)
    said = words(cli)
    assert "rows of the last 7 d whose visitor Metrica has not found: 5." in said
    assert "whose goal the counter does not have: 10. Target must be the identifier" in said
    assert "more than 21 days old when they were sent: 10." in said
    (query,) = cli.json("status")["queries"]
    assert query["match_rate"] == 0.5
    links = query["links"]
    assert (links["processed"], links["linked"], links["user_not_found"]) == (10, 5, 5)


def test_rows_are_sent_again_until_their_visitors_are_seen(
    cli: Cli, database: Database, emulator: EmulatorServer
) -> None:
    """`relink`: the next day they are linked; counted once everywhere, and then left alone."""
    emulator.configure(visitors="even")
    shop.sell(database, 1, 10)
    query = shop.query(relink={"after": "24h"})
    cli.configure(shop.configuration(database, emulator.url, query))
    assert cli.run("run", "--once").returncode == 0
    days_pass(cli, 2)
    emulator.configure(visitors="all")
    assert cli.run("run", "--once").returncode == 0  # learns of the links, and sends again
    first, again = emulator.uploads()
    assert first.content == again.content
    assert first.comment != again.comment
    for _ in range(3):
        days_pass(cli, 2)
        assert cli.run("run", "--once").returncode == 0
    assert len(emulator.uploads()) == 2
    (status,) = cli.json("status")["queries"]
    assert status["rows"]["delivered"] == 10
    assert status["match_rate"] == 1.0
    assert (status["links"]["linked"], status["links"]["gained"]) == (10, 5)
    assert "has not found" not in words(cli)


def test_sending_again_ends(cli: Cli, database: Database, emulator: EmulatorServer) -> None:
    """Visitors who are never seen: once a day while `for` lasts, and no longer."""
    emulator.configure(visitors="none")
    shop.sell(database, 1, 3)
    query = shop.query(relink={"after": "24h", "for": "4d"})
    cli.configure(shop.configuration(database, emulator.url, query))
    for _ in range(8):
        assert cli.run("run", "--once").returncode == 0
        days_pass(cli, 1)
    assert 3 <= len(emulator.uploads()) <= 5
    assert {one.times for one in emulator.conversions()} == {len(emulator.uploads())}


@pytest.mark.parametrize("point", ["intent", "post", "answer", "accept_written"])
def test_killed_while_sending_again(
    cli: Cli, database: Database, emulator: EmulatorServer, point: str
) -> None:
    """The next run settles what was begun: the file arrives once more, never twice more."""
    emulator.configure(visitors="none")
    shop.sell(database, 1, 3)
    query = shop.query(relink={"after": "24h"})
    cli.configure(shop.configuration(database, emulator.url, query))
    assert cli.run("run", "--once").returncode == 0
    days_pass(cli, 2)
    assert cli.run("run", "--once", SYNCD_CRASH_AT=point).returncode == -9
    assert cli.run("run", "--once").returncode == 0
    assert len(emulator.uploads()) == 2
    (status,) = cli.json("status")["queries"]
    assert (status["rows"]["delivered"], status["uploads"]["unsettled"]) == (3, 0)


def test_queries_of_a_counter_ask_together(cli: Cli, database: Database, emulator: EmulatorServer) -> None:
    """Ten queries learn of their links by one request for each open upload."""
    shop.sell(database, 1, 3)
    queries: dict[str, object] = {}
    for number in range(10):
        queries |= shop.query(f"q{number}")
    cli.configure(shop.configuration(database, emulator.url, queries))
    assert cli.run("run", "--once").returncode == 0
    before = len(emulator.requests())
    days_pass(cli, 1)
    assert cli.run("run", "--once").returncode == 0
    asked = [request.path.rsplit("/", 1)[1] for request in emulator.requests()[before:]]
    assert sorted(asked) == sorted(str(upload.id) for upload in emulator.uploads())
    assert {one["match_rate"] for one in cli.json("status")["queries"]} == {1.0}


def test_the_days_requests_last_across_restarts(
    cli: Cli, database: Database, emulator: EmulatorServer
) -> None:
    """What one process spent the next one does not have; then nothing is sent, and it says until when."""
    limit = {"metrica": {"daily_requests": 6}}
    for number in range(1, 20):
        shop.sell(database, number, 1)
        cli.configure(shop.configuration(database, emulator.url, shop.query(), **limit))
        done = cli.run("run", "--once")
        if done.returncode:
            break
    assert len(emulator.requests()) == 6
    assert "daily_requests allows are spent" in done.stderr
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    assert "quota_spent" in done.stderr
    assert midnight.isoformat() in done.stderr
    assert "syncd has made the 6 requests a day that" in words(cli)
    assert cli.json("status")["requests_left"] == 0


@pytest.mark.parametrize("quota", ["quota_requests_by_uid", "quota_requests_by_counter_id"])
def test_another_program_spent_the_days_requests(
    cli: Cli, database: Database, emulator: EmulatorServer, quota: str
) -> None:
    """The command tells the same as the daemon's page, until Metrica takes something again."""
    emulator.fault("exhaust_quota", quota=quota)
    shop.sell(database, 1, 1)
    cli.configure(shop.configuration(database, emulator.url, shop.query(), http={"listen": "127.0.0.1:0"}))
    daemon = cli.start("run")
    url = daemon.wait_for("http_listening")["url"]
    daemon.wait_for("query_failed")
    with urlopen(f"{url}/api/status", timeout=10) as answer:  # noqa: S310 — our own daemon
        page = json.load(answer)
    here = cli.json("status")
    assert _of_the_quota(page) == _of_the_quota(here)
    assert "by another program: nothing is sent until 00:00 GMT" in str(_of_the_quota(here))
    of_login = quota == "quota_requests_by_uid"  # else other counters have what is left
    assert [told["requests_left"] == 0 for told in (page, here)] == [of_login, of_login]
    daemon.stop()

    emulator.clear_faults()
    assert cli.run("run", "--once").returncode == 0
    after = cli.json("status")
    assert _of_the_quota(after) == []
    assert after["requests_left"] > 4900


def _of_the_quota(status: Any) -> list[str]:
    """What is said of the day's requests, but for how long the day lasts."""
    said = [words for query in status["queries"] for words in query["words"]]
    return [re.sub(r"GMT, in [^.]*", "GMT", words) for words in said if "00:00 GMT, in" in words]
