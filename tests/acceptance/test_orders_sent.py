"""Orders that change after they were sent, with the real command, databases and the emulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import crm, shop
from tests.acceptance.cells import KILLED
from tests.support.fix_cli import Cli
from tests.support.servers import Database


@pytest.fixture(params=["postgres", "mariadb"])
def database(request: pytest.FixtureRequest) -> Database:
    """An open CRM in each of the databases that syncd is tested on."""
    value: Database = request.getfixturevalue(request.param)
    crm.open_crm(value)
    return value


def configure(cli: Cli, database: Database, emulator: EmulatorServer, **options: object) -> None:
    """Write the configuration of one query of orders."""
    query = crm.orders_query("crm_orders", **options)
    cli.configure(shop.configuration(database, emulator.url, query, log={"level": "info"}))


def run(cli: Cli, code: int = 0) -> str:
    """`syncd run --once`; what it logs."""
    done = cli.run("run", "--once")
    assert done.returncode == code, done.stderr
    return done.stderr


def test_an_order_is_cancelled_and_repriced_at_metrica(
    cli: Cli, database: Database, emulator: EmulatorServer
) -> None:
    """The newest state goes, once per change; what is unchanged stays; one line of an id in a file."""
    crm.order(database, range(1, 8))
    configure(cli, database, emulator, chunk_rows=5)
    run(cli)
    assert crm.at_metrica(emulator) == crm.at_source(database)
    assert len(emulator.order_uploads()) == 2

    crm.change(database, 1, status="paid")
    crm.change(database, 1, status="refunded")
    crm.change(database, 2, total=50)
    crm.order(database, [8])
    run(cli)
    assert crm.at_metrica(emulator) == crm.at_source(database)
    assert crm.at_metrica(emulator)["1"].status == "CANCELLED"
    assert [upload.merge_mode for upload in emulator.order_uploads()] == ["SAVE"] * 3

    crm.change(database, 3, currency="RUB")  # another mark, the same line
    run(cli)
    assert len(emulator.order_uploads()) == 3
    assert {number: one.times for number, one in emulator.orders().items()} == {
        str(number): 2 if number in {1, 2} else 1 for number in range(1, 9)
    }
    for upload in emulator.order_uploads():
        ids = [line.split(",")[0] for line in (upload.content or b"").decode().splitlines()[1:]]
        assert len(ids) == len(set(ids))


def test_a_lost_answer_goes_again_as_it_was_before_anything_newer(
    cli: Cli, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """An order that changes while its upload is unclear goes after that is settled."""
    crm.open_crm(sqlite_db)
    crm.order(sqlite_db, [1, 2])
    configure(cli, sqlite_db, emulator)
    emulator.fault("drop_after", times=1)
    assert cli.run("run", "--once", SYNCD_CRASH_AT="unclear").returncode == KILLED
    crm.change(sqlite_db, 1, status="refunded")
    run(cli)
    first, again, newer = (upload.content for upload in emulator.order_uploads())
    assert first == again
    assert newer is not None
    assert newer.count(b"\n") == 2
    assert crm.at_metrica(emulator) == crm.at_source(sqlite_db)
    assert not [one for one in emulator.requests() if "uploadings" in one.path]


def test_failed_is_a_refusal_that_is_halved_to_the_culprit(
    cli: Cli, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """The other orders are delivered; the culprit is not sent again until it changes."""
    crm.open_crm(sqlite_db)
    crm.order(sqlite_db, range(1, 8))
    configure(cli, sqlite_db, emulator)
    run(cli)
    crm.change(sqlite_db, 5, status="paid")
    crm.change(sqlite_db, 6, status="paid")
    emulator.fault("reject_ids", ids=["5"])
    run(cli, code=3)
    assert crm.at_metrica(emulator)["6"].status == "PAID"
    sent = len(emulator.requests())
    run(cli)
    assert len(emulator.requests()) == sent
    (reject,) = cli.json("rejects", "list", "crm_orders")["rejects"]
    assert reject["reason"] == "refused_by_metrica"
    emulator.clear_faults()
    crm.change(sqlite_db, 5, status="refunded")
    run(cli)
    assert crm.at_metrica(emulator) == crm.at_source(sqlite_db)


def test_bad_orders_have_their_reasons(cli: Cli, sqlite_db: Database, emulator: EmulatorServer) -> None:
    """Unknown words, nobody to attach to, unreadable money; a moment that is delivered does not change."""
    crm.open_crm(sqlite_db)
    crm.order(sqlite_db, [1])
    crm.order(sqlite_db, [2], status="lost")
    crm.order(sqlite_db, [3], client=None, email=None, phone=None)
    crm.order(sqlite_db, [4], client=None, email="nobody", phone=None)
    crm.order(sqlite_db, [5], total="ten")
    crm.order(sqlite_db, [6], email="nobody")
    configure(cli, sqlite_db, emulator)
    run(cli, code=3)
    crm.change(sqlite_db, 1, created_at="2026-01-01T00:00:00+00:00")
    run(cli, code=3)
    rejects = cli.json("rejects", "list", "crm_orders")["rejects"]
    assert {one["key"][0]: one["reason"] for one in rejects} == {
        "2": "status_unknown",
        "3": "no_contact",
        "4": "email_unreadable",
        "5": "price_not_a_number",
        "1": "identity_changed",
    }
    assert sorted(emulator.orders()) == ["1", "6"]


def test_contacts_stand_nowhere_in_plain_text(
    cli: Cli, sqlite_db: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """Not in the state store, the log, rejects, explain, preview, audit, nor in what is sent."""
    crm.open_crm(sqlite_db)
    crm.order(sqlite_db, range(1, 4))
    crm.order(sqlite_db, [4], status="lost")
    crm.order(sqlite_db, [5], client=None, email="plain-nobody", phone="8 999 55")
    configure(cli, sqlite_db, emulator)
    said = [cli.run("preview", "crm_orders")]
    emulator.fault("reject_ids", ids=["3"])
    said.append(cli.run("run", "--once"))
    commands = (
        ["rejects", "list", "crm_orders", "--json"],
        ["explain", "crm_orders", "1"],
        ["explain", "crm_orders", "3"],
        ["explain", "crm_orders", "5", "--json"],
        ["audit", "crm_orders", "--since", "30d"],
        ["status", "--json"],
        ["uploads", "--json"],
        ["check"],
    )
    said.extend(cli.run(*words) for words in commands)
    texts = [f"{one.args} {one.stdout} {one.stderr}".encode() for one in said]
    texts += [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and "state" in path.name]
    texts += [upload.content or b"" for upload in emulator.order_uploads()]
    assert len(texts) > 10
    for secret in (b"secret-mail", b"plain-nobody", b"555-0", b"9995550", b"8 999 55"):
        assert [text for text in texts if secret in text.lower()] == []


def test_audit_tells_what_changed_and_what_has_left(
    cli: Cli, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """Orders whose state differs from what was sent, and delivered ones that the query returns no more."""
    crm.open_crm(sqlite_db)
    crm.order(sqlite_db, range(1, 5))
    configure(cli, sqlite_db, emulator)
    run(cli)
    sqlite_db.run("DELETE FROM crm_orders WHERE order_id = 1")
    sqlite_db.run("UPDATE crm_orders SET status = 'refunded' WHERE order_id = 2")  # and not its mark
    told = cli.json("audit", "crm_orders", "--since", "30d")
    assert told["kind"] == "orders"
    assert told["departed"] == [["1"]]
    assert (told["rows"]["delivered"], told["rows"]["changed_money"]) == (2, 1)
    assert "another status, money or client" in cli.run("audit", "crm_orders", "--since", "30d").stdout
    assert cli.run("audit", "crm_orders", "--since", "30d", "--at-metrica").returncode == 2
    assert cli.json("status")["queries"][0]["kind"] == cli.json("uploads")["uploads"][0]["kind"] == "orders"


def test_check_looks_at_statuses_contacts_and_windows(
    cli: Cli, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """The counter's zone; words that are not mapped; the share with a contact; orders that come too late."""
    crm.open_crm(sqlite_db)
    crm.order(sqlite_db, range(1, 8))
    crm.order(sqlite_db, [9], status="lost")
    crm.order(sqlite_db, [10], client=None, email=None, phone=None, created="2026-01-01T00:00:00+00:00")
    crm.change(sqlite_db, 1, phone="8 (495) 123-45-67 доб. 12", email="nobody")
    configure(cli, sqlite_db, emulator)
    said = cli.run("check").stdout
    assert "1 phones of the sample have an extension, which is cut off" in said
    assert "1 mails or phones of the sample cannot be read and are left out" in said
    assert "written in the counter's zone, Europe/Moscow" in said
    assert "order_status holds 'lost', which `statuses` does not name" in said
    assert "8 of 9 orders of the sample have a ClientId" in said
    assert "1 of them are older than 21 days, 1 than 111" in said


def test_what_a_person_asks_for_leaves_the_newest_state(
    cli: Cli, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """`resend` of an old upload and `rewind` to the beginning bring no order back to what it was."""
    crm.open_crm(sqlite_db)
    crm.order(sqlite_db, range(1, 4))
    configure(cli, sqlite_db, emulator)
    run(cli)
    crm.change(sqlite_db, 1, status="refunded")
    run(cli)
    again = cli.run("resend", "1")
    assert again.returncode == 0, again.stderr
    assert crm.at_metrica(emulator) == crm.at_source(sqlite_db)
    assert {number: one.times for number, one in emulator.orders().items()} == {"1": 2, "2": 2, "3": 2}

    sent = len(emulator.order_uploads())
    back = cli.run("rewind", "crm_orders", "--to", "beginning")
    assert back.returncode == 0, back.stderr
    run(cli)
    assert crm.at_metrica(emulator) == crm.at_source(sqlite_db)
    assert len(emulator.order_uploads()) == sent
