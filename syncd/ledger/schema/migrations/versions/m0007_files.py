"""What came after the releases 0001 and 0002: delivered keys in files, outcomes, totals, dropped rejects.

Delivered keys have no row each any more: the files of the uploads hold them, with an index of codes over
them. What was delivered is carried over: uploads whose file is still there become as if made by this
version. Of older ones only the keys are left; they go to `passed` and count as delivered, whatever their
rows say. `deliveries` stays for SELECT, as a view. Lines are packed with Zstandard from this version on;
older ones stay.
"""

from __future__ import annotations

import zlib

import numpy as np
import sqlalchemy as sa
from alembic import op

from syncd.ledger.types import Moment, Name, Number
from syncd.model.key_codes import codes_of

revision = "0007"
down_revision = "0002"
branch_labels = None
depends_on = None

DELIVERED = ("accepted", "processed", "unlinked")
BLOCK = 2048
FIGURES = ("uploads", "rows", "rows_told", "linked", "gained", "user_not_found", "goal_not_found")
SETTLED = "state NOT IN ('planned', 'sending')"
TOLD = "state IN ('processed', 'unlinked') AND origin <> 'resend' AND linked IS NOT NULL"


def upgrade() -> None:
    """Make tables, columns and indexes, carry over what was delivered, drop what is no longer used."""
    options = op.get_context().opts
    prefix: str = options["syncd_prefix"]
    schema: str | None = options["syncd_schema"]
    _create_files(prefix, schema)
    metadata = sa.MetaData(schema=schema)
    tables = {
        name: sa.Table(f"{prefix}{name}", metadata, autoload_with=op.get_bind(), resolve_fks=False)
        for name in ("uploads", "payloads", "deliveries", "files", "key_runs", "key_blocks", "passed")
    }
    _carry_over(tables)
    op.drop_table(f"{prefix}payloads", schema=schema)
    op.drop_table(f"{prefix}deliveries", schema=schema)
    op.execute(_view(prefix, schema))
    _extend_uploads(prefix, schema)
    _create_outcomes(prefix, schema)
    _extend_rejects(prefix, schema)
    for column in (sa.Column("floor", sa.Text), sa.Column("begun_after", Number)):
        op.add_column(f"{prefix}marks", column, schema=schema)


def _index(table: str, name: str, columns: list[str], schema: str | None, condition: str) -> None:
    """Create an index over the rows of which the condition holds."""
    where = sa.text(condition)
    op.create_index(
        f"{table}_{name}", table, columns, schema=schema, sqlite_where=where, postgresql_where=where
    )


def _create_files(prefix: str, schema: str | None) -> None:
    target = f"{schema}.{prefix}uploads.id" if schema else f"{prefix}uploads.id"
    op.create_table(
        f"{prefix}files",
        sa.Column(
            "upload_id",
            Number,
            sa.ForeignKey(target, name=f"{prefix}files_upload"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("keys", sa.Text, nullable=False),
        sa.Column("lines", sa.LargeBinary, nullable=False),
        schema=schema,
    )
    runs = f"{prefix}key_runs"
    op.create_table(
        runs,
        sa.Column("id", Number, primary_key=True, autoincrement=True),
        sa.Column("query", Name, nullable=False),
        sa.Column("tier", sa.Integer, nullable=False),
        *(sa.Column(name, Number, nullable=False) for name in ("size", "first", "last", "newest_upload")),
        schema=schema,
        sqlite_autoincrement=True,
    )
    op.create_index(f"{runs}_query", runs, ["query", "tier"], schema=schema)
    op.create_table(
        f"{prefix}key_blocks",
        sa.Column("run_id", Number, primary_key=True, autoincrement=False),
        sa.Column("last", Number, primary_key=True, autoincrement=False),
        sa.Column("first", Number, nullable=False),
        sa.Column("codes", sa.LargeBinary, nullable=False),
        sa.Column("uploads", sa.LargeBinary, nullable=False),
        schema=schema,
    )
    op.create_table(
        f"{prefix}passed",
        sa.Column("query", Name, primary_key=True),
        sa.Column("key", Name, primary_key=True),
        sa.Column("upload_id", Number),
        schema=schema,
        sqlite_with_rowid=False,
    )
    _index(f"{prefix}passed", "upload", ["upload_id"], schema, "upload_id IS NOT NULL")


def _carry_over(tables: dict[str, sa.Table]) -> None:
    connection = op.get_bind()
    uploads, payloads, deliveries = tables["uploads"], tables["payloads"], tables["deliveries"]
    for upload_id in connection.execute(sa.select(payloads.c.upload_id)).scalars().all():
        row = connection.execute(
            sa.select(uploads.c.query, uploads.c.state, payloads.c["keys"].label("packed"), payloads.c.lines)
            .join(payloads, payloads.c.upload_id == uploads.c.id)
            .where(uploads.c.id == upload_id)
        ).one()
        names = zlib.decompress(row.packed).decode()
        file = {"upload_id": upload_id, "keys": names, "lines": row.lines}
        connection.execute(sa.insert(tables["files"]).values(file))
        if row.state in DELIVERED:
            _index_keys(tables, row.query, names.split("\n"), upload_id)
    gone = deliveries.c.upload_id.is_(None) | deliveries.c.upload_id.not_in(sa.select(payloads.c.upload_id))
    kept = sa.select(deliveries.c.query, deliveries.c["key"], deliveries.c.upload_id).where(gone)
    connection.execute(sa.insert(tables["passed"]).from_select(["query", "key", "upload_id"], kept))


def _index_keys(tables: dict[str, sa.Table], query: str, keys: list[str], upload_id: int) -> None:
    """Write one run of blocks, as `syncd.ledger.key_index` makes them; equal codes stay in one block."""
    connection, runs = op.get_bind(), tables["key_runs"]
    codes = np.sort(codes_of(keys))
    run = {"query": query, "tier": 0, "size": len(codes), "newest_upload": upload_id}
    run |= {"first": int(codes[0]), "last": int(codes[-1])}
    run_id = connection.execute(sa.insert(runs).values(run).returning(runs.c.id)).scalar_one()
    start = 0
    while start < len(codes):
        end = min(start + BLOCK, len(codes))
        end = int(np.searchsorted(codes, codes[end - 1], "right"))
        block = {
            "run_id": run_id,
            "last": int(codes[end - 1]),
            "first": int(codes[start]),
            "codes": codes[start:end].tobytes(),
            "uploads": zlib.compress(np.full(end - start, upload_id, np.int64).tobytes(), 1),
        }
        connection.execute(sa.insert(tables["key_blocks"]).values(block))
        start = end


def _view(prefix: str, schema: str | None) -> str:
    """Tell of every delivered key by which upload: more than one line for one that was sent again."""
    if schema:
        keys = "unnest(string_to_array(f.keys, E'\\n')) AS k (key)"
        quoted = op.get_bind().dialect.identifier_preparer.quote(schema)
        names = {name: f"{quoted}.{name}" for name in ("deliveries", "uploads", "files", "passed")}
        value = "k.key"
    else:
        # Each key is itself JSON, so keys joined by commas are a JSON array of them.
        keys = "json_each('[' || replace(f.keys, char(10), ',') || ']') AS k"
        names = {name: f"{prefix}{name}" for name in ("deliveries", "uploads", "files", "passed")}
        value = "k.value"
    return (
        f"CREATE VIEW {names['deliveries']} AS"  # noqa: S608 — names of our own
        f" SELECT u.query, {value} AS key, u.id AS upload_id, u.settled_at AS delivered_at"
        f" FROM {names['uploads']} AS u JOIN {names['files']} AS f ON f.upload_id = u.id CROSS JOIN {keys}"
        f" WHERE u.state IN {DELIVERED}"
        f" UNION ALL SELECT query, key, upload_id, NULL FROM {names['passed']}"
    )


def _extend_uploads(prefix: str, schema: str | None) -> None:
    """Add what became of uploads over time, and each query's uploads in figures."""
    uploads = f"{prefix}uploads"
    for column in (
        sa.Column("old_rows", Number),
        sa.Column("dropped", Number),
        sa.Column("again_at", Moment),
        sa.Column("gained", Number),
    ):
        op.add_column(uploads, column, schema=schema)
    for name, columns, condition in (
        ("old", ["query", "settled_at"], "old_rows > 0"),
        ("dropped", ["query", "settled_at"], "dropped > 0"),
        ("unlinked", ["query", "settled_at"], "linked < rows"),
    ):
        _index(uploads, name, columns, schema, condition)
    op.create_table(
        f"{prefix}totals",
        sa.Column("query", Name, primary_key=True),
        *(sa.Column(name, Number, nullable=False) for name in FIGURES),
        schema=schema,
    )
    place = f"{op.get_bind().dialect.identifier_preparer.quote(schema)}." if schema else prefix
    op.execute(added_up(place))
    op.drop_index(f"{uploads}_sums", uploads, schema=schema)


def added_up(place: str) -> str:
    """Write one line for each query that has uploads; `place` is what tables' names begin with."""
    told = "".join(
        f", sum(CASE WHEN {TOLD} THEN coalesce({name}, 0) ELSE 0 END)"
        for name in ("rows", "linked", "gained", "user_not_found", "goal_not_found")
    )
    return (
        f"INSERT INTO {place}totals (query, {', '.join(FIGURES)})"  # noqa: S608 — names of our own
        f" SELECT query, sum(CASE WHEN {SETTLED} THEN 1 ELSE 0 END),"
        f" sum(CASE WHEN state IN {DELIVERED} AND origin <> 'resend' THEN rows ELSE 0 END)"
        f"{told} FROM {place}uploads GROUP BY query"
    )


def _create_outcomes(prefix: str, schema: str | None) -> None:
    """Create the tables of days, alarms and quotas."""
    links = ("uploads", "rows", "linked", "gained", "user_not_found", "goal_not_found")
    op.create_table(
        f"{prefix}match_days",
        sa.Column("query", Name, primary_key=True),
        sa.Column("day", Name, primary_key=True),
        *(sa.Column(name, Number, nullable=False) for name in links),
        schema=schema,
    )
    op.create_table(
        f"{prefix}match_alarms",
        sa.Column("query", Name, primary_key=True),
        sa.Column("since", Moment, nullable=False),
        sa.Column("past", sa.Float, nullable=False),
        schema=schema,
    )
    op.create_table(
        f"{prefix}quotas",
        sa.Column("login", Name, primary_key=True),
        sa.Column("day", Name, nullable=False),
        sa.Column("spent", Number, nullable=False),
        schema=schema,
    )
    op.create_table(
        f"{prefix}refusals",
        sa.Column("login", Name, primary_key=True),
        sa.Column("counter", Number, primary_key=True, autoincrement=False),
        sa.Column("day", Name, nullable=False),
        schema=schema,
    )


def _extend_rejects(prefix: str, schema: str | None) -> None:
    """Keep rejects that a person dropped; the indexes behind lists and counts leave them out."""
    rejects = f"{prefix}rejects"
    op.add_column(rejects, sa.Column("dropped_at", Moment), schema=schema)
    for name in ("query", "reason"):
        op.drop_index(f"{rejects}_{name}", rejects, schema=schema)
    here, dropped = "dropped_at IS NULL", "dropped_at IS NOT NULL"
    _index(rejects, "query", ["query", "id"], schema, here)
    _index(rejects, "reason", ["query", "reason"], schema, here)
    _index(rejects, "dropped", ["query", "id"], schema, dropped)
    _index(rejects, "dropped_at", ["dropped_at"], schema, dropped)
