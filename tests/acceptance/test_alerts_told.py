"""People are told of trouble once, and once when it is over: by mail, a webhook and a command, for real."""

from __future__ import annotations

import json
import sys
from email import message_from_string
from pathlib import Path
from typing import Any

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.support.fix_cli import Cli
from tests.support.receivers import hanging_server, mail_server, webhook
from tests.support.servers import Database
from tests.support.waiting import eventually

KEEPER = """
import pathlib, sys
with open(sys.argv[1], "a", encoding="utf-8") as file:
    file.write(sys.stdin.read() + chr(10))
"""


def configure(cli: Cli, source: Database, emulator: EmulatorServer, alerts: dict[str, Any]) -> None:
    """A shop whose query runs each second, and who is told of what."""
    top = {"alerts": alerts, "http": {"listen": "127.0.0.1:0"}, "log": {"level": "debug"}}
    query = shop.query(every="1s", overlap="0s")
    cli.configure(shop.configuration(source, emulator.url, query, **top))


def break_source(source: Database) -> None:
    """Make every run fail."""
    source.run("ALTER TABLE orders RENAME TO hidden")


def mend_source(source: Database) -> None:
    """Let them go well again."""
    source.run("ALTER TABLE hidden RENAME TO orders")


def titles(mails: list[str]) -> list[str]:
    """The subjects."""
    return [str(message_from_string(mail)["subject"]) for mail in mails]


def test_trouble_and_its_end_are_told_once_everywhere(
    cli: Cli, one_shop: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """Mail, webhook and command each get one message of each, though the daemon is killed between."""
    taken = tmp_path / "taken.jsonl"
    with mail_server() as (server, mail_port), webhook() as (posted, hook_port), hanging_server() as hanging:
        urls = [
            f"mailto://127.0.0.1:{mail_port}/?from=syncd@example.com&to=dba@example.com",
            f"json://127.0.0.1:{hook_port}/",
            f"json://127.0.0.1:{hanging}/?cto=1&rto=1",
        ]
        command = [sys.executable, "-c", KEEPER, str(taken)]
        configure(cli, one_shop, emulator, {"urls": urls, "command": command, "after": "1s", "remind": "1h"})
        shop.sell(one_shop, 1, 3)
        daemon = cli.start("run")
        daemon.wait_for("upload_accepted")

        break_source(one_shop)
        eventually(lambda: taken.exists() and server.mails and posted)
        eventually(
            lambda: "json://" in str(cli.json("status")["notices"]) or "alert_failed" in "".join(daemon.lines)
        )
        daemon.kill()
        daemon = cli.start("run")
        daemon.wait_for("query_failed")

        mend_source(one_shop)
        eventually(lambda: len(server.mails) == 2 and len(posted) == 2)
        eventually(lambda: len(taken.read_text(encoding="utf-8").splitlines()) == 2)
        assert daemon.stop() == 0

    first, second = (json.loads(line) for line in taken.read_text(encoding="utf-8").splitlines())
    assert [item["kind"] for item in first["items"]] == ["failing"]
    assert [item["kind"] for item in second["items"]] == ["recovered"]
    assert titles(server.mails) == ["syncd: paid_orders: failing", "syncd: paid_orders: recovered"]
    assert [message["title"] for message in posted] == titles(server.mails)
    assert "source.refused" in first["body"]
    assert "no such table" not in first["body"]


def test_the_test_message_says_what_each_answered(
    cli: Cli, one_shop: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """`alerts test` exits with 1 where one failed, and shows no secret of an address."""
    taken = tmp_path / "taken.jsonl"
    with webhook() as (posted, port):
        urls = [f"json://user:very-secret-word@127.0.0.1:{port}/"]
        configure(
            cli, one_shop, emulator, {"urls": urls, "command": [sys.executable, "-c", KEEPER, str(taken)]}
        )
        answers = cli.json("alerts", "test")
        assert [answer["answer"] for answer in answers] == ["taken", "taken"]
        assert len(posted) == 1
        assert "very-secret-word" not in json.dumps(answers)

        configure(cli, one_shop, emulator, {"urls": urls, "command": ["/nonexistent/program"]})
        done = cli.run("alerts", "test")
        assert done.returncode == 1
        assert "No such file" in done.stdout
        assert "very-secret-word" not in done.stdout + done.stderr


@pytest.mark.parametrize("url", ["nonsense", "nosuchscheme://secret-part@host/"])
def test_an_address_that_is_none_is_told(
    cli: Cli, one_shop: Database, emulator: EmulatorServer, url: str
) -> None:
    """The daemon does not start with an address that will never take anything; the address is not shown."""
    configure(cli, one_shop, emulator, {"urls": [url]})
    for command in (["alerts", "test"], ["run"]):
        done = cli.run(*command)
        assert done.returncode == 2, done.stderr
        assert "secret-part" not in done.stderr
