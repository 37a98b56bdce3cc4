"""Relations and servers whose rows appear by other ways than the transactions that `sessions` lists.

A materialized view shows a row when it is refreshed, a foreign table when its server commits, a subscription
or a replica when it arrives, whoever has a transaction open here. Nor does `innodb_trx` list the transactions
of the other nodes of a cluster, or of other engines than InnoDB.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Select, text

from syncd.language import N_, _
from syncd.source.plans import Explain

_RELATIONS = text("""
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relkind,
       EXISTS (WITH RECURSIVE up (relation) AS (
                   SELECT c.oid UNION
                   SELECT i.inhparent FROM pg_catalog.pg_inherits AS i JOIN up ON i.inhrelid = up.relation)
               SELECT FROM pg_catalog.pg_subscription_rel AS s JOIN up ON s.srrelid = up.relation)
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relname = :name
""")
_UNSEEN_KINDS = {"m": N_("materialized view"), "f": N_("foreign table")}

_STATUS = (
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('Slave_running', 'Slaves_running', 'wsrep_cluster_size')"
)
_VARIABLES = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('read_only', 'group_replication_group_name')"
_ENGINE = text("""
SELECT engine FROM information_schema.tables WHERE table_schema = :schema AND table_name = :name
""")
_SEEN_ENGINES = frozenset(
    {"innodb", "myisam", "mrg_myisam", "aria", "memory", "csv", "archive", "blackhole", "sequence"}
)
"""InnoDB's transactions are listed, and the others have none: their rows are there at once."""
_NAME = r"`(?:[^`]|``)+`"
_PAIR = re.compile(rf"({_NAME})\.({_NAME})")


def unseen_relations(connection: Connection, statement: Select[Any], family: str) -> list[str]:
    """Name the relations of a query, and the server, whose rows appear without a listed transaction."""
    match family:
        case "postgresql":
            return _postgresql(connection, statement)
        case "mysql":
            return [*_servers(connection), *_tables(connection, statement)]
        case _:
            return []


def _postgresql(connection: Connection, statement: Select[Any]) -> list[str]:
    plan = connection.execute(Explain(statement, "EXPLAIN (VERBOSE, FORMAT JSON) ")).scalar_one()
    document = plan if isinstance(plan, list) else json.loads(plan)
    is_standby = connection.exec_driver_sql("SELECT pg_catalog.pg_is_in_recovery()").scalar_one()
    found = [_("standby server")] if is_standby else []
    for schema, name in dict.fromkeys(_relations(document)):
        rows = connection.execute(_RELATIONS, {"schema": schema, "name": name})
        for shown, kind, is_subscribed in rows:
            what = _(_UNSEEN_KINDS.get(kind, "")) or (_("table of a subscription") if is_subscribed else "")
            found += [f"{what} {shown}"] if what else []
    return found


def _relations(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        if "Relation Name" in node and "Schema" in node:
            yield str(node["Schema"]), str(node["Relation Name"])
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from _relations(one)


def _servers(connection: Connection) -> list[str]:
    """Whether others than this server's own sessions bring rows to it.

    MySQL 8 tells of its replication only those who may read performance_schema; a replica of it is known by
    `read_only`, as they should be run.
    """
    asked = [*connection.exec_driver_sql(_STATUS), *connection.exec_driver_sql(_VARIABLES)]
    facts = {str(name).lower(): str(value).lower() for name, value in asked}
    is_replica = "on" in (facts.get("slave_running"), facts.get("read_only"))
    is_replica = is_replica or facts.get("slaves_running", "0") != "0"
    nodes = facts.get("wsrep_cluster_size", "0")
    is_cluster = (nodes.isdigit() and int(nodes) > 1) or bool(facts.get("group_replication_group_name"))
    return [_("replica")] * is_replica + [_("node of a cluster")] * is_cluster


def _tables(connection: Connection, statement: Select[Any]) -> list[str]:
    """The tables of engines whose transactions are not listed; through views, by the rewritten statement."""
    is_mariadb = getattr(connection.dialect, "is_mariadb", False)
    connection.execute(Explain(statement, "EXPLAIN EXTENDED " if is_mariadb else "EXPLAIN ")).all()
    notes = [str(row[-1]) for row in connection.exec_driver_sql("SHOW WARNINGS")]
    found = []
    for schema, name in dict.fromkeys(pair.groups() for note in notes for pair in _PAIR.finditer(note)):
        asked = {"schema": _unquoted(schema), "name": _unquoted(name)}
        for engine in connection.execute(_ENGINE, asked).scalars():
            if engine and str(engine).lower() not in _SEEN_ENGINES:
                what = _("table of the engine {engine}").format(engine=engine)
                found.append(f"{what} {asked['schema']}.{asked['name']}")
    return found


def _unquoted(name: str) -> str:
    return name[1:-1].replace("``", "`")
