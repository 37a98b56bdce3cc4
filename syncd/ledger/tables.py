"""The tables of the state store as this version of syncd knows them; docs/state.md explains each column."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

from syncd.ledger import control_tables, outcome_tables
from syncd.ledger.types import Moment, Name, Number
from syncd.model import Origin, UploadState

UNSETTLED = (UploadState.PLANNED, UploadState.SENDING)
"""The states of uploads that are not settled: Metrica has the first certainly not, the second perhaps."""


def is_unsettled(state: Column[Any]) -> ColumnElement[bool]:
    """The condition of uploads that are not settled; in these words, SQLite finds them by their index."""
    return state.in_([literal_column(repr(one.value)) for one in UNSETTLED])


def partial_index(name: str, *columns: Column[Any], where: ColumnElement[bool]) -> None:
    """Make an index of some rows. SQLAlchemy loads each dialect that is named: a twentieth of a start."""
    if columns[0].table.schema is None:
        Index(name, *columns, sqlite_where=where)
    else:
        Index(name, *columns, postgresql_where=where)


def one_of(column: str, values: type[UploadState | Origin]) -> str:
    """The SQL condition that a column holds a member of a closed list."""
    return f"{column} IN ({', '.join(repr(value.value) for value in values)})"


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables; in SQLite their names begin with `syncd_`, in PostgreSQL they stand in a schema."""

    metadata: MetaData
    marks: Table
    uploads: Table
    files: Table
    key_runs: Table
    key_blocks: Table
    passed: Table
    rejects: Table
    waiting: Table
    runs: Table
    leases: Table
    daemons: Table
    totals: Table
    match_days: Table
    match_alarms: Table
    quotas: Table
    refusals: Table
    destinations: Table
    pauses: Table
    triggers: Table
    alerts: Table
    outlying_rows: Table
    counters: Table
    lists_compared: Table
    probe_answers: Table


@lru_cache(maxsize=8)
def tables(prefix: str, schema: str | None) -> Tables:
    """The tables under these names, made once: nobody changes them.

    Args:
        prefix: Put before every table's and index's name; empty in PostgreSQL.
        schema: PostgreSQL's schema; None in SQLite.
    """
    metadata = MetaData(schema=schema)
    return Tables(
        metadata=metadata,
        marks=_marks(metadata, prefix),
        uploads=_uploads(metadata, prefix),
        files=_files(metadata, prefix, schema),
        key_runs=_key_runs(metadata, prefix),
        key_blocks=_key_blocks(metadata, prefix),
        passed=_passed(metadata, prefix),
        rejects=_rejects(metadata, prefix),
        waiting=_waiting(metadata, prefix),
        runs=_runs(metadata, prefix),
        leases=_leases(metadata, prefix),
        daemons=_daemons(metadata, prefix),
        totals=outcome_tables.totals(metadata, prefix),
        match_days=outcome_tables.match_days(metadata, prefix),
        match_alarms=outcome_tables.match_alarms(metadata, prefix),
        quotas=outcome_tables.quotas(metadata, prefix),
        refusals=outcome_tables.refusals(metadata, prefix),
        destinations=control_tables.destinations(metadata, prefix),
        pauses=control_tables.pauses(metadata, prefix),
        triggers=control_tables.triggers(metadata, prefix),
        alerts=control_tables.alerts(metadata, prefix),
        outlying_rows=control_tables.outlying_rows(metadata, prefix),
        counters=control_tables.counters(metadata, prefix),
        lists_compared=control_tables.lists_compared(metadata, prefix),
        probe_answers=control_tables.probe_answers(metadata, prefix),
    )


def _marks(metadata: MetaData, prefix: str) -> Table:
    return Table(
        f"{prefix}marks",
        metadata,
        Column("query", Name, primary_key=True),
        Column("mark", Text),
        Column("safe", Text),
        Column("waits_for", Text, nullable=False),
        Column("fingerprint", Text, nullable=False),
        Column("updated_at", Moment, nullable=False),
        Column("floor", Text),
        Column("begun_after", Number),
        Column("went_back", Text),
    )


def _uploads(metadata: MetaData, prefix: str) -> Table:
    table = Table(
        f"{prefix}uploads",
        metadata,
        Column("id", Number, primary_key=True, autoincrement=True),
        Column("tag", Name, nullable=False),
        Column("query", Name, nullable=False),
        Column("counter", Number, nullable=False),
        Column("state", Name, nullable=False),
        Column("origin", Name, nullable=False),
        Column("rows", Integer, nullable=False),
        Column("header", Text, nullable=False),
        Column("mark", Text),
        Column("parent_id", Number),
        Column("root_id", Number),
        Column("attempts", Integer, nullable=False),
        Column("created_at", Moment, nullable=False),
        Column("sent_at", Moment),
        Column("settled_at", Moment),
        Column("metrica_id", Number),
        Column("metrica_status", Text),
        Column("source_quantity", Number),
        Column("line_quantity", Number),
        Column("linked", Number),
        Column("user_not_found", Number),
        Column("goal_not_found", Number),
        Column("checked_at", Moment),
        Column("detail", Text, nullable=False),
        Column("old_rows", Number),
        Column("dropped", Number),
        Column("again_at", Moment),
        Column("gained", Number),
        Column("api_url", Text),
        Column("kind", Name, nullable=False, server_default="conversions"),
        UniqueConstraint("tag", name=f"{prefix}uploads_tag"),
        CheckConstraint(one_of("state", UploadState), name=f"{prefix}uploads_state"),
        CheckConstraint(one_of("origin", Origin), name=f"{prefix}uploads_origin"),
        sqlite_autoincrement=True,
    )
    column = table.c
    Index(f"{prefix}uploads_query", column.query, column.id)
    partial_index(f"{prefix}uploads_unsettled", column.query, column.state, where=is_unsettled(column.state))
    for name, of_interest in (
        ("followed", column.state == UploadState.ACCEPTED.value),
        ("old", column.old_rows > 0),
        ("dropped", column.dropped > 0),
        ("unlinked", column.linked < column.rows),
    ):
        partial_index(f"{prefix}uploads_{name}", column.query, column.settled_at, where=of_interest)
    return table


def _files(metadata: MetaData, prefix: str, schema: str | None) -> Table:
    target = f"{schema}.{prefix}uploads.id" if schema else f"{prefix}uploads.id"
    return Table(
        f"{prefix}files",
        metadata,
        Column(
            "upload_id",
            Number,
            ForeignKey(target, name=f"{prefix}files_upload"),
            primary_key=True,
            autoincrement=False,
        ),
        Column("keys", Text, nullable=False),
        Column("lines", LargeBinary, nullable=False),
    )


def _key_runs(metadata: MetaData, prefix: str) -> Table:
    table = Table(
        f"{prefix}key_runs",
        metadata,
        Column("id", Number, primary_key=True, autoincrement=True),
        Column("query", Name, nullable=False),
        Column("tier", Integer, nullable=False),
        Column("size", Number, nullable=False),
        Column("first", Number, nullable=False),
        Column("last", Number, nullable=False),
        Column("newest_upload", Number, nullable=False),
        Column("subject", Name, nullable=False, server_default="key"),
        Column("filter", LargeBinary),
        sqlite_autoincrement=True,
    )
    Index(f"{prefix}key_runs_query", table.c.query, table.c.subject, table.c.tier)
    return table


def _key_blocks(metadata: MetaData, prefix: str) -> Table:
    return Table(
        f"{prefix}key_blocks",
        metadata,
        Column("run_id", Number, primary_key=True, autoincrement=False),
        Column("last", Number, primary_key=True, autoincrement=False),
        Column("first", Number, nullable=False),
        Column("codes", LargeBinary, nullable=False),
        Column("uploads", LargeBinary, nullable=False),
    )


def _passed(metadata: MetaData, prefix: str) -> Table:
    table = Table(
        f"{prefix}passed",
        metadata,
        Column("query", Name, primary_key=True),
        Column("key", Name, primary_key=True),
        Column("upload_id", Number),
        sqlite_with_rowid=False,
    )
    partial_index(f"{prefix}passed_upload", table.c.upload_id, where=table.c.upload_id.is_not(None))
    return table


def _rejects(metadata: MetaData, prefix: str) -> Table:
    table = Table(
        f"{prefix}rejects",
        metadata,
        Column("id", Number, primary_key=True, autoincrement=True),
        Column("query", Name, nullable=False),
        Column("key", Name, nullable=False),
        Column("reason", Name, nullable=False),
        Column("column", Text, nullable=False),
        Column("value", Text, nullable=False),
        Column("row", Text, nullable=False),
        Column("detail", Text, nullable=False),
        Column("upload_id", Number),
        Column("created_at", Moment, nullable=False),
        Column("retry_at", Moment),
        Column("dropped_at", Moment),
        UniqueConstraint("query", "key", name=f"{prefix}rejects_key"),
        sqlite_autoincrement=True,
    )
    here, dropped = table.c.dropped_at.is_(None), table.c.dropped_at.is_not(None)
    for name, columns, of_interest in (
        ("query", (table.c.query, table.c.id), here),
        ("reason", (table.c.query, table.c.reason), here),
        ("retry", (table.c.query, table.c.id), table.c.retry_at.is_not(None)),
        ("dropped", (table.c.query, table.c.id), dropped),
        ("dropped_at", (table.c.dropped_at,), dropped),
        ("values", (table.c.created_at,), has_values(table)),
    ):
        partial_index(f"{prefix}rejects_{name}", *columns, where=of_interest)
    return table


def has_values(rejects: Table) -> ColumnElement[bool]:
    """Select the rejects whose values are still kept; written without a bound value, as the index is."""
    return rejects.c.row != literal_column("''")


def _waiting(metadata: MetaData, prefix: str) -> Table:
    table = Table(
        f"{prefix}waiting",
        metadata,
        Column("query", Name, primary_key=True),
        Column("key", Name, primary_key=True),
        Column("due", Number, nullable=False),
        Column("header", Text, nullable=False),
        Column("line", Text, nullable=False),
        Column("created_at", Moment, nullable=False),
    )
    Index(f"{prefix}waiting_due", table.c.query, table.c.due)
    return table


def _runs(metadata: MetaData, prefix: str) -> Table:
    return Table(
        f"{prefix}runs",
        metadata,
        Column("query", Name, primary_key=True),
        Column("started_at", Moment),
        Column("finished_at", Moment),
        Column("ok_at", Moment),
        Column("failures", Integer, nullable=False),
        Column("error_code", Text, nullable=False),
        Column("error", Text, nullable=False),
        Column("action", Text, nullable=False),
        Column("halted", Boolean, nullable=False),
        Column("read", Number, nullable=False),
        Column("known", Number, nullable=False),
        Column("uploaded", Number, nullable=False),
        Column("uploads", Number, nullable=False),
        Column("rejected", Number, nullable=False),
        Column("waiting", Number, nullable=False),
        Column("newest_at", Moment),
    )


def _leases(metadata: MetaData, prefix: str) -> Table:
    return Table(
        f"{prefix}leases",
        metadata,
        Column("query", Name, primary_key=True),
        Column("owner", Text, nullable=False),
        Column("epoch", Number, nullable=False),
        Column("expires_at", Moment, nullable=False),
    )


def _daemons(metadata: MetaData, prefix: str) -> Table:
    return Table(
        f"{prefix}daemons",
        metadata,
        Column("owner", Name, primary_key=True),
        Column("queries", Text, nullable=False),
        Column("expires_at", Moment, nullable=False),
    )
