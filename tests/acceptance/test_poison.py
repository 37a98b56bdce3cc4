"""Rows that Metrica refuses: one bad row harms nothing but itself, and what it costs is bounded."""

from __future__ import annotations

from math import ceil, log2
from typing import Any

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.model.faultpoints import Point
from syncd.pipeline.uploading.settle import REFUSED_IN_A_ROW
from tests.acceptance import shop
from tests.support.fix_cli import Cli
from tests.support.servers import Database


def posts(emulator: EmulatorServer) -> int:
    """How many upload requests there were."""
    return sum(request.method == "POST" for request in emulator.requests())


def poison(emulator: EmulatorServer, *numbers: int) -> None:
    """Have the emulator refuse every file that holds one of these orders."""
    emulator.fault("reject_ids", ids=[str(10**17 + number) for number in numbers])


def most_posts(rows: int, bad: int) -> int:
    """The most POSTs that halving takes: the file, and two halves per level on the way to each bad row."""
    return 1 + 2 * bad * ceil(log2(rows))


def reasons(cli: Cli) -> dict[str, tuple[str, str]]:
    """Order → reason and detail of its reject."""
    rows = cli.json("rejects", "list", "paid_orders", "--limit", "0")["rejects"]
    return {row["key"][0]: (row["reason"], row["detail"]) for row in rows}


def test_three_poisoned_rows_of_two_thousand(cli: Cli, one_shop: Database, emulator: EmulatorServer) -> None:
    """1,997 rows are delivered once, three are rejected in Metrica's words, within the bound of requests."""
    shop.sell(one_shop, 1, 2000)
    poison(emulator, 7, 1000, 1999)
    cli.configure(shop.configuration(one_shop, emulator.url, shop.query()))

    done = cli.run("run", "--once")

    assert done.returncode == 3, done.stderr
    conversions = emulator.conversions()
    assert len(conversions) == 1997
    assert {conversion.times for conversion in conversions} == {1}
    assert set(reasons(cli)) == {"7", "1000", "1999"}
    assert all(
        reason == "refused_by_metrica" and "invalid_uploading" in detail
        for reason, detail in reasons(cli).values()
    )
    assert posts(emulator) <= most_posts(2000, 3)
    before = posts(emulator)
    assert cli.run("run", "--once").returncode == 0
    assert posts(emulator) == before, "what Metrica refused is not sent again by itself"


def test_rows_that_metrica_itself_finds_bad(cli: Cli, one_shop: Database, emulator: EmulatorServer) -> None:
    """`bad_row: refuse_file`: a Target that Metrica does not take fails its row alone."""
    shop.sell(one_shop, 1, 500)
    emulator.configure(cyrillic_target="bad_row", bad_row="refuse_file")
    sql = shop.SQL.replace(
        "order_id,", "order_id, CASE order_id WHEN 77 THEN 'заказ' ELSE 'paid' END AS target,"
    )
    columns = {
        "ClientId": "client",
        "Target": "target",
        "DateTime": "paid_at",
        "Price": "total",
        "Currency": "currency",
    }
    cli.configure(shop.configuration(one_shop, emulator.url, shop.query(sql=sql, columns=columns)))

    assert cli.run("run", "--once").returncode == 3

    assert len(emulator.conversions()) == 499
    assert set(reasons(cli)) == {"77"}
    assert posts(emulator) <= most_posts(500, 1)


def test_everything_bad_halts_with_one_line_and_few_requests(
    cli: Cli, one_shop: Database, emulator: EmulatorServer
) -> None:
    """The query halts, says so once, `status` of another process says what to do, a good run clears it."""
    shop.sell(one_shop, 1, 2000)
    poison(emulator, *range(1, 2001))
    cli.configure(shop.configuration(one_shop, emulator.url, shop.query(every="10m")))

    daemon = cli.start("run")
    halted = daemon.wait_for("query_halted")
    assert f"refused {REFUSED_IN_A_ROW} rows one after another" in halted["error"]
    spent = posts(emulator)
    assert spent <= 3 * REFUSED_IN_A_ROW + ceil(log2(2000))

    (query,) = wait_for_state(cli, "halted")
    assert any("stopped until a person acts" in words for words in query["words"])
    assert any("restart" in words for words in query["words"])
    assert daemon.stop() == 0
    assert len([line for line in daemon.lines if '"query_halted"' in line]) == 1
    assert posts(emulator) == spent, "a halted query sends nothing"

    emulator.clear_faults()
    assert cli.run("run", "--once").returncode in {0, 3}
    assert {conversion.times for conversion in emulator.conversions()} == {1}
    assert len(emulator.conversions()) == 2000 - len(reasons(cli))
    assert len(reasons(cli)) == REFUSED_IN_A_ROW
    (query,) = cli.json("status")["queries"]
    assert query["state"] == "ok"
    assert cli.run("rejects", "retry", "paid_orders").returncode == 0
    assert len(emulator.conversions()) == 2000
    assert {conversion.times for conversion in emulator.conversions()} == {1}


def wait_for_state(cli: Cli, state: str) -> list[dict[str, Any]]:
    """`status --json` of another process, once the query is in this state; each look takes a moment."""
    for _ in range(60):
        queries: list[dict[str, Any]] = cli.json("status")["queries"]
        if queries[0]["state"] == state:
            return queries
    raise AssertionError(f"never {state}: {queries}")


def test_reject_limit_holds_for_metricas_refusals_too(
    cli: Cli, one_shop: Database, emulator: EmulatorServer
) -> None:
    """Scattered bad rows: the query halts at `reject_limit`; each restart goes on where it stood."""
    shop.sell(one_shop, 1, 400)
    bad = range(10, 400, 40)
    poison(emulator, *bad)
    cli.configure(shop.configuration(one_shop, emulator.url, shop.query(reject_limit=4)))

    codes = [cli.run("run", "--once").returncode for _ in range(4)]

    assert codes[:2] == [1, 1], "ten bad rows, four per run"
    assert codes[-1] == 0
    assert set(reasons(cli)) == {str(number) for number in bad}
    assert len(emulator.conversions()) == 390
    assert {conversion.times for conversion in emulator.conversions()} == {1}
    assert posts(emulator) <= most_posts(400, len(bad))


@pytest.mark.parametrize("turn", [1, 2, 5])
@pytest.mark.parametrize("point", [Point.REFUSAL, Point.SPLIT_WRITTEN, Point.SPLIT, Point.REFUSE_WRITTEN])
def test_killed_while_halving(
    cli: Cli, one_shop: Database, emulator: EmulatorServer, point: Point, turn: int
) -> None:
    """SIGKILL at any step of the halving: the next run goes on; each row is delivered or rejected once."""
    shop.sell(one_shop, 1, 64)
    poison(emulator, 5, 40, 41, 60, 63)
    cli.configure(shop.configuration(one_shop, emulator.url, shop.query()))

    killed = cli.run("run", "--once", SYNCD_CRASH_AT=f"{point}:{turn}")
    assert killed.returncode == -9
    cli.run("run", "--once")

    assert set(reasons(cli)) == {"5", "40", "41", "60", "63"}
    assert len(emulator.conversions()) == 59
    assert {conversion.times for conversion in emulator.conversions()} == {1}
    # A refusal that was not recorded is met once more.
    assert posts(emulator) <= most_posts(64, 5) + 1
