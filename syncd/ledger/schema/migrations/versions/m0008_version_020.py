"""Everything that version 0.2.0 adds: where rows went, kinds, control, alerts, what Metrica was asked."""

from __future__ import annotations

import zlib

import numpy as np
import sqlalchemy as sa
from alembic import op

from syncd.ledger.packing import unpacked
from syncd.ledger.types import Moment, Name, Number
from syncd.model.conversion_codes import conversion_codes
from syncd.model.keys import split_of, tells_conversion

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BLOCK = 2048
LONGEST_RUN = 250_000
FINISHED = 100


def upgrade() -> None:
    """Add columns and tables; nothing that is there changes but the index over runs of codes."""
    names = op.get_context().opts
    prefix: str = names["syncd_prefix"]
    schema: str | None = names["syncd_schema"]
    op.add_column(f"{prefix}marks", sa.Column("went_back", sa.Text), schema=schema)
    _extend_uploads(prefix, schema)
    _index_conversions(prefix, schema)
    _create_destinations(prefix, schema)
    _create_control(prefix, schema)
    _create_memory(prefix, schema)
    _index_values(prefix, schema)


def _extend_uploads(prefix: str, schema: str | None) -> None:
    op.add_column(f"{prefix}uploads", sa.Column("api_url", sa.Text), schema=schema)
    kind = sa.Column("kind", Name, nullable=False, server_default="conversions")
    op.add_column(f"{prefix}uploads", kind, schema=schema)
    runs = f"{prefix}key_runs"
    subject = sa.Column("subject", Name, nullable=False, server_default="key")
    op.add_column(runs, subject, schema=schema)
    op.add_column(runs, sa.Column("filter", sa.LargeBinary), schema=schema)
    op.drop_index(f"{runs}_query", runs, schema=schema)
    op.create_index(f"{runs}_query", runs, ["query", "subject", "tier"], schema=schema)


def _index_conversions(prefix: str, schema: str | None) -> None:
    """Index the conversions of the files that were delivered, in runs of some hundred thousand."""
    connection, metadata = op.get_bind(), sa.MetaData(schema=schema)
    uploads, files, runs, blocks = (
        sa.Table(f"{prefix}{name}", metadata, autoload_with=connection, resolve_fks=False)
        for name in ("uploads", "files", "key_runs", "key_blocks")
    )
    delivered = uploads.c.state.in_(["accepted", "processed", "unlinked"]) & (uploads.c.origin != "resend")
    asked = sa.select(uploads.c.id, uploads.c.query, uploads.c.header).where(delivered)
    codes, holders, size = list[np.ndarray](), list[np.ndarray](), 0
    query = ""
    for upload in connection.execute(asked.order_by(uploads.c.query, uploads.c.id)).all():
        if codes and (upload.query != query or size >= LONGEST_RUN):
            _write_run(runs, blocks, query, np.concatenate(codes), np.concatenate(holders))
            codes, holders, size = [], [], 0
        query = upload.query
        lines = connection.execute(sa.select(files.c.lines).where(files.c.upload_id == upload.id)).scalar()
        if lines is not None and tells_conversion(upload.header):
            codes.append(conversion_codes(unpacked(lines), split_of(upload.header).changing))
            holders.append(np.full(len(codes[-1]), upload.id, np.int64))
            size += len(codes[-1])
    if codes:
        _write_run(runs, blocks, query, np.concatenate(codes), np.concatenate(holders))


def _write_run(runs: sa.Table, blocks: sa.Table, query: str, codes: np.ndarray, uploads: np.ndarray) -> None:
    """Write one run of blocks that is merged no more; equal codes stay in one block."""
    connection, order = op.get_bind(), np.argsort(codes, kind="stable")
    codes, uploads = codes[order], uploads[order]
    run = {"query": query, "subject": "conversion", "tier": FINISHED, "size": len(codes)}
    run |= {"first": int(codes[0]), "last": int(codes[-1]), "newest_upload": int(uploads.max())}
    run_id = connection.execute(sa.insert(runs).values(run).returning(runs.c.id)).scalar_one()
    start = 0
    while start < len(codes):
        end = int(np.searchsorted(codes, codes[min(start + BLOCK, len(codes)) - 1], "right"))
        block = {
            "run_id": run_id,
            "last": int(codes[end - 1]),
            "first": int(codes[start]),
            "codes": codes[start:end].tobytes(),
            "uploads": zlib.compress(uploads[start:end].tobytes(), 1),
        }
        connection.execute(sa.insert(blocks).values(block))
        start = end


def _create_destinations(prefix: str, schema: str | None) -> None:
    """Create the table of where each query's rows went; older stores know the counter alone."""
    op.create_table(
        f"{prefix}destinations",
        sa.Column("query", Name, primary_key=True),
        sa.Column("api_url", sa.Text),
        sa.Column("counter", Number, nullable=False),
        sa.Column("uploads_elsewhere", Number),
        sa.Column("decided_at", Moment),
        schema=schema,
    )
    place = f"{op.get_bind().dialect.identifier_preparer.quote(schema)}." if schema else prefix
    op.execute(  # S608: the names are our own prefix, or a schema that is quoted
        f"INSERT INTO {place}destinations (query, counter) SELECT query, counter FROM {place}uploads"  # noqa: S608
        f" WHERE id IN (SELECT max(id) FROM {place}uploads GROUP BY query)"
    )


def _create_control(prefix: str, schema: str | None) -> None:
    """Create the tables of what people ask of queries, and of what they were told."""
    op.create_table(
        f"{prefix}pauses",
        sa.Column("query", Name, primary_key=True),
        sa.Column("since", Moment, nullable=False),
        sa.Column("until", Moment),
        sa.Column("asked_by", sa.Text, nullable=False),
        schema=schema,
    )
    op.create_table(
        f"{prefix}triggers",
        sa.Column("query", Name, primary_key=True),
        sa.Column("asked_at", Moment, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        schema=schema,
    )
    op.create_table(
        f"{prefix}alerts",
        sa.Column("query", Name, primary_key=True),
        sa.Column("trouble", Name, primary_key=True),
        sa.Column("since", Moment, nullable=False),
        sa.Column("told_at", Moment),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("is_over", sa.Boolean, nullable=False),
        sa.Column("is_owed", sa.Boolean, nullable=False),
        schema=schema,
    )


def _create_memory(prefix: str, schema: str | None) -> None:
    """Create the tables of what was seen at the source and asked of Metrica."""
    op.create_table(
        f"{prefix}outlying_rows",
        sa.Column("query", Name, primary_key=True),
        sa.Column("key", Name, primary_key=True),
        sa.Column("mark", sa.Text, nullable=False),
        sa.Column("seen_at", Moment, nullable=False),
        schema=schema,
    )
    op.create_table(
        f"{prefix}counters",
        sa.Column("api_url", Name, primary_key=True),
        sa.Column("counter", Number, primary_key=True, autoincrement=False),
        sa.Column("time_zone", sa.Text, nullable=False),
        sa.Column("asked_at", Moment, nullable=False),
        schema=schema,
    )
    op.create_table(
        f"{prefix}lists_compared",
        sa.Column("api_url", Name, primary_key=True),
        sa.Column("counter", Number, primary_key=True, autoincrement=False),
        sa.Column("entries", Number, nullable=False),
        sa.Column("newest_id", Number, nullable=False),
        sa.Column("compared_at", Moment, nullable=False),
        schema=schema,
    )
    op.create_table(
        f"{prefix}probe_answers",
        sa.Column("api_url", Name, primary_key=True),
        sa.Column("counter", Number, primary_key=True, autoincrement=False),
        sa.Column("question", Name, primary_key=True),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("raw", sa.Text, nullable=False),
        sa.Column("asked_at", Moment, nullable=False),
        schema=schema,
    )


def _index_values(prefix: str, schema: str | None) -> None:
    """Index the rejects whose values are still kept, by age."""
    name, kept = f"{prefix}rejects", sa.text("\"row\" != ''")
    op.create_index(
        f"{name}_values", name, ["created_at"], schema=schema, sqlite_where=kept, postgresql_where=kept
    )
