"""Late commits that the list of open transactions does not show as such: found, or told with what to set."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Thread

from sqlalchemy import create_engine, text

from syncd.emulator.server import EmulatorServer
from syncd.monitoring.overview import overview
from tests.support.late import QUERY, delivered, make_table
from tests.support.process import Process
from tests.support.servers import Database
from tests.support.sessions import sessions
from tests.support.source import Sources
from tests.support.waiting import eventually

MESSAGE = (
    "BEGIN; INSERT INTO orders (client) VALUES ('1'); SELECT pg_advisory_lock(71); COMMIT;"
    " BEGIN; INSERT INTO orders (client) VALUES ('2'); SELECT pg_advisory_lock(72); COMMIT"
)
"""Both transactions take the time at which the message came for `now()`."""
LATER = "INSERT INTO orders (client, created_at) VALUES ('{}', now() + interval '30 s')"
"""Farther than what is read again for clocks that differ."""


def waits_for(database: Database, lock: int) -> Callable[[], bool]:
    """Whether somebody waits for an advisory lock."""
    engine = create_engine(database.url)
    asked = text(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = :lock"
    )

    def ask() -> bool:
        with engine.connect() as connection:
            found = connection.execute(asked, {"lock": lock}).scalar_one() > 0
        engine.dispose()
        return bool(found)

    return ask


def test_several_transactions_in_one_message(
    postgres: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """The second one begins behind a mark that was read before; its row is found all the same."""
    make_table(postgres)
    sql = "SELECT id, client, created_at, timestamptz '2026-01-01' AS paid FROM orders"
    query = {**QUERY, "sql": sql, "columns": {**QUERY["columns"], "DateTime": "paid"}}
    with (
        sessions(postgres, 3) as (client, control, quick),
        Process(tmp_path, postgres.url, emulator.url, query) as syncd,
    ):
        quick.order(9)
        syncd.run()
        control.do("SELECT pg_advisory_lock(71), pg_advisory_lock(72)")
        message = Thread(target=client.do, args=(MESSAGE,))
        message.start()
        eventually(waits_for(postgres, 71))
        quick.do(LATER.format(3))
        syncd.run()
        control.do("SELECT pg_advisory_unlock(71)")
        eventually(waits_for(postgres, 72))
        quick.do(LATER.format(4))
        syncd.run()
        assert delivered(emulator) == {"9": 1, "1": 1, "3": 1, "4": 1}
        control.do("SELECT pg_advisory_unlock(72)")
        message.join()
        syncd.run()
        assert delivered(emulator) == {"9": 1, "1": 1, "2": 1, "3": 1, "4": 1}


def test_a_materialized_view(postgres: Database, emulator: EmulatorServer, tmp_path: Path) -> None:
    """Its rows appear with a refresh: two minutes are read again, and `status` says what to set."""
    make_table(postgres)
    postgres.run(
        "CREATE MATERIALIZED VIEW paid AS SELECT * FROM orders", "CREATE VIEW seen AS SELECT * FROM paid"
    )
    query = {**QUERY, "sql": "SELECT id, client, created_at FROM seen"}
    refresh = "REFRESH MATERIALIZED VIEW paid"
    with (
        sessions(postgres, 2) as (slow, quick),
        Process(tmp_path, postgres.url, emulator.url, query) as syncd,
    ):
        slow.do("BEGIN")
        slow.order(1)
        quick.order(2)
        quick.do(refresh)
        syncd.run()
        slow.do("COMMIT")
        syncd.run()
        assert delivered(emulator) == {"2": 1}
        quick.do(refresh)
        quick.order(3)
        syncd.run()
        assert delivered(emulator) == {"1": 1, "2": 1}
        report = overview(syncd.resources.store, [syncd.query], syncd.clock)
        words = " ".join(map(str, report.queries[0].findings))
        assert "materialized view public.paid" in words
        assert "Set `overlap`" in words


def test_a_partition_of_a_table_of_a_subscription(postgres: Database, source: Sources) -> None:
    """The plan names the partition, the subscription its parent. What a worker notes is written by hand."""
    postgres.run(
        "CREATE TABLE orders (id bigint, client text) PARTITION BY RANGE (id)",
        "CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM (0) TO (100) PARTITION BY RANGE (id)",
        "CREATE TABLE orders_1_1 PARTITION OF orders_1 FOR VALUES FROM (0) TO (100)",
        "CREATE TABLE others (id bigint, client text)",
        "CREATE SUBSCRIPTION orders_far CONNECTION 'host=127.0.0.1' PUBLICATION far"
        " WITH (connect = false, slot_name = NONE)",
        "SET allow_system_table_mods = on; INSERT INTO pg_subscription_rel"
        " SELECT oid, 'orders'::regclass, 'r', NULL FROM pg_subscription WHERE subname = 'orders_far'",
    )
    try:
        of = partial(source, postgres.url, mark=("id",))
        assert of("SELECT * FROM orders").unseen_relations() == ["table of a subscription public.orders_1_1"]
        assert of("SELECT * FROM others").unseen_relations() == []
    finally:
        postgres.run("DROP SUBSCRIPTION orders_far")
