"""Everything that version 0.2.0 adds: where rows went, kinds, control, alerts, what Metrica was asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from syncd.ledger.types import Moment, Name, Number

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and tables; nothing that is there changes but the index over runs of codes."""
    names = op.get_context().opts
    prefix: str = names["syncd_prefix"]
    schema: str | None = names["syncd_schema"]
    _extend_uploads(prefix, schema)
    _create_destinations(prefix, schema)
    _create_control(prefix, schema)
    _create_memory(prefix, schema)


def _extend_uploads(prefix: str, schema: str | None) -> None:
    op.add_column(f"{prefix}uploads", sa.Column("api_url", sa.Text), schema=schema)
    kind = sa.Column("kind", Name, nullable=False, server_default="conversions")
    op.add_column(f"{prefix}uploads", kind, schema=schema)
    runs = f"{prefix}key_runs"
    subject = sa.Column("subject", Name, nullable=False, server_default="key")
    op.add_column(runs, subject, schema=schema)
    op.drop_index(f"{runs}_query", runs, schema=schema)
    op.create_index(f"{runs}_query", runs, ["query", "subject", "tier"], schema=schema)


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
    op.execute(
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
