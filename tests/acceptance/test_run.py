"""`syncd run` as a user has it: the real command, real databases, real HTTP."""

from __future__ import annotations

import json
import re

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.acceptance.wall_clock import WallClock
from tests.support.fix_cli import TOKEN, Cli
from tests.support.servers import Database


@pytest.fixture(params=["postgres", "mariadb", "sqlite_db"])
def database(request: pytest.FixtureRequest) -> Database:
    """An open shop in each of the databases that syncd is tested on."""
    value: Database = request.getfixturevalue(request.param)
    shop.open_shop(value)
    return value


def test_a_backlog_goes_in_chunks_and_nothing_is_sent_the_second_time(
    cli: Cli, database: Database, emulator: EmulatorServer
) -> None:
    """2,500 rows come in three uploads of 1000, 1000 and 500, each row once; a second run sends nothing."""
    shop.sell(database, 1, 2500)
    cli.configure(shop.configuration(database, emulator.url, shop.query(chunk_rows=1000)))

    first = cli.run("run", "--once")

    assert first.returncode == 0, first.stderr
    assert [upload.parsed.accepted for upload in emulator.uploads()] == [1000, 1000, 500]
    conversions = emulator.conversions(101)
    assert len(conversions) == 2500
    assert {conversion.times for conversion in conversions} == {1}

    second = cli.run("run", "--once")

    assert second.returncode == 0, second.stderr
    assert len(emulator.uploads()) == 3


def test_the_sql_that_ran_can_be_seen(cli: Cli, database: Database, emulator: EmulatorServer) -> None:
    """At debug level, as the database was asked, with the values of the mark."""
    shop.sell(database, 1, 5)
    cli.configure(shop.configuration(database, emulator.url, shop.query()))
    assert cli.run("run", "--once").returncode == 0
    again = cli.run("run", "--once")
    told = [json.loads(line) for line in again.stderr.splitlines() if '"statement"' in line]
    pages = [one for one in told if ">=" in one["sql"].rpartition("syncd_q")[2]]
    assert pages
    assert all(one["level"] == "debug" and one["database"] for one in told)
    assert "2026" in pages[0]["values"]


def test_a_disabled_query_runs_when_it_is_named(
    cli: Cli, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """And it is said that the file has it disabled; without its name it does not run."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 5)
    queries = {**shop.query("on"), **shop.query("off", enabled=False)}
    cli.configure(shop.configuration(sqlite_db, emulator.url, queries))

    alone = cli.run("run", "--once", "--query", "on")
    named = cli.run("run", "--once", "--query", "off")

    assert "disabled" not in alone.stderr
    assert named.returncode == 0
    assert "config.yaml:1: query off is disabled; --query names it, so it runs\n" in named.stderr
    assert [upload.parsed.accepted for upload in emulator.uploads()] == [5, 5]


def test_a_token_file_that_comes_late(cli: Cli, sqlite_db: Database, emulator: EmulatorServer) -> None:
    """Until there is a token in it, the error says which file and what to put there; then all goes."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 5)
    file = cli.folder / "token"
    cli.configure(shop.configuration(sqlite_db, emulator.url, shop.query(token_file=str(file))))
    assert cli.run("check", "--offline").returncode == 0
    for why in ("there is no such file", "is empty"):
        for command in (["check"], ["run", "--once"]):
            done = cli.run(*command)
            assert done.returncode == 1
            assert f"token_file {file}: {why}\n" in done.stderr
            assert "what to do: Put the token alone into the file that token_file names" in done.stderr
            assert "check --offline" not in done.stdout + done.stderr
        file.write_text("", encoding="utf-8")

    daemon = cli.start("run")
    assert daemon.wait_for("query_failed")["code"] == "metrica.token_file"
    file.write_text(f"{TOKEN}\n", encoding="utf-8")
    daemon.wait_for("upload_accepted")
    assert daemon.stop() == 0


def test_the_upload_has_the_promised_form(cli: Cli, database: Database, emulator: EmulatorServer) -> None:
    """Header, parameters, tag and lines are as documented."""
    shop.sell(database, 1, 1)
    database.run("UPDATE orders SET total = 101.25")
    cli.configure(shop.configuration(database, emulator.url, shop.query()))

    assert cli.run("run", "--once").returncode == 0

    (upload,) = emulator.uploads()
    assert re.fullmatch("syncd[0-9a-f]{32}", upload.comment)
    assert upload.client_id_type == "CLIENT_ID"
    assert upload.content == (
        b"ClientId,Target,DateTime,Price,Currency\n100000000000000001,order_paid,1767225601,101.25,RUB\n"
    )


def test_ten_odd_rows_end_as_promised(cli: Cli, database: Database, emulator: EmulatorServer) -> None:
    """Each bad row is in the rejects with its reason, a future one waits, and the good ones are delivered."""
    shop.sell(database, 1, 10)
    database.run(
        "UPDATE orders SET client = '12x' WHERE order_id = 1",
        "UPDATE orders SET client = NULL WHERE order_id = 2",
        "UPDATE orders SET client = '123456789012345678901' WHERE order_id = 3",
        "UPDATE orders SET total = -5 WHERE order_id = 4",
        "UPDATE orders SET currency = 'RUR' WHERE order_id = 5",
        "UPDATE orders SET paid_at = NULL WHERE order_id = 6",
        "UPDATE orders SET paid_at = '1999-12-31 00:00:00' WHERE order_id = 7",
        "UPDATE orders SET paid_at = '2099-01-01 00:00:00' WHERE order_id = 8",
        "UPDATE orders SET currency = 'rub' WHERE order_id = 9",
        "UPDATE orders SET total = NULL, currency = NULL WHERE order_id = 10",
    )
    cli.configure(shop.configuration(database, emulator.url, shop.query()))

    done = cli.run("run", "--once")

    assert done.returncode == 3, done.stderr
    rejects = cli.json("rejects", "list", "paid_orders")["rejects"]
    assert {(row["key"][0], row["reason"], row["column"]) for row in rejects} == {
        ("1", "id_not_digits", "ClientId"),
        ("2", "no_id", "ClientId"),
        ("3", "id_not_digits", "ClientId"),
        ("4", "price_negative", "Price"),
        ("5", "currency_unknown", "Currency"),
        ("6", "datetime_null", "DateTime"),
        ("7", "datetime_too_old", "DateTime"),
    }
    (query,) = cli.json("status")["queries"]
    assert query["rows"]["waiting"]["count"] == 1
    lines = (emulator.uploads()[0].content or b"").decode().splitlines()[1:]
    assert [line.split(",")[0][-2:] for line in lines] == ["09", "10"]
    assert lines[0].endswith(",RUB")
    assert lines[1].endswith(",,")


def test_a_waiting_row_goes_when_it_is_due(
    cli: Cli, wall_clock: WallClock, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """A row with a DateTime in the future holds nothing up, waits, and is sent once when its time comes."""
    wall_clock.set("-1d")
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 2)
    sqlite_db.run("UPDATE orders SET paid_at = datetime('now', '-1 hour') WHERE order_id = 1")
    cli.configure(shop.configuration(sqlite_db, emulator.url, shop.query()))

    daemon = cli.start("run", **wall_clock.environ())
    daemon.wait_for_each("rows_waiting", "upload_accepted")
    assert [conversion.id for conversion in emulator.conversions()] == ["100000000000000002"]
    wall_clock.set("+0")
    daemon.wait_for("upload_accepted")

    assert daemon.stop() == 0
    assert [conversion.times for conversion in emulator.conversions()] == [1, 1]


def test_queries_do_not_harm_each_other(cli: Cli, sqlite_db: Database, emulator: EmulatorServer) -> None:
    """A wrong token, a database that is down and a missing column give one clear line each; others go on."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 3)
    emulator.configure(tokens=[TOKEN])
    wrong = "wrong-token-that-is-secret"
    queries = {
        **shop.query("good", database="shop"),
        **shop.query("refused", database="shop", token=wrong),
        **shop.query("down", database="down"),
        **shop.query("typo", database="shop", sql=shop.SQL.replace("total,", "total AS totl,")),
    }
    down = {"shop": {"url": sqlite_db.url}, "down": {"url": "postgresql://u:hidden-password@127.0.0.1:1/x"}}
    cli.configure(shop.configuration(sqlite_db, emulator.url, queries, databases=down))

    done = cli.run("run", "--once", "--json")

    assert done.returncode == 1
    assert len(emulator.conversions()) == 3
    failed = [line for line in done.stderr.splitlines() if '"query_failed"' in line]
    assert len(failed) == 3
    assert wrong not in done.stdout + done.stderr
    assert "hidden-password" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("syncd: ")]
    assert [line.split(": ")[1] for line in said] == ["refused", "down", "typo"]
    assert any("invalid_token" in line and '"refused"' in line for line in failed)
    assert any("database down" in line and '"down"' in line for line in failed)
    assert any("'total'" in line and "did you mean 'totl'?" in line for line in failed)
