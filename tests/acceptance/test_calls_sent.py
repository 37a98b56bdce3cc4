"""Calls, with the real command and the emulator."""

from __future__ import annotations

from syncd.emulator.server import EmulatorServer
from tests.acceptance import crm, shop
from tests.acceptance.cells import KILLED
from tests.support.fix_cli import Cli
from tests.support.servers import Database


def configure(cli: Cli, database: Database, emulator: EmulatorServer, **options: object) -> None:
    """Write the configuration of one query of calls."""
    query = crm.calls_query("calls", **options)
    cli.configure(shop.configuration(database, emulator.url, query, log={"level": "info"}))


def test_each_call_is_received_once(cli: Cli, sqlite_db: Database, emulator: EmulatorServer) -> None:
    """Also where the answer is lost and the process dies: the upload is found in the list of calls."""
    crm.open_crm(sqlite_db)
    crm.ring(sqlite_db, range(1, 4))
    crm.ring(sqlite_db, [4], client=None)
    crm.ring(sqlite_db, [5], phone="anonymous")
    configure(cli, sqlite_db, emulator, chunk_rows=2)
    emulator.fault("drop_after", times=1)
    assert cli.run("run", "--once", SYNCD_CRASH_AT="unclear").returncode == KILLED
    assert cli.run("run", "--once").returncode == 3
    sqlite_db.run("UPDATE calls SET seconds = 90 WHERE call_id <> 4")
    assert cli.run("run", "--once").returncode == 0
    calls = emulator.calls(crm.COUNTER)
    assert [call["times"] for call in calls] == [1, 1, 1, 1]
    assert [call["PhoneNumber"] for call in calls][0::3] == ["+79995550001", ""]
    assert emulator.state.call_goals == {crm.COUNTER: "Phone call"}
    told = cli.run("explain", "calls", "1").stdout
    assert "(hidden)" in told
    assert "5550001" not in told
    (reject,) = cli.json("rejects", "list", "calls")["rejects"]
    assert (reject["reason"], reject["row"]["phone"]) == ("no_id", "(hidden)")


def test_static_calls_alone_are_no_failure(cli: Cli, sqlite_db: Database, emulator: EmulatorServer) -> None:
    """Metrica ends such a file as LINKAGE_FAILURE, and its data is in the reports all the same."""
    crm.open_crm(sqlite_db)
    crm.ring(sqlite_db, [1, 2], client=None)
    columns = {"DateTime": "started_at", "PhoneNumber": "phone", "StaticCall": {"value": 1}}
    configure(cli, sqlite_db, emulator, columns=columns)
    assert cli.run("run", "--once").returncode == 0
    state = Database(url=f"sqlite:///{cli.folder}/syncd-state.db", reader_url="")
    state.run("UPDATE syncd_uploads SET settled_at = datetime(settled_at, '-30 minutes') || 'Z'")
    assert cli.run("run", "--once").returncode == 0
    assert state.rows("SELECT kind, state, metrica_status, linked FROM syncd_uploads") == [
        ("calls", "processed", "LINKAGE_FAILURE", None)
    ]


def test_no_command_sends_a_call_twice(cli: Cli, sqlite_db: Database, emulator: EmulatorServer) -> None:
    """Whether Metrica overwrites a call is not documented: `resend` refuses, `rewind` finds nothing new."""
    crm.open_crm(sqlite_db)
    crm.ring(sqlite_db, range(1, 4))
    configure(cli, sqlite_db, emulator)
    assert cli.run("run", "--once").returncode == 0
    refused = cli.run("resend", "1")
    assert refused.returncode == 2, refused.stderr
    assert "calls" in refused.stderr
    assert cli.run("rewind", "calls", "--to", "beginning").returncode == 0
    assert cli.run("run", "--once").returncode == 0
    assert [call["times"] for call in emulator.calls(crm.COUNTER)] == [1, 1, 1]
