"""`syncd probe`: what it says before, what it keeps, and how it goes on after Ctrl-C."""

from __future__ import annotations

import json
import signal

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.support.fix_cli import TOKEN, Cli
from tests.support.servers import Database

ASIDE = 555


def test_nothing_is_sent_before_it_is_confirmed(
    cli: Cli, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """The plan tells each question's cost; not one request is made, no store either."""
    cli.configure(shop.configuration(sqlite_db, emulator.url, shop.query()))
    plan = cli.run("probe", "101")
    assert plan.returncode == 0, plan.stderr
    assert "bad_row" in plan.stdout
    assert "for ever" in plan.stdout
    assert "sends to this counter" in plan.stdout
    assert {one["answer"] for one in cli.json("probe", str(ASIDE))["questions"]} == {None}
    assert emulator.requests() == []
    assert not (cli.folder / "syncd-state.db").exists()
    wrong = cli.run("probe", str(ASIDE), "--yes", "--question", "bad_rwo")
    assert wrong.returncode == 2
    assert "bad_row" in wrong.stderr


def test_it_asks_keeps_and_goes_on(cli: Cli, sqlite_db: Database, emulator: EmulatorServer) -> None:
    """Ctrl-C while it waits; the same command asks the rest; `check` takes what was learned. No token."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 3)
    cli.configure(shop.configuration(sqlite_db, emulator.url, shop.query()))
    emulator.configure(ripen_after=None, goals=["order_paid"])
    emulator.fault("refuse", status=400, message=f"you sent {TOKEN}", times=1)
    asking = cli.start("probe", str(ASIDE), "--yes")
    asking.wait_for("list_order: newest_first\n")
    assert asking.stop(signal.SIGINT) == 130
    assert "goes on" in "".join(asking.lines)

    emulator.configure(ripen_after=0.0)
    done = cli.run("probe", str(ASIDE), "--yes")
    assert done.returncode == 0, done.stderr
    assert "quantities" in done.stderr
    assert "bad_row" not in done.stderr  # it was answered before
    comments = [upload.comment for upload in emulator.uploads()]
    assert len(set(comments)) == len(comments)  # none was made twice
    document = cli.json("probe", str(ASIDE))
    answers = {one["question"]: one["answer"] for one in document["questions"]}
    assert answers["bad_row"] == "refuse_file"
    assert answers["several_ids"] is None  # nobody was named
    assert answers["client_id_type"] == "required"  # as the refused file made it look
    assert all(one["replies"] for one in document["questions"] if one["answer"])
    assert "needs --client-id" in done.stdout
    texts = [done.stdout, done.stderr, json.dumps(document), *asking.lines]
    assert all(TOKEN not in text for text in texts)
    stored = b"".join(path.read_bytes() for path in cli.folder.glob("syncd-state.db*"))
    assert TOKEN.encode() not in stored

    emulator.fault("list_delay", calls=3)
    again = cli.run("probe", str(ASIDE), "--yes", "--again", "--question", "list_delay")
    assert again.returncode == 0, again.stderr
    findings = cli.json("check")["findings"]
    (slow,) = (one for one in findings if one["code"] == "settle.short")
    assert "metrica.settle" in slow["path"]
    assert [one["code"] for one in findings if one["level"] == "error"] == []


def test_a_counter_that_refuses_is_told(cli: Cli, sqlite_db: Database, emulator: EmulatorServer) -> None:
    """A token without access ends it before anything was sent."""
    cli.configure(shop.configuration(sqlite_db, emulator.url, shop.query()))
    emulator.configure(counters=[101])
    refused = cli.run("probe", str(ASIDE), "--yes")
    assert refused.returncode == 1
    assert "what to do" in refused.stderr
    assert [one.method for one in emulator.requests()] == ["GET"]


def test_a_lost_upload_is_looked_for_as_long_as_the_list_needs(
    cli: Cli, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """`settle` is a second and the list needs three: without the answer the rows would go twice."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 3)
    cli.configure(shop.configuration(sqlite_db, emulator.url, shop.query()))
    emulator.fault("list_delay", seconds=3)
    asked = cli.run("probe", str(ASIDE), "--yes", "--question", "list_delay")
    assert asked.returncode == 0, asked.stderr
    emulator.fault("drop_after", times=1)
    done = cli.run("run", "--once")
    assert done.returncode == 0, done.stderr
    sold = [one for one in emulator.conversions() if one.counter != ASIDE]
    assert {one.times for one in sold} == {1}
    assert len(sold) == 3
