"""Every command as a DBA has it, with the mistakes that people make: exit codes, clear lines, no debris."""

from __future__ import annotations

import json
import sqlite3

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.support.fix_cli import Cli
from tests.support.servers import Database

COMMANDS = (
    "run",
    "demo",
    "check",
    "preview",
    "schema",
    "status",
    "uploads",
    "rejects",
    "explain",
    "audit",
    "rewind",
    "resend",
    "migrate",
    "emulator",
)


def debris(cli: Cli) -> set[str]:
    """The files of the folder that no test put there."""
    known = {"config.yaml", "source.db", "source.db-wal", "source.db-shm"}
    return {path.name for path in cli.folder.iterdir()} - known


def test_the_help_fits_and_is_whole(cli: Cli) -> None:
    """At 80 columns no line is longer or cut, and every command has an example."""
    done = cli.run("--help", COLUMNS="80")

    assert done.returncode == 0
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    assert "..." not in done.stdout.replace("[ARGS]...", "")
    for command in COMMANDS:
        assert f"$ syncd {command}" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_takes_a_configuration(cli: Cli, command: str) -> None:
    """`--help` works for each, names an example, and -c is accepted before the command and after it."""
    for arguments in ("-c", "any.yaml", command), (command, "-c", "any.yaml"):
        done = cli.run(*arguments, "--help", COLUMNS="80")

        assert done.returncode == 0
        assert f"Example: syncd {command}" in done.stdout
        assert not done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nosuch"], "there is no command 'nosuch'"),
        (["chekc"], "did you mean check?"),
        (["--nosuch", "run"], "no such option '--nosuch'"),
        (["run", "--onse"], "no such option '--onse'"),
        (["run", "paid_orders"], "unexpected extra argument (paid_orders)"),
        (["run", "--query", "paid_order"], "did you mean paid_orders?"),
        (["check", "--query", "x"], "there is no query 'x'"),
        (["preview"], "missing argument 'NAME'"),
        (["preview", "paid_orders", "--limit", "0"], "'--limit'"),
        (["rejects", "list", "nobody"], "there is no query 'nobody'"),
        (["status", "-c", "nosuch.yaml"], "nosuch.yaml: there is no such file"),
        (["-c", "nosuch.yaml", "status"], "nosuch.yaml: there is no such file"),
        (["status", "-c", "."], "cannot be read"),
        (["emulator", "--fault", "{x"], "--fault: this is no JSON"),
        (["emulator", "--fault", "[1]"], "a JSON object is wanted"),
        (["emulator", "--fault", '{"kind": "x"}'], "kind: one of refuse"),
        (["emulator", "--set", "ripen_after"], "write NAME=JSON"),
        (["emulator", "--set", "nosuch=1"], "unknown setting: nosuch"),
        (["emulator", "--settings", "nosuch.json"], "No such file"),
        (["emulator", "--port", "70000"], "70000"),
        (["demo", "--for", "soon"], "wants a duration"),
    ],
)
def test_a_wrong_command_line_is_told_in_two_lines(ready: Cli, arguments: list[str], words: str) -> None:
    """Exit code 2, what is wrong and what to do on stderr, nothing on stdout, nothing made."""
    done = ready.run(*arguments)

    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 2
    assert not done.stdout
    assert not debris(ready)


def test_the_configuration_may_be_named_before_or_after_the_command(ready: Cli) -> None:
    """`-c` works in both places; the one after the command is the nearer one."""
    ready.folder.joinpath("config.yaml").rename(ready.folder / "mine.yaml")

    assert ready.run("-c", "mine.yaml", "status").returncode == 0
    assert ready.run("status", "-c", "mine.yaml").returncode == 0
    assert ready.run("-c", "nosuch.yaml", "status", "-c", "mine.yaml").returncode == 0
    assert ready.run("-c", "mine.yaml", "rejects", "list", "nobody").returncode == 2
    assert ready.run("rejects", "-c", "nosuch.yaml", "list", "paid_orders").returncode == 2
    assert ready.run("migrate", "-c", "mine.yaml").returncode == 0
    assert ready.run("rejects", "-c", "mine.yaml", "list", "paid_orders").returncode == 0


def test_all_mistakes_of_a_file_come_at_once(ready: Cli) -> None:
    """Every problem has its line, then their number; exit code 2, and with --json the list on stdout too."""
    path = ready.folder / "config.yaml"
    path.write_text("metrica: {tokn: x}\nqueries: {a: {counter: none}}\n", encoding="utf-8")

    done = ready.run("check", "--json")

    assert done.returncode == 2
    *problems, last = done.stderr.splitlines()
    assert all("config.yaml:" in problem for problem in problems)
    assert last == f"syncd: {len(problems)} problems in the configuration"
    report = json.loads(done.stdout)
    assert (report["ok"], report["errors"], report["warnings"]) == (False, len(problems), 0)
    assert [finding["message"] for finding in report["findings"]] == problems
    assert {(finding["level"], finding["where"]) for finding in report["findings"]} == {("error", "file")}
    assert not ready.run("check").stdout


def test_commands_that_read_make_no_state_store(ready: Cli) -> None:
    """check, preview and status work before the first run and leave no file behind."""
    assert ready.run("check").returncode == 0
    assert ready.run("preview", "paid_orders").returncode == 0
    (query,) = ready.json("status")["queries"]

    assert query["state"] == "never_run"
    assert not debris(ready)


def test_preview_and_rejects_agree_with_what_is_sent(
    ready: Cli, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """What preview shows is what run uploads; the bad row is told by its reason in both; codes are 3."""
    sqlite_db.run("UPDATE orders SET total = -1 WHERE order_id = 2")
    shown = ready.json("preview", "paid_orders")
    assert ready.run("preview", "paid_orders").returncode == 3

    assert ready.run("run", "--once").returncode == 3

    sent = shop.sent_lines(upload.content or b"" for upload in emulator.uploads())
    assert [row["line"] for row in shown["rows"]] == sent
    assert [row["reason"] for row in shown["rejected"]] == ["price_negative"]
    (reject,) = ready.json("rejects", "list", "paid_orders")["rejects"]
    assert reject["key"] == ["2"]
    again = ready.json("preview", "paid_orders")
    assert (again["rows"], again["rejected"]) == ([], [])


def test_tables_in_a_pipe_are_one_line_per_row(
    ready: Cli, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """Without a terminal there are no frames, no colours and no cut values."""
    ready.configure(shop.configuration(sqlite_db, emulator.url, shop.query(every="1h")))
    ready.run("run", "--once")

    done = ready.run("status")

    head, row, *_ = done.stdout.splitlines()
    assert head.split()[:3] == ["query", "state", "mark"]
    assert row.startswith("paid_orders  ok")
    assert "\x1b" not in done.stdout
    assert "─" not in done.stdout


def test_migrate_makes_the_store_once(ready: Cli) -> None:
    """The first time it says what it did, the second time that there is nothing to do."""
    first = ready.json("migrate")
    second = ready.json("migrate")

    assert first["migrated"] is True
    assert first["from"] is None
    assert second["migrated"] is False


def test_a_store_of_a_newer_syncd_is_refused(ready: Cli) -> None:
    """run, status, preview and check all say so in one line, with exit code 1, and leave it alone."""
    ready.run("migrate")
    with sqlite3.connect(ready.folder / "syncd-state.db") as store:
        store.execute("UPDATE syncd_alembic_version SET version_num = '9999'")
    store.close()

    for command in (["run", "--once"], ["status"], ["preview", "paid_orders"], ["migrate"]):
        done = ready.run(*command)
        assert done.returncode == 1, command
        assert "the state store has version 9999" in done.stderr
        assert "what to do: Install that syncd again" in done.stderr
    assert ready.run("check").returncode == 1


def test_a_state_store_that_cannot_be_made_is_told(ready: Cli, sqlite_db: Database) -> None:
    """A directory that does not exist is named, with exit code 1."""
    text = shop.configuration(
        sqlite_db, "http://127.0.0.1:1", shop.query(), state={"url": "sqlite:////no/such/x.db"}
    )
    ready.configure(text)

    for command in ("run", "status"):
        done = ready.run(command)
        assert done.returncode == 1
        assert "syncd: the state store's directory does not exist: /no/such" in done.stderr


def test_no_enabled_query_is_wrong_usage(ready: Cli, sqlite_db: Database) -> None:
    """A daemon without anything to do does not pretend to work."""
    ready.configure(shop.configuration(sqlite_db, "http://127.0.0.1:1", shop.query(enabled=False)))

    done = ready.run("run")

    assert done.returncode == 2
    assert "there is no enabled query" in done.stderr


def test_only_the_queries_picked_run(ready: Cli, sqlite_db: Database, emulator: EmulatorServer) -> None:
    """`--query` picks, also a disabled one; the others are left alone."""
    queries = {
        **shop.query("a"),
        **shop.query("b", counter=102),
        **shop.query("c", counter=103, enabled=False),
    }
    ready.configure(shop.configuration(sqlite_db, emulator.url, queries))

    done = ready.run("run", "--once", "--query", "b", "--query", "c")

    assert done.returncode == 0
    assert {upload.counter for upload in emulator.uploads()} == {102, 103}


def test_an_output_that_takes_nothing_is_told(ready: Cli) -> None:
    """A full disk behind stdout is exit code 1 and a line on stderr; a reader that left is not told."""
    full = ready.shell("status > /dev/full")
    assert full.returncode == 1
    assert full.stderr.startswith("syncd: No space left on device")
    assert "Traceback" not in ready.shell("schema | head -1").stderr
