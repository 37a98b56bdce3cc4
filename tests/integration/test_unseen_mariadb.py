"""MariaDB: servers and tables whose rows appear without a transaction that `innodb_trx` lists, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from syncd.emulator.server import EmulatorServer
from syncd.monitoring.overview import overview
from tests.support.late import QUERY, SQL, delivered, make_mariadb_table
from tests.support.process import Process
from tests.support.servers import Database
from tests.support.source import Sources


@contextmanager
def replica(database: Database) -> Iterator[None]:
    """The server applies what a primary would send it, which is not to be had here; then it does not."""
    database.run("CHANGE MASTER TO master_host='127.0.0.1', master_port=1", "START SLAVE SQL_THREAD")
    try:
        yield
    finally:
        database.run("STOP SLAVE", "RESET SLAVE ALL")


@contextmanager
def read_only(database: Database) -> Iterator[None]:
    """As replicas are run: nobody but replication writes."""
    database.run("SET GLOBAL read_only = 1")
    try:
        yield
    finally:
        database.run("SET GLOBAL read_only = 0")


def test_a_server_of_its_own(mariadb: Database, source: Sources) -> None:
    """Views, joins and tables that are there at once are no reason not to believe the list."""
    make_mariadb_table(mariadb)
    mariadb.run(
        "CREATE TABLE plain (id bigint, note text) ENGINE=Aria",
        "CREATE VIEW seen AS SELECT o.* FROM orders AS o LEFT JOIN plain ON plain.id = o.id JOIN seq_1_to_1",
    )
    assert (
        source(mariadb.url, SQL.replace("orders", "seen"), mark=("created_at", "id")).unseen_relations() == []
    )


@pytest.mark.parametrize("kind", [replica, read_only])
def test_a_replica(
    mariadb: Database, source: Sources, kind: Callable[[Database], AbstractContextManager[None]]
) -> None:
    """Rows come in the order of commits of another server, whose open transactions nobody sees here."""
    make_mariadb_table(mariadb)
    reader = source(mariadb.url, SQL, mark=("created_at", "id"))
    with kind(mariadb):
        assert reader.unseen_relations() == ["replica"]
    assert reader.unseen_relations() == []


def test_a_table_of_another_server(mariadb: Database, emulator: EmulatorServer, tmp_path: Path) -> None:
    """Behind a view, with a name that wants quotes; what is committed late is found within two minutes."""
    order = text(make_mariadb_table(mariadb))
    socket, name = mariadb.rows("SELECT @@socket, database()")[0]
    here = f"SOCKET '{socket}', DATABASE '{name}', USER 'root'"
    mariadb.run(
        "INSTALL SONAME 'ha_federatedx'",
        f"CREATE SERVER far FOREIGN DATA WRAPPER mysql OPTIONS ({here})",
        "CREATE TABLE `far``orders` (id bigint PRIMARY KEY, client varchar(20),"
        " created_at datetime(6) NOT NULL) ENGINE=FEDERATED CONNECTION='far/orders'",
        "CREATE VIEW seen AS SELECT * FROM `far``orders`",
    )
    query = {**QUERY, "sql": SQL.replace("orders", "seen"), "timezone": "UTC"}
    engine = create_engine(mariadb.url, poolclass=NullPool)
    try:
        with engine.connect() as slow, Process(tmp_path, mariadb.url, emulator.url, query) as syncd:
            slow.execute(order, {"client": "1", "ago": 30})
            with engine.begin() as quick:
                quick.execute(order, {"client": "2", "ago": 1})
            syncd.run()
            assert delivered(emulator) == {"2": 1}
            report = overview(syncd.resources.store, [syncd.query], syncd.clock)
            words = " ".join(map(str, report.queries[0].findings))
            assert f"table of the engine FEDERATED {name}.far`orders" in words
            slow.commit()
            syncd.run()
            assert delivered(emulator) == {"1": 1, "2": 1}
    finally:
        mariadb.run("DROP TABLE `far``orders`", "DROP SERVER far", "UNINSTALL SONAME 'ha_federatedx'")
