"""The index of delivered keys: it leads to every upload of a key, however runs were merged."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, func, select

from syncd.ledger import QueryLedger, Store, key_index, key_lookup
from syncd.model.key_code import code_of
from syncd.model.key_codes import codes_of
from syncd.model.keys import key_text
from tests.support.fix_ledger import NOW, chunk, receipt, tag

names = st.one_of(
    st.integers(-5, 10**20).map(str),
    st.integers(0, 50).map(str),
    st.text(max_size=5),
    st.sampled_from(["0", "00", "007", "9" * 18, "9" * 19]),
)
keys = st.one_of(*(st.lists(names, min_size=size, max_size=size).map(key_text) for size in (1, 1, 2)))


@given(st.lists(keys, max_size=50))
def test_a_keys_code_does_not_depend_on_its_company(several: list[str]) -> None:
    """Many at a time or one by one; whole numbers keep their order, all else lies below them."""
    together = codes_of(several)
    assert together.tolist() == [code for key in several for code in codes_of([key]).tolist()]
    assert together.tolist() == [code_of(key) for key in several]
    assert codes_of(['["0"]', '["4711"]']).tolist() == [0, 4711]
    assert (codes_of(['["007"]', '["-1"]', '["x"]', '["1","2"]']) < 0).all()


def test_codes_are_stable() -> None:
    """They are stored: another version of syncd, or of its libraries, must make the same."""
    assert codes_of(['["order-17"]']).tolist() == [-959056372728020320]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.lists(st.lists(keys, min_size=1, max_size=12), min_size=1, max_size=40), st.lists(keys, max_size=80)
)
def test_it_finds_what_was_added(
    store: Store, monkeypatch: pytest.MonkeyPatch, uploads: list[list[str]], others: list[str]
) -> None:
    """Every key leads to every upload that has it, through any number of merges; few keys or many at once."""
    monkeypatch.setattr(key_index, "FAN", 4)
    monkeypatch.setattr(key_index, "BLOCK", 3)
    monkeypatch.setattr(key_lookup, "FEW", 6)
    monkeypatch.setattr(key_lookup, "FEW_BLOCKS", 12)
    monkeypatch.setattr(key_index, "LONGEST_RUN", 100)
    monkeypatch.setattr(key_index, "LONG", 9)
    database, runs = store.database, store.database.tables.key_runs
    with database.write() as connection:
        connection.execute(delete(database.tables.key_blocks))
        connection.execute(delete(runs))
        for number, added in enumerate(uploads):
            codes = {key_lookup.KEY: codes_of(added)}
            key_index.add(database, connection, "q", codes, number)
            key_index.add(database, connection, "other", codes, 10_000 + number)
        everything = {key for added in uploads for key in added}
        sizes = connection.execute(select(runs.c.size).where(runs.c.query == "q")).scalars().all()
        assert sum(sizes) == sum(map(len, uploads))
        asked = list(everything.union(others))
        for some in [asked, *([key] for key in asked)]:
            found = key_lookup.find(database, connection, "q", some)
            for number, added in enumerate(uploads):
                assert set(added).intersection(some) <= set(found.get(number, []))
            assert all(set(held) <= set(some) for held in found.values())
            assert max(found, default=0) < 10_000


def test_runs_stay_few_and_short(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many small uploads leave a handful of runs, none longer than a merge may hold in memory."""
    monkeypatch.setattr(key_index, "LONGEST_RUN", 500)
    database, runs = store.database, store.database.tables.key_runs
    with database.write() as connection:
        for number in range(800):
            codes = codes_of([f'["k{number}-{n}"]' for n in range(3)])
            key_index.add(database, connection, "q", {key_lookup.KEY: codes}, number)
        count, longest = connection.execute(select(func.count(), func.max(runs.c.size))).one()
    assert count < 2400 / 250 + 4 * key_index.FAN
    assert longest <= 500


def test_growing_keys_are_not_written_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short runs of them become one until it is long, and long ones stay: of each key there is one run."""
    monkeypatch.setattr(key_index, "LONG", 100)
    database, runs = store.database, store.database.tables.key_runs
    merged: list[int] = []
    merge = key_index._merge_runs  # noqa: SLF001 — who calls it is what counts

    def counted(*arguments: Any) -> None:
        merged.append(len(arguments[-1]))
        merge(*arguments)

    monkeypatch.setattr(key_index, "_merge_runs", counted)
    with database.write() as connection:
        for number in range(100):
            long = [f'["{key}"]' for key in range(1000 * number, 1000 * number + 100)]
            key_index.add(database, connection, "long", {key_lookup.KEY: codes_of(long)}, number)
        assert merged == []
        for number in range(1000):
            codes = codes_of([f'["{number}"]'])
            key_index.add(database, connection, "short", {key_lookup.KEY: codes}, number)
        asked = select(func.count()).select_from(runs)
        count = connection.execute(asked.where(runs.c.query == "short")).scalar_one()
    assert count < 1000 / 100 + 4 * key_index.FAN


def test_keys_of_one_code_are_told_apart(ledger: QueryLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all keys share one code, a key is known only if it was really delivered."""
    for module in ("syncd.model.key_codes", "syncd.ledger.key_lookup"):  # many at a time, and few
        monkeypatch.setattr(f"{module}.code_of", lambda _key: -1)
    for part in ("ab", "cd", "b"):
        ledger.accept(ledger.begin(chunk(*part), tag(), NOW), receipt(), NOW)
    known = ledger.find_known([key_text([name]) for name in "abcdxyz"])
    assert set(known) == {key_text([name]) for name in "abcd"}


def test_new_keys_in_no_order_read_filters_instead_of_codes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """UUIDs lie in the range of every run; of merged runs hardly a block is read for those that are new."""
    monkeypatch.setattr(key_index, "LONG", 300)
    monkeypatch.setattr(key_index, "BLOCK", 30)
    database, reads = store.database, list[str]()

    def watch(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        reads.extend([statement] if "key_blocks" in statement else [])

    with database.write() as connection:
        for number in range(60):  # seven merged runs of fourteen blocks, four small ones of two
            codes = {key_lookup.KEY: codes_of([f'["k{number}-{n}"]' for n in range(50)])}
            key_index.add(database, connection, "q", codes, number)
        event.listen(database.engine, "before_cursor_execute", watch)
        assert key_lookup.find(database, connection, "q", [f'["new{n}"]' for n in range(60)]) == {}
        event.remove(database.engine, "before_cursor_execute", watch)
        known = [f'["k7-{n}"]' for n in range(50)]
        assert set(key_lookup.find(database, connection, "q", known)[7]) == set(known)
    assert len(reads) <= 12
