"""`syncd backup` while the daemon runs, and `syncd restore` while none does; whose the files are."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.acceptance.situation import Situation
from tests.acceptance.template import Template
from tests.support.fix_cli import Cli
from tests.support.servers import Database
from tests.support.waiting import eventually

SERVICE = 61_234
"""The number of an account that the service might run as."""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")


@pytest.fixture(params=["sqlite", "postgresql"])
def stored(
    request: pytest.FixtureRequest,
    cli: Cli,
    template: Template,
    sqlite_db: Database,
    emulator: EmulatorServer,
) -> Situation:
    """A shop whose state is in either database."""
    state = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    shop.open_shop(sqlite_db)
    return Situation(cli, template, sqlite_db, emulator, state)


def owners(folder: Path) -> set[int]:
    """Whose the files are that syncd made there."""
    return {path.stat().st_uid for path in folder.iterdir() if path.name.startswith(("syncd-state", "copy"))}


def recorded(stored: Situation) -> int:
    """How many rows the store knows as delivered."""
    told = stored.tell("status", "--json")
    return int(json.loads(told.text)["queries"][0]["rows"]["delivered"]) if told.code == 0 else 0


def test_it_is_taken_beside_the_daemon_and_put_back_without(stored: Situation) -> None:
    """What was sent after the backup is found at Metrica and not sent again; the store before is kept."""
    shop.sell(stored.shop, 1, 3)
    stored.configure(every="1s")
    daemon, copy = stored.cli.start("run"), stored.cli.folder / "copy.db"
    eventually(lambda: recorded(stored) == 3)
    assert stored.tell("backup", "copy.db").code == 0
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert {path.name for path in stored.cli.folder.glob("*copy*")} == {"copy.db"}
    with sqlite3.connect(copy) as reading:
        assert reading.execute("SELECT sum(rows) FROM syncd_uploads").fetchone() == (3,)
    reading.close()
    shop.sell(stored.shop, 4, 2)
    eventually(lambda: recorded(stored) == 5)
    refused = stored.tell("restore", "copy.db")
    assert refused.code == 1
    assert "works on this state store" in refused.text
    assert daemon.stop() == 0

    told = stored.tell("restore", "copy.db")
    assert told.code == 0, told.text
    assert "before" in told.text
    assert stored.json("status")["queries"][0]["rows"]["delivered"] == 3
    stored.run()
    assert stored.times() == dict.fromkeys(range(1, 6), 1)
    shop.sell(stored.shop, 6, 1)
    stored.run()
    assert stored.times() == dict.fromkeys(range(1, 7), 1)


def test_a_backup_of_postgresql_goes_on_in_sqlite(
    cli: Cli, template: Template, sqlite_db: Database, postgres: Database, emulator: EmulatorServer
) -> None:
    """The store moves from one database to the other, and nothing is sent again."""
    shop.open_shop(sqlite_db)
    before = Situation(cli, template, sqlite_db, emulator, postgres)
    before.configure()
    before.deliver(1, 3)
    assert before.tell("backup", "copy.db").code == 0

    after = Situation(cli, template, sqlite_db, emulator)
    after.configure()
    told = after.tell("restore", "copy.db")
    assert told.code == 0, told.text
    after.run()
    assert after.times() == {1: 1, 2: 1, 3: 1}


def test_only_a_whole_backup_is_put_back(one_situation: Situation) -> None:
    """Anything else is refused in words, and the store stays as it is."""
    folder = one_situation.cli.folder
    one_situation.configure()
    one_situation.deliver(1, 1)
    (folder / "text.db").write_text("no database at all, " * 100, encoding="utf-8")
    sqlite3.connect(folder / "empty.db").close()
    assert one_situation.tell("backup", "newer.db").code == 0
    Database(f"sqlite:///{folder}/newer.db", "").run("UPDATE syncd_alembic_version SET version_num = '9999'")
    (folder / "pipe").unlink(missing_ok=True)
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to(folder / "text.db")

    said = {
        name: one_situation.tell("restore", name)
        for name in ("text.db", "empty.db", "newer.db", "none.db", "pipe")
    }

    assert {name: told.code for name, told in said.items()} == dict.fromkeys(said, 1)
    assert "no backup of a state store" in said["text.db"].text
    assert "no backup of a state store" in said["empty.db"].text
    assert "has version 9999" in said["newer.db"].text
    assert "there is no file none.db" in said["none.db"].text
    for name in ("pipe", "link"):
        told = one_situation.tell("backup", name)
        assert told.code == 1
        assert "no regular file" in told.text
    assert (folder / "text.db").read_text(encoding="utf-8").startswith("no database")
    assert "No such file" in one_situation.tell("backup", "nowhere/copy.db").text
    one_situation.run()
    assert one_situation.times() == {1: 1}


@as_root
def test_what_root_makes_is_the_services(one_situation: Situation) -> None:
    """Store, lock and backup get their folder's owner; a file of root's is told, and `migrate` gives it."""
    folder = one_situation.cli.folder
    os.chown(folder, SERVICE, SERVICE)
    one_situation.configure()
    one_situation.deliver(1, 2)
    assert one_situation.tell("backup", "copy.db").code == 0
    assert owners(folder) == {SERVICE}

    store = folder / "syncd-state.db"
    (folder / "copy.db").replace(store)
    os.chown(store, 0, 0)
    told = one_situation.tell("check")
    assert told.code == 1
    assert "belongs to root" in told.text
    assert one_situation.tell("migrate").code == 0
    assert owners(folder) == {SERVICE}
    assert "belongs to root" not in one_situation.tell("check").text


@as_root
@pytest.mark.parametrize("name", ["syncd-state.db", "syncd-state.db-wal", "syncd-state.db.lock"])
def test_root_follows_no_link_of_the_services(one_situation: Situation, tmp_path: Path, name: str) -> None:
    """A link planted in the store's place leads root to no other file."""
    precious = tmp_path / "precious"
    precious.write_text("as it was", encoding="utf-8")
    folder = one_situation.cli.folder
    os.chown(folder, SERVICE, SERVICE)
    one_situation.configure()
    if name != "syncd-state.db":
        one_situation.deliver(1, 1)
    link = folder / name
    link.unlink(missing_ok=True)
    link.symlink_to(precious)
    os.chown(link, SERVICE, SERVICE, follow_symlinks=False)

    for command in (["migrate"], ["run", "--once"], ["status"], ["restore", "copy.db"]):
        told = one_situation.tell(*command)
        assert told.code == 1, command
        assert "symbolic link" in told.text
    assert precious.read_text(encoding="utf-8") == "as it was"


def test_an_export_is_written_to_what_is_no_file(one_situation: Situation) -> None:
    """A pipe stays one and gets the rows, and a link leads where it led."""
    folder = one_situation.cli.folder
    one_situation.configure()
    one_situation.deliver(1, 1)
    target, link = folder / "target.csv", folder / "link.csv"
    target.write_text("old", encoding="utf-8")
    link.symlink_to(target)

    os.mkfifo(folder / "pipe")
    with ThreadPoolExecutor(1) as reader:
        read = reader.submit((folder / "pipe").read_text, encoding="utf-8")
        assert one_situation.tell("rejects", "export", "paid_orders", "-o", "pipe").code == 0
        assert stat.S_ISFIFO((folder / "pipe").lstat().st_mode)
        assert read.result(60).startswith("key,")
    assert one_situation.tell("rejects", "export", "paid_orders", "-o", "link.csv").code == 0
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8").startswith("key,")
