"""The first schema: marks, uploads with their payloads, deliveries, rejects, waiting rows, runs, leases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from syncd.ledger.types import Moment, Name, Number

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATES = "'planned', 'sending', 'accepted', 'processed', 'unlinked', 'split', 'refused'"
ORIGINS = "'query', 'waiting', 'retry', 'resend'"


def upgrade() -> None:
    """Create everything."""
    names = op.get_context().opts
    prefix: str = names["syncd_prefix"]
    schema: str | None = names["syncd_schema"]
    _create_uploads(prefix, schema)
    _create_rows(prefix, schema)
    _create_queries(prefix, schema)


def _create_uploads(prefix: str, schema: str | None) -> None:
    uploads = f"{prefix}uploads"
    op.create_table(
        uploads,
        sa.Column("id", Number, primary_key=True, autoincrement=True),
        sa.Column("tag", Name, nullable=False),
        sa.Column("query", Name, nullable=False),
        sa.Column("counter", Number, nullable=False),
        sa.Column("state", Name, nullable=False),
        sa.Column("origin", Name, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("header", sa.Text, nullable=False),
        sa.Column("mark", sa.Text),
        sa.Column("parent_id", Number),
        sa.Column("root_id", Number),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("sent_at", Moment),
        sa.Column("settled_at", Moment),
        sa.Column("metrica_id", Number),
        sa.Column("metrica_status", sa.Text),
        sa.Column("source_quantity", Number),
        sa.Column("line_quantity", Number),
        sa.Column("linked", Number),
        sa.Column("user_not_found", Number),
        sa.Column("goal_not_found", Number),
        sa.Column("checked_at", Moment),
        sa.Column("detail", sa.Text, nullable=False),
        sa.UniqueConstraint("tag", name=f"{uploads}_tag"),
        sa.CheckConstraint(f"state IN ({STATES})", name=f"{uploads}_state"),
        sa.CheckConstraint(f"origin IN ({ORIGINS})", name=f"{uploads}_origin"),
        schema=schema,
        sqlite_autoincrement=True,
    )
    op.create_index(f"{uploads}_query", uploads, ["query", "id"], schema=schema)
    sums = ["query", "state", "origin", "rows", "linked", "user_not_found", "goal_not_found"]
    op.create_index(f"{uploads}_sums", uploads, sums, schema=schema)
    for name, columns, condition in (
        ("unsettled", ["query", "state"], "state IN ('planned', 'sending')"),
        ("followed", ["query", "settled_at"], "state = 'accepted'"),
    ):
        where = sa.text(condition)
        op.create_index(
            f"{uploads}_{name}",
            uploads,
            columns,
            schema=schema,
            sqlite_where=where,
            postgresql_where=where,
        )
    target = f"{schema}.{uploads}.id" if schema else f"{uploads}.id"
    op.create_table(
        f"{prefix}payloads",
        sa.Column(
            "upload_id",
            Number,
            sa.ForeignKey(target, name=f"{prefix}payloads_upload"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("lines", sa.LargeBinary, nullable=False),
        sa.Column("keys", sa.LargeBinary, nullable=False),
        schema=schema,
    )


def _create_rows(prefix: str, schema: str | None) -> None:
    op.create_table(
        f"{prefix}deliveries",
        sa.Column("query", Name, primary_key=True),
        sa.Column("key", Name, primary_key=True),
        sa.Column("upload_id", Number),
        sa.Column("identity", sa.LargeBinary, nullable=False),
        sa.Column("money", sa.Text, nullable=False),
        schema=schema,
        sqlite_with_rowid=False,
    )
    rejects = f"{prefix}rejects"
    op.create_table(
        rejects,
        sa.Column("id", Number, primary_key=True, autoincrement=True),
        sa.Column("query", Name, nullable=False),
        sa.Column("key", Name, nullable=False),
        sa.Column("reason", Name, nullable=False),
        sa.Column("column", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("row", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("upload_id", Number),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("retry_at", Moment),
        sa.UniqueConstraint("query", "key", name=f"{rejects}_key"),
        schema=schema,
        sqlite_autoincrement=True,
    )
    op.create_index(f"{rejects}_query", rejects, ["query", "id"], schema=schema)
    op.create_index(f"{rejects}_reason", rejects, ["query", "reason"], schema=schema)
    asked = sa.text("retry_at IS NOT NULL")
    op.create_index(
        f"{rejects}_retry",
        rejects,
        ["query", "id"],
        schema=schema,
        sqlite_where=asked,
        postgresql_where=asked,
    )
    waiting = f"{prefix}waiting"
    op.create_table(
        waiting,
        sa.Column("query", Name, primary_key=True),
        sa.Column("key", Name, primary_key=True),
        sa.Column("due", Number, nullable=False),
        sa.Column("header", sa.Text, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        schema=schema,
    )
    op.create_index(f"{waiting}_due", waiting, ["query", "due"], schema=schema)


def _create_queries(prefix: str, schema: str | None) -> None:
    op.create_table(
        f"{prefix}marks",
        sa.Column("query", Name, primary_key=True),
        sa.Column("mark", sa.Text),
        sa.Column("safe", sa.Text),
        sa.Column("waits_for", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        schema=schema,
    )
    figures = ("read", "known", "uploaded", "uploads", "rejected", "waiting")
    op.create_table(
        f"{prefix}runs",
        sa.Column("query", Name, primary_key=True),
        sa.Column("started_at", Moment),
        sa.Column("finished_at", Moment),
        sa.Column("ok_at", Moment),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("error_code", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("halted", sa.Boolean, nullable=False),
        *(sa.Column(figure, Number, nullable=False) for figure in figures),
        sa.Column("newest_at", Moment),
        schema=schema,
    )
    op.create_table(
        f"{prefix}leases",
        sa.Column("query", Name, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("epoch", Number, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        schema=schema,
    )
