"""What tests on each database share."""

from __future__ import annotations

from tests.support.servers import Database


def kind(database: Database) -> str:
    """postgresql, mysql or sqlite."""
    return database.url.partition(":")[0].partition("+")[0]


def numbers(database: Database, *values: int) -> None:
    """A table `t` with an integer mark `m`, indexed, and a text `v`."""
    database.run("CREATE TABLE t (m INTEGER, v VARCHAR(100))", "CREATE INDEX t_m ON t (m)")
    if values:
        database.many("INSERT INTO t VALUES (:m, :v)", [{"m": m, "v": f"row {m}"} for m in values])
