"""EXPLAIN of the page query, and whether it looks like an index at work: best effort, for `syncd check`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.expression import Executable

from syncd.source.families import family

_PREFIX = {
    "postgresql": "EXPLAIN ",
    "mysql": "EXPLAIN ",
    "sqlite": "EXPLAIN QUERY PLAN ",
}
_SMALL = 1000
"""Rows below which a full scan says nothing about what MariaDB would do with more."""


class Explain(Executable, ClauseElement):
    """EXPLAIN of a statement, with the statement's own bound values."""

    inherit_cache = False

    def __init__(self, statement: Select[Any], prefix: str) -> None:
        self.statement = statement
        self.prefix = prefix


@compiles(Explain)
def _compile(element: Explain, compiler: Any, **keywords: Any) -> str:
    return f"{element.prefix}{compiler.process(element.statement, **keywords)}"


def plan_text(connection: Connection, statement: Select[Any], *, forced: bool) -> str | None:
    """The plan, one line per step, columns by tabs; None where EXPLAIN is not known.

    `forced` asks PostgreSQL what it would do were full scans and sorts expensive, which shows on a small
    table whether an index could serve; it holds for this transaction alone.
    """
    name = family(connection.dialect.name)
    if name not in _PREFIX:
        return None
    if forced and name == "postgresql":
        connection.exec_driver_sql(
            "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true),"
            " set_config('enable_bitmapscan', 'off', true)"
        )
    result = connection.execute(Explain(statement, _PREFIX[name]))
    lines = ["\t".join("" if value is None else str(value) for value in row) for row in result]
    if name == "mysql":
        lines.insert(0, "\t".join(result.keys()))
    return "\n".join(lines)


def serves(dialect: str, plan: str) -> bool | None:
    """Whether a plan of `plan_text(forced=True)` reads by an index, in order; None if it does not show."""
    if dialect == "postgresql":
        if "Index Scan" not in plan and "Index Only Scan" not in plan:
            return False
        return not any(line.strip().startswith(("->  Sort", "Sort  ")) for line in plan.splitlines())
    if dialect == "sqlite":
        if "USE TEMP B-TREE FOR ORDER BY" in plan:
            return False
        return (
            True if "USING INDEX" in plan or "USING COVERING INDEX" in plan or "PRIMARY KEY" in plan else None
        )
    return _mysql_serves(plan)


def _mysql_serves(plan: str) -> bool | None:
    lines = [line.split("\t") for line in plan.splitlines()]
    steps = [dict(zip(lines[0], line, strict=False)) for line in lines[1:]]
    real = [step for step in steps if not step.get("table", "").startswith("<")]
    if not real:
        return None
    sorts = any("filesort" in step.get("Extra", "") for step in steps)
    if real[0].get("type") in {"range", "ref", "index", "eq_ref"} and not sorts:
        return True
    rows = real[0].get("rows", "0")
    return False if rows.isdigit() and int(rows) > _SMALL else None
