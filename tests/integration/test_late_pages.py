"""Transactions that end between two looks at the list, or two pages, of one run."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from threading import enumerate as enumerate_threads

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.source.reader import SqlSource
from tests.support.late import QUERY, delivered, make_table
from tests.support.process import Process
from tests.support.servers import Database
from tests.support.sessions import sessions
from tests.support.waiting import eventually


def test_a_page_that_was_read_ahead_is_read_again(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit after the next page was read, but before the next listing, belongs into that page."""
    make_table(postgres)
    listings = count(1)
    with (
        sessions(postgres, 2) as (slow, quick),
        Process(tmp_path, postgres.url, emulator.url, {**QUERY, "chunk_rows": 1}) as syncd,
    ):
        quick.order(1)
        slow.do("BEGIN")
        slow.order(2)
        quick.order(3)
        real = SqlSource.open_transactions

        def listed(source: SqlSource) -> Mapping[str, str] | None:
            if next(listings) == 2:  # after the first upload
                eventually(lambda: all(thread.name != "read ahead" for thread in enumerate_threads()))
                slow.do("COMMIT")
            return real(source)

        monkeypatch.setattr(SqlSource, "open_transactions", listed)
        syncd.run()
        syncd.run()
        assert delivered(emulator) == {"1": 1, "2": 1, "3": 1}


@pytest.mark.parametrize("is_new", [True, False])
def test_a_late_commit_into_a_result_that_was_empty(
    postgres: Database,
    emulator: EmulatorServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_new: bool,
) -> None:
    """A transaction that begins after the first look and ends before the second, behind a quicker one."""
    make_table(postgres)
    listing = SqlSource.open_transactions
    with sessions(postgres, 2) as (slow, quick):
        if not is_new:
            with Process(tmp_path, postgres.url, emulator.url, QUERY) as syncd:
                quick.order(9)
                syncd.run()
            quick.do("DELETE FROM orders")

        def between(source: SqlSource) -> Mapping[str, str] | None:
            monkeypatch.undo()
            listed = listing(source)
            slow.do("BEGIN")
            slow.order(2)
            quick.order(3)
            monkeypatch.setattr(SqlSource, "open_transactions", after)
            return listed

        def after(source: SqlSource) -> Mapping[str, str] | None:
            monkeypatch.undo()
            slow.do("COMMIT")
            return listing(source)

        monkeypatch.setattr(SqlSource, "open_transactions", between)
        with Process(tmp_path, postgres.url, emulator.url, QUERY) as syncd:
            for _ in range(4):
                syncd.run()
    assert delivered(emulator) == {"2": 1, "3": 1} | ({} if is_new else {"9": 1})


def test_a_late_commit_among_many_rows_of_one_mark(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read again begins anew, though a page read ahead and given up ends at the same mark."""
    postgres.run(
        "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, client text NOT NULL,"
        " created_at timestamptz NOT NULL DEFAULT now(), day date NOT NULL DEFAULT current_date - 3)"
    )
    by_day = {"sql": "SELECT id, client, created_at, day FROM orders", "mark": ["day"], "key": ["id"]}
    listing, looks = SqlSource.open_transactions, count(1)
    with (
        sessions(postgres, 2) as (slow, quick),
        Process(tmp_path, postgres.url, emulator.url, {**QUERY, **by_day, "chunk_rows": 2}) as syncd,
    ):
        quick.order(1)
        syncd.run()
        slow.do("BEGIN")
        slow.order(2)
        for number in range(3, 12):
            quick.order(number)
        quick.do("INSERT INTO orders (client, day) VALUES ('99', current_date - 2)")

        def listed(source: SqlSource) -> Mapping[str, str] | None:
            if next(looks) == 2:
                eventually(lambda: all(thread.name != "read ahead" for thread in enumerate_threads()))
                slow.do("COMMIT")
            return listing(source)

        monkeypatch.setattr(SqlSource, "open_transactions", listed)
        for _ in range(4):
            syncd.run()
    assert delivered(emulator) == dict.fromkeys([*map(str, range(1, 12)), "99"], 1)
