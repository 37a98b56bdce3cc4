"""Open transactions, where a database can tell of them: only then is it known what may be committed late.

PostgreSQL: every open transaction holds the lock on its virtual id from its begin until after its rows can
be seen, and `pg_locks` shows that to everybody; `pg_stat_activity` tells everybody the database of each
process, and more only to those who may see it. A prepared transaction keeps no virtual id, so those are
listed as well, after the locks: one that is prepared in between is then on both lists rather than on none.
A standby does not know who is open on its primary. syncd's own transactions are read-only, so nothing comes
of them late; each bears the name READER until it ends, by which other polls, of any daemon, pass over it.
(Whoever is passed over wrongly, since a pooler lent the connection on between the two lists, began after the
newest mark was asked for or ended before the rows were read, so either way no row of its is missed: `late`.)

MariaDB and MySQL: a transaction that was begun read-only stays so. `innodb_trx` needs the privilege PROCESS.
It shows what is cached until nobody has read it for a tenth of a second, so that with a monitor it may be old
by any time. Hence each question bears a mark of its own and is asked within a transaction: the list is of now
if it shows that very question being asked. A statement that waits for the table itself, or works for long
before its first row, has not begun there; `overlap.SLACK` covers ten seconds of that. A transaction that was
prepared (XA) loses its connection's number with the connection, and is then listed under another identity.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from secrets import token_hex
from threading import Lock
from typing import Any

from sqlalchemy import Connection

from syncd.model.clock import pause

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
_SNAPSHOT = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
_INNODB = """
SELECT trx_mysql_thread_id = connection_id() AND trx_query LIKE '%{asked}%',
       if(trx_mysql_thread_id = 0, concat('prepared ', trx_id),
          concat(trx_mysql_thread_id, ' ', trx_started)),
       concat('connection ', trx_mysql_thread_id, ', transaction begun ', trx_started)
FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = connection_id() OR trx_is_read_only = 0
"""

_CACHED = 0.12
"""Seconds: the list is made anew if nobody has read it for 0.1."""
_TRIES = 8
LISTED_LATE = frozenset({"mysql"})
"""Where a transaction may have taken a number before it is listed: what is behind the mark is read again for
as long as `overlap.SLACK`, whoever is listed."""

Listed = Mapping[str, str] | None
Run = Callable[[Callable[[Connection], Listed]], Listed]


class Sessions:
    """The transactions that are open on one database. Safe to use from several threads."""

    def __init__(self, family: str) -> None:
        self._family = family
        self._asking = Lock()
        self._asked_at = -math.inf
        self._listed: Listed = None

    def listed(self, run: Run) -> Listed:
        """Identity → who it is, of every transaction but our own; None where this database cannot tell.

        `run` runs the question on a connection.
        """
        match self._family:
            case "postgresql":
                return run(_postgresql)
            case "mysql":
                # One at a time, or they would keep the list from each other; who waited has it as well.
                now = time.monotonic()
                with self._asking:
                    if self._asked_at < now:
                        asked_at = time.monotonic()
                        self._listed = run(_innodb)
                        self._asked_at = asked_at
                    return self._listed
            case _:
                return None


def _postgresql(connection: Connection) -> Listed:
    if connection.exec_driver_sql(_STANDBY).scalar_one():
        return None
    return {str(identity): str(who) for identity, who in _rows(connection, _POSTGRESQL)}


def _innodb(connection: Connection) -> Listed:
    """None where the list stays old: others read it too often."""
    for wait in range(_TRIES):
        pause(wait and random.uniform(_CACHED, 2 * _CACHED))  # noqa: S311 — out of step with others
        connection.exec_driver_sql(_SNAPSHOT)
        rows = _rows(connection, _INNODB.format(asked=token_hex(8)))
        others = {str(identity): str(who) for is_ours, identity, who in rows if not is_ours}
        if len(others) < len(rows):
            return others
    return None


def _rows(connection: Connection, statement: str) -> Sequence[Any]:
    return connection.exec_driver_sql(statement, execution_options={"no_parameters": True}).all()
