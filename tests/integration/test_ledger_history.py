"""What the store tells of the last hours and days."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import event, insert

from syncd.config import parse
from syncd.ledger import QueryLedger, Store
from syncd.ledger.history import SLACK, HourRow, delivered_by_hour
from syncd.ledger.rows import RunRow
from syncd.model import Origin, UploadState
from syncd.monitoring.overview import History, overview
from syncd.monitoring.status.history import DAYS, HOUR, HOURS
from tests.support.fix_ledger import NOW, TestClock, chunk, ledger_of, receipt, tag

YEAR = timedelta(days=365)
CONFIG = """
metrica: {token: t0k3n}
databases: {shop: {url: "sqlite:///shop.db"}}
defaults: {counter: 1, id_type: YCLID, mark: id, sql: SELECT 1 AS id}
queries:
""" + "".join(f"  q{number}: {{}}\n" for number in range(20))


def upload(store: Store, at: datetime, rows: int = 10, *, query: str = "orders", **other: object) -> None:
    """An upload that was begun and settled at that moment."""
    new: dict[str, object] = {
        "tag": tag(),
        "query": query,
        "counter": 77,
        "state": UploadState.ACCEPTED.value,
        "origin": Origin.QUERY.value,
        "rows": rows,
        "header": "",
        "attempts": 1,
        "created_at": at,
        "settled_at": at,
        "detail": "",
    }
    with store.database.write() as connection:
        connection.execute(insert(store.database.tables.uploads).values({**new, **other}))


@contextmanager
def statements(store: Store) -> Iterator[list[tuple[str, object]]]:
    """What is asked of the store meanwhile."""
    asked: list[tuple[str, object]] = []

    def note(*arguments: object) -> None:
        asked.append((str(arguments[2]), arguments[3]))

    event.listen(store.database.engine, "before_cursor_execute", note)
    yield asked
    event.remove(store.database.engine, "before_cursor_execute", note)


def test_nothing_yet_is_nothing(store: Store) -> None:
    """A store without uploads has no hours."""
    assert delivered_by_hour(store.database, NOW) == []


def test_rows_are_summed_by_query_and_hour(store: Store) -> None:
    """In UTC, from the moment asked for on; of all queries, or of one."""
    for at, query in (
        (NOW - timedelta(hours=3), "orders"),
        (NOW - timedelta(minutes=61), "orders"),
        (NOW - timedelta(minutes=1), "orders"),
        (NOW - timedelta(minutes=59), "orders"),
        (NOW - timedelta(minutes=60), "calls"),
        (NOW, "calls"),
    ):
        upload(store, at, query=query)
    hour, orders = NOW - HOUR, HourRow("orders", NOW - HOUR, 20, 0, 0)
    found = delivered_by_hour(store.database, hour)
    assert sorted(found, key=lambda row: (row.query, row.hour)) == [
        HourRow("calls", hour, 10, 0, 0),
        HourRow("calls", NOW, 10, 0, 0),
        orders,
    ]
    assert delivered_by_hour(store.database, hour, "orders") == [orders]


def test_only_what_metrica_has_counts(ledger: QueryLedger, store: Store) -> None:
    """Rows once they are accepted, those sent again by a person once, links once they are told."""
    ledger.begin(chunk("open"), tag(), NOW)
    first = ledger.begin(chunk("a", "b"), tag(), NOW)
    ledger.accept(first, receipt(), NOW)
    ledger.accept(ledger.begin(chunk("c"), tag(), NOW), receipt(2), NOW)
    ledger.accept(ledger.begin(chunk("a", "b", origin=Origin.RESEND), tag(), NOW), receipt(3), NOW)
    assert delivered_by_hour(store.database, NOW) == [HourRow("orders", NOW, 3, 0, 0)]
    upload(store, NOW, 10, state=UploadState.PROCESSED.value, linked=4)
    assert delivered_by_hour(store.database, NOW) == [HourRow("orders", NOW, 13, 10, 4)]


def test_where_the_time_begins_is_found_by_looks_at_single_rows(store: Store) -> None:
    """However many uploads there are and whatever ids are missing, nothing of the time asked for is."""
    moments = [NOW - timedelta(minutes=7) * number for number in reversed(range(300))]
    for number, at in enumerate(moments):
        upload(store, at, 1, id=(number + 1) ** 2)
    for back in (timedelta(0), HOUR, timedelta(hours=30), YEAR):
        with statements(store) as asked:
            found = delivered_by_hour(store.database, NOW - back)
        assert sum(row.rows for row in found) == sum(at >= NOW - back for at in moments)
        assert len([text for text, _ in asked if "SELECT" in text]) <= 22


def test_the_statements_use_the_key(store: Store) -> None:
    """Nothing but the uploads of the time is read: SQLite searches them by their id, PostgreSQL likewise."""
    if store.database.postgresql:
        return  # its plans for a table of three rows say nothing
    upload(store, NOW)
    with statements(store) as asked:
        delivered_by_hour(store.database, NOW - HOUR)
        delivered_by_hour(store.database, NOW - HOUR, "orders")
    asked = [one for one in asked if one[0].startswith("SELECT")]
    with store.database.read() as connection:
        for text, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters).all()  # type: ignore[arg-type] # as they came
            steps = [step.detail for step in plan if "uploads" in step.detail]
            assert all(step.startswith("SEARCH") for step in steps), plan
            assert "min(" in text or re.search(r"rowid>|\bid>", steps[0]) or "LIMIT" in text, plan


def test_an_upload_that_took_hours_is_in_its_hour(store: Store) -> None:
    """An upload that was begun before the time asked for and settled in it counts."""
    upload(store, NOW, created_at=NOW - SLACK + timedelta(minutes=1))
    assert [row.rows for row in delivered_by_hour(store.database, NOW)] == [10]


def test_a_page_view_costs_the_same_with_years_of_uploads(store: Store, clock: TestClock) -> None:
    """As many statements with 20 queries as with one; what was sent a year ago is not read for the plots."""
    for number in range(400):
        upload(store, NOW - YEAR + timedelta(hours=number), query=f"q{number % 20}")
    upload(store, NOW, query="q7", state=UploadState.PROCESSED.value, linked=5)
    store.save_runs(
        [RunRow(f"q{number}", ok_at=NOW, started_at=NOW, finished_at=NOW) for number in range(20)]
    )
    history, queries = History(store, clock), list(parse(CONFIG, "syncd.yaml", {}).queries.values())
    with statements(store) as asked:
        report, recent, past = overview(store, queries, clock), history.recent(), history.of("q7")
    assert report.state_ok
    assert list(recent) == ["q7"]
    assert (len(recent["q7"]), len(past.hours), len(past.days)) == (HOURS, HOURS, DAYS)
    assert past.hours[-1].rows == past.days[-1].rows == 10
    assert past.days[-1].rate == 0.5
    assert [upload.query for upload in past.uploads] == ["q7"] * 20
    assert len([text for text, _ in asked if "SELECT" in text and "set_config" not in text]) <= 40


def test_the_past_of_a_query_that_never_delivered(store: Store, clock: TestClock) -> None:
    """It is whole, and empty."""
    ledger_of(store, "other")
    past = History(store, clock).of("other")
    assert not any(stretch.rows for stretch in (*past.hours, *past.days))
    assert past.uploads == ()
