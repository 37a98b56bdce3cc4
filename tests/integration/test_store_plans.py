"""What a store is asked costs the same however long its history is; held on counts, not on seconds.

SQLite counts the steps of its machine, PostgreSQL the pages that a statement touches. Both are counted for
every question of a poll, the follow-up, health, metrics, the page and the commands, and again after the store
has been given twenty times as much history. What is kept per query, and what waits for somebody (rejects,
rows of the future, open uploads), is no history.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Connection, event, insert

from syncd.ledger import QueryLedger, Store, key_index, key_lookup, totals
from syncd.ledger.packing import packed
from syncd.ledger.prune import KEPT, Pruner
from syncd.model import UploadState
from syncd.model.key_codes import codes_of
from syncd.model.keys import key_text
from syncd.model.links import Links
from syncd.model.settings import QuerySettings
from syncd.monitoring.overview import History, overview
from tests.support.centre import query_of
from tests.support.fix_ledger import HEADER, NOW, TestClock, chunk, ledger_of, receipt, tag

QUERIES = ("orders", "refunds", "calls")
LATELY = 60
"""Uploads of the last days, whatever the history is."""
SHORT, LONG = 600, 12_000
"""Uploads of the year before that."""
RECENT_IDS = 10**6
NEWEST = RECENT_IDS + LATELY - 1
FIGURES = ("uploads", "rows", "linked", "gained", "user_not_found", "goal_not_found")
AT_ONCE = 100
"""Old uploads whose keys are put into the index together."""


@dataclass(slots=True)
class Work:
    """What a database did."""

    done: int = 0


@contextmanager
def counted(store: Store) -> Iterator[Work]:
    """Count what the store's database does meanwhile."""
    work, engine = Work(), store.database.engine
    asked: list[tuple[str, Any]] = []

    def tick() -> None:
        work.done += 1

    def note(connection: Connection, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if not store.database.postgresql:
            driver: Any = connection.connection.dbapi_connection
            driver.set_progress_handler(tick, 1)
        elif statement.startswith("SELECT") and "set_config" not in statement:
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield work
    finally:
        event.remove(engine, "before_cursor_execute", note)
    for statement, parameters in asked:
        work.done += pages(store, statement, parameters)


def pages(store: Store, statement: str, parameters: Any) -> int:
    """How many pages PostgreSQL touches for a statement."""
    with store.database.engine.connect() as connection:
        explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
        found = connection.exec_driver_sql(explain, parameters).scalar_one()
        connection.rollback()
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def upload(upload_id: int, moment: datetime, state: UploadState) -> dict[str, object]:
    """An upload that has lost a row, has one that is too old, and was not linked as a whole."""
    return {
        "id": upload_id,
        "tag": f"old{upload_id}",
        "query": QUERIES[upload_id % len(QUERIES)],
        "counter": 77,
        "state": state.value,
        "origin": "query",
        "rows": 10,
        "header": HEADER,
        "attempts": 1,
        "created_at": moment,
        "sent_at": moment,
        "settled_at": moment,
        "metrica_id": upload_id,
        "metrica_status": "PROCESSED",
        "linked": 5,
        "detail": "",
        "old_rows": 1,
        "dropped": 1,
    }


def write(store: Store, ids: range, moments: Callable[[int], datetime]) -> None:
    """Uploads as they are after a while: every tenth is one that Metrica never finished with."""
    database, tables = store.database, store.database.tables
    states = {True: UploadState.ACCEPTED, False: UploadState.PROCESSED}
    rows = [upload(number, moments(number), states[number % 10 == 0]) for number in ids]
    with database.write() as connection:
        connection.execute(insert(tables.uploads), rows)
        files = [
            {"upload_id": one, "keys": key_text([one]), "lines": packed(["1,paid,1767225600"])} for one in ids
        ]
        connection.execute(insert(tables.files), files)
        passed = [{"query": "orders", "key": f"passed {one}", "upload_id": one} for one in ids]
        connection.execute(insert(tables.passed), passed)
        for start in ids[::AT_ONCE]:
            part = range(start, min(start + AT_ONCE, ids.stop))
            codes = {key_lookup.KEY: codes_of([key_text([one]) for one in part])}
            key_index.add(database, connection, "orders", codes, part[-1])
        days = {(row["query"], moments(one).date().isoformat()) for one, row in zip(ids, rows, strict=True)}
        new = [{"query": query, "day": day, **dict.fromkeys(FIGURES, 1)} for query, day in sorted(days)]
        database.upsert(connection, tables.match_days, new, FIGURES)
        for query in QUERIES:
            totals.add_links(database, connection, query, Links(1, 1))
    if database.postgresql:
        newest = f"(SELECT max(id) FROM {database.schema}.uploads)"
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")
            connection.exec_driver_sql(f"SELECT setval('{database.schema}.uploads_id_seq', {newest})")


def long_ago(number: int) -> datetime:
    """When an old upload was made: from before what is kept, up to a month ago."""
    return NOW - KEPT - timedelta(days=20) + number * (KEPT - timedelta(days=10)) / LONG


def lately(number: int) -> datetime:
    """When one of the last uploads was made."""
    return NOW - timedelta(hours=NEWEST + 1 - number)


def questions(store: Store, clock: TestClock) -> dict[str, Callable[[], object]]:
    """Everything that is asked of a store while it works."""
    ledger: QueryLedger = ledger_of(store)
    queries: list[QuerySettings] = [query_of("sqlite://", name=name) for name in QUERIES]
    history, fresh = History(store, clock), count(10**9)

    def record() -> None:
        names = [str(next(fresh)) for _ in range(10)]
        ledger.accept(ledger.begin(chunk(*names, mark=1), tag(), NOW), receipt(), NOW)

    return {
        "poll": lambda: ledger.position_and_work(NOW),
        "known, new": lambda: ledger.find_known([key_text([number]) for number in range(10**8, 10**8 + 200)]),
        "known, old": lambda: ledger.find_known([key_text([NEWEST])]),
        "record": record,
        "followed": ledger.followed,
        "relink": lambda: ledger.to_send_again(NOW - timedelta(days=3), NOW, 100),
        "status": lambda: overview(store, queries, clock),
        "the page's plots": history.recent,
        "a query's page": lambda: history.of("orders"),
        "uploads": lambda: store.uploads(limit=20),
        "uploads of one": lambda: store.uploads("orders", limit=20),
        "explain": lambda: store.delivery("orders", key_text([NEWEST])),
        "audit": lambda: store.first_upload_at("orders"),
        "restore": lambda: store.known_tags([f"old{number}" for number in range(5)]),
        "prune, nothing": lambda: Pruner(store).step(NOW - timedelta(days=30)),
        "prune": lambda: Pruner(store).step(NOW),
    }


def test_nothing_grows_with_history(store: Store, clock: TestClock) -> None:
    """Twenty times the history is no more work, for any question."""
    write(store, range(RECENT_IDS, RECENT_IDS + LATELY), lately)
    asked = questions(store, clock)
    write(store, range(1, SHORT), long_ago)
    short = {name: work_of(store, ask) for name, ask in asked.items()}
    write(store, range(SHORT, LONG), long_ago)
    long = {name: work_of(store, ask) for name, ask in asked.items()}
    slack = 5 if store.database.postgresql else 100  # of deeper trees, and more runs of keys
    grown = {name: (short[name], long[name]) for name in asked if long[name] > 2 * short[name] + slack}
    assert grown == {}


def work_of(store: Store, ask: Callable[[], object]) -> int:
    """What one question costs the database."""
    with counted(store) as work:
        ask()
    return work.done
