"""Delivered keys: no row each any more, but the files of the uploads with an index of codes over them.

What was delivered is carried over: uploads whose file is still there become as if made by this version. Of
older ones only the keys are left; they go to `passed` and count as delivered, whatever their rows say.
`deliveries` stays for SELECT, as a view.
"""

from __future__ import annotations

import zlib

import numpy as np
import sqlalchemy as sa
from alembic import op

from syncd.ledger.types import Name, Number
from syncd.model.key_codes import codes_of

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DELIVERED = ("accepted", "processed", "unlinked")
BLOCK = 2048


def upgrade() -> None:
    """Make the tables, carry over what was delivered, drop what is no longer used."""
    options = op.get_context().opts
    prefix: str = options["syncd_prefix"]
    schema: str | None = options["syncd_schema"]
    _create(prefix, schema)
    metadata = sa.MetaData(schema=schema)
    tables = {
        name: sa.Table(f"{prefix}{name}", metadata, autoload_with=op.get_bind(), resolve_fks=False)
        for name in ("uploads", "payloads", "deliveries", "files", "key_runs", "key_blocks", "passed")
    }
    _carry_over(tables)
    op.drop_table(f"{prefix}payloads", schema=schema)
    op.drop_table(f"{prefix}deliveries", schema=schema)
    op.execute(_view(prefix, schema))


def _create(prefix: str, schema: str | None) -> None:
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
            _index(tables, row.query, names.split("\n"), upload_id)
    gone = deliveries.c.upload_id.is_(None) | deliveries.c.upload_id.not_in(sa.select(payloads.c.upload_id))
    kept = sa.select(deliveries.c.query, deliveries.c["key"], deliveries.c.upload_id).where(gone)
    connection.execute(sa.insert(tables["passed"]).from_select(["query", "key", "upload_id"], kept))


def _index(tables: dict[str, sa.Table], query: str, keys: list[str], upload_id: int) -> None:
    """One run of blocks, as `syncd.ledger.key_index` makes them; equal codes stay in one block."""
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
    """Every delivered key with the upload that delivered it: more than one line for one sent again."""
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
