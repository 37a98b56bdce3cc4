"""Where a query begins, and that nothing before that is ever read."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from tests.support.centre import Bench, ids, open_shop_of, sell, sent
from tests.support.servers import Database


def test_start_at_the_beginning(bench: Bench, emulator: EmulatorServer) -> None:
    """All rows, then only new ones."""
    sell(bench.database, 1, 3)
    assert bench.run().uploaded == 3
    sell(bench.database, 4, 2)
    assert bench.run().uploaded == 2
    assert sent(emulator) == ids(1, 2, 3, 4, 5)


@pytest.mark.parametrize("restarted", [False, True], ids=["same process", "restarted"])
def test_start_now(bench: Bench, emulator: EmulatorServer, *, restarted: bool) -> None:
    """What is there is passed over, also rows at the newest mark; what comes later at that mark is sent."""
    bench.restart(start="now")
    sell(bench.database, 1, 3)
    sell(bench.database, 4, 1, changed=3)
    assert bench.run().uploaded == 0
    if restarted:
        bench.restart()
    sell(bench.database, 5, 1, changed=4)
    assert bench.run().uploaded == 1
    bench.database.run("UPDATE orders SET total = '99', changed = 6 WHERE n = 4")
    bench.run()
    assert sent(emulator) == ids(5)


SPRING = 1_772_323_200
"""A mark that is a time, so that it can be read again from before it."""


@pytest.mark.parametrize("overlap", ["auto", timedelta(hours=1)])
@pytest.mark.parametrize("start", ["now", SPRING + 3])
def test_what_lies_before_the_start_is_never_read(
    bench: Bench, emulator: EmulatorServer, start: str | int, overlap: str | timedelta
) -> None:
    """Not by the overlap either, which does bring rows that were committed late."""
    for number in range(1, 4):
        sell(bench.database, number, changed=SPRING + number)
    bench.restart(start=start, overlap=overlap)
    assert bench.run().uploaded == (0 if start == "now" else 1)
    bench.restart(start=start, overlap=overlap)
    sell(bench.database, 5, changed=SPRING + 5)
    assert bench.run().uploaded == 1
    sell(bench.database, 4, changed=SPRING + 4)
    assert bench.run().uploaded == 1
    assert sent(emulator) == ids(*([] if start == "now" else [3]), 5, 4)


def test_start_so_long_before_the_first_run(bench: Bench, emulator: EmulatorServer) -> None:
    """Rows of the last 21 days are sent, older ones never."""
    now = int(datetime.now(UTC).timestamp())
    for number, days in enumerate((60, 22, 20, 1), 1):
        sell(bench.database, number, changed=now - days * 86400)
    bench.restart(start=timedelta(days=21), overlap="auto")
    assert bench.run().uploaded == 2
    bench.restart(start=timedelta(days=21), overlap="auto")
    sell(bench.database, 5, changed=now - 30 * 86400)
    sell(bench.database, 6, changed=now)
    assert bench.run().uploaded == 1
    assert sent(emulator) == ids(3, 4, 6)


def test_start_now_on_an_empty_table(bench: Bench, emulator: EmulatorServer) -> None:
    """With nothing to pass over, the first row that comes is sent."""
    bench.restart(start="now")
    assert bench.run().read == 0
    sell(bench.database, 1, 2)
    bench.restart()
    assert bench.run().uploaded == 2
    assert sent(emulator) == ids(1, 2)


def test_start_at_a_value(bench: Bench, emulator: EmulatorServer) -> None:
    """From the value of the mark's first column on, itself included."""
    bench.restart(start=3)
    sell(bench.database, 1, 5)
    bench.run()
    assert sent(emulator) == ids(3, 4, 5)


def test_start_now_and_a_lower_id_of_the_same_day(
    database: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """What comes later on the day of the start is sent, in whatever order its ids are."""
    open_shop_of(database, "date")
    sell(database, 5, changed="2026-01-31")
    with closing(Bench(database, emulator.url, tmp_path, start="now", overlap="auto")) as bench:
        bench.run()
        sell(database, 3, changed="2026-01-31")
        sell(database, 9, changed="2026-01-31")
        for _ in range(2):
            bench.run()
            bench.clock.forward(timedelta(minutes=2))
        assert sorted(sent(emulator)) == ids(3, 9)


def test_start_now_where_all_rows_are_of_the_future(
    database: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """They are there already; what comes is sent, at this very moment too."""
    open_shop_of(database, "timestamp" if database.url.startswith("postgresql") else "datetime")
    now = datetime.now(UTC)
    sell(database, 1, changed=f"{now + timedelta(days=9):%Y-%m-%d %H:%M:%S}")
    with closing(Bench(database, emulator.url, tmp_path, start="now", overlap="auto")) as bench:
        bench.run()
        sell(database, 2, changed=f"{now:%Y-%m-%d %H:%M:%S}")
        bench.run()
        bench.restart()
        bench.run()
        assert sent(emulator) == ids(2)


def test_a_start_that_no_row_shows_the_type_of(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """With the first row it is a moment, and no overlap reaches behind it."""
    open_shop_of(postgres, "timestamp")
    overlap = timedelta(days=30)
    with closing(Bench(postgres, emulator.url, tmp_path, start="2026-01-10", overlap=overlap)) as bench:
        bench.run()
        sell(postgres, 1, changed="2026-01-09")
        sell(postgres, 2, changed="2026-01-11")
        for _ in range(2):
            bench.run()
            bench.restart()
        sell(postgres, 3, changed="2026-01-12")
        bench.run()
        assert sent(emulator) == ids(2, 3)
