"""Who has a transaction open, where a database can tell: only then is it known what may be committed late.

PostgreSQL: every open transaction holds the lock on its virtual id from its begin until after its rows can
be seen, and `pg_locks` shows that to everybody; `pg_stat_activity` tells everybody the database of each
process, and more only to those who may see it. A prepared transaction keeps no virtual id, so those are
listed as well, after the locks: one that is prepared in between is then on both lists rather than on none.
A standby does not know who is open on its primary. syncd's own transactions are read-only, so nothing comes
of them late; each bears the name READER until it ends, by which other polls, of any daemon, pass over it.
(Whoever is passed over wrongly, since a pooler lent the connection on between the two lists, began after the
newest mark was asked for or ended before the rows were read, so either way no row of its is missed: `late`.)

MariaDB and MySQL: a transaction that was begun read-only stays so. `innodb_trx` needs the privilege PROCESS.
Its content is cached for a tenth of a second, and a statement that waits for the table itself has not begun
there; `SLACK` covers both.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Connection

from syncd.source.families import family

READER = "syncd reads only"
"""The application_name within a transaction of ours on PostgreSQL."""

_POSTGRESQL = """
SELECT l.virtualxid,
       concat_ws(', ', 'process ' || l.pid, 'user ' || a.usename, nullif(a.application_name, ''), a.state,
                 'transaction begun '
                 || to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC')
FROM pg_catalog.pg_locks AS l
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'virtualxid' AND l.granted AND l.mode = 'ExclusiveLock'
  AND l.pid IS DISTINCT FROM pg_backend_pid() AND a.application_name IS DISTINCT FROM 'syncd reads only'
  AND coalesce(nullif(a.datid, 0) = (SELECT oid FROM pg_catalog.pg_database
                                     WHERE datname = current_database()), true)
UNION ALL
SELECT 'prepared ' || transaction::text || ' ' || gid, 'prepared transaction ' || gid
FROM pg_catalog.pg_prepared_xacts WHERE database = current_database()
"""
_STANDBY = "SELECT pg_catalog.pg_is_in_recovery()"
_INNODB = """
SELECT concat(trx_mysql_thread_id, ' ', trx_started),
       concat('connection ', trx_mysql_thread_id, ', transaction begun ', trx_started)
FROM information_schema.innodb_trx WHERE trx_mysql_thread_id <> connection_id() AND trx_is_read_only = 0
"""

_INNODB_CACHE = 0.12
"""Seconds: the list is then younger than what was read before it."""
SLACK: Mapping[str, timedelta] = {"postgresql": timedelta(0), "mysql": timedelta(seconds=10)}
"""How far behind the mark is read again in any case, where the list of transactions has gaps."""


def open_transactions(connection: Connection) -> Mapping[str, str] | None:
    """Identity → who it is, of every transaction but our own; None where this database cannot tell."""
    match family(connection.dialect.name):
        case "postgresql":
            if connection.exec_driver_sql(_STANDBY).scalar_one():
                return None
            statement = _POSTGRESQL
        case "mysql":
            time.sleep(_INNODB_CACHE)
            statement = _INNODB
        case _:
            return None
    rows = connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    return {str(identity): str(who) for identity, who in rows}
