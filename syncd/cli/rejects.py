"""`syncd rejects …`."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import click

from syncd.cli.common import (
    config_option,
    json_option,
    pick,
    print_json,
    print_table,
    read_settings,
    shown_key,
)
from syncd.ledger.rows import RejectRow

SHOWN = 100


@click.group(epilog="syncd rejects list paid_orders")
def rejects() -> None:
    """Show the rows that could not be sent, with the reason."""


@rejects.command("list", epilog="syncd rejects list paid_orders --json")
@config_option
@json_option
@click.option("--limit", default=SHOWN, show_default=True, help="Rows at most; 0 for all of them.")
@click.argument("name")
def list_rejects(*, config: Path | None, as_json: bool, limit: int, name: str) -> None:
    """List the rejected rows of query NAME, oldest first."""
    from syncd.ledger import Store  # noqa: PLC0415 — the database libraries, only where needed

    settings = read_settings(config)
    (query,) = pick(settings, [name])
    store = Store.open(settings.state)
    try:
        store.check_version()
        rows = list(store.rejects(query.name, limit or None))
    finally:
        store.close()
    if as_json:
        print_json({"query": query.name, "rejects": [_json(row) for row in rows]})
        return
    columns = ("key", "reason", "column", "value", "detail", "since")
    print_table(columns, [_row(row) for row in rows], f"{query.name}: no rejected rows")
    if len(rows) == limit:
        click.echo(f"The first {limit}; --limit 0 shows all.")


def _row(row: RejectRow) -> tuple[object, ...]:
    since = row.created_at.isoformat(" ", "seconds")
    return shown_key(row.key), row.reason, row.column, row.value, row.detail, since


def _json(row: RejectRow) -> dict[str, object]:
    document = asdict(row)
    document["key"] = json.loads(row.key)
    document["created_at"] = row.created_at.isoformat()
    with suppress(ValueError):  # a row that Metrica refused is kept as its CSV line
        document["row"] = json.loads(row.row)
    return document
