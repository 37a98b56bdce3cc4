"""`syncd run --once --dry-run`: what a run would do, of each query; uploads nothing, moves nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncd.cli.common import columns, complain, pick, print_json, print_table, read_settings
from syncd.language import _
from syncd.model.errors import SyncdError
from syncd.model.settings import QuerySettings

if TYPE_CHECKING:
    from syncd.service.resources import Resources

FAILED = 1
ROWS_REJECTED = 3
MOST_ROWS = 1_000_000
"""Rows that are read of a query; of more it is told that there are more."""
_COLUMNS = columns("query", "read", "known", "would upload", "uploads", "would reject", "would wait", "error")


def rehearse(config: Path | None, names: tuple[str, ...], *, as_json: bool) -> int:
    """Tell for each query what `run --once` would do; gives the exit code that it would end with."""
    from syncd.service.resources import Resources
    from syncd.service.signals import telemetry

    settings = read_settings(config)
    queries = pick(settings, names)
    _metrics, observer = telemetry(settings, queries)
    resources = Resources(settings, observer)
    rows, errors = [], list[tuple[str, SyncdError]]()
    try:
        for query in queries:
            try:
                rows.append(_row(resources, query))
            except SyncdError as error:
                errors.append((query.name, error.name_query(query.name)))
                rows.append(dict.fromkeys(_COLUMNS) | {"query": query.name, "error": str(error)})
    finally:
        resources.close()
    if as_json:
        print_json({"dry_run": True, "queries": [_as_json(row) for row in rows]})
    else:
        print_table(_COLUMNS, [[row[column] for column in _COLUMNS] for row in rows], _("no enabled query"))
        click.echo(_("A dry run: nothing was uploaded, and no mark was moved."))
    for name, failure in errors:
        message, action = failure.as_final()
        complain(f"{name}: {message}", action)
    if errors:
        return FAILED
    return ROWS_REJECTED if any(row["would reject"] for row in rows) else 0


def _row(resources: Resources, query: QuerySettings) -> dict[str, object]:
    from syncd.inspect.preview import preview_of

    found = preview_of(query, resources.source(query), resources.memory(query), resources.clock, MOST_ROWS)
    chunk = found.chunk
    return {
        "query": query.name,
        "read": chunk.rows_read,
        "known": found.known + found.repeated,
        "would upload": len(chunk.ready),
        "uploads": -(-len(chunk.ready) // query.chunk_rows),
        "would reject": len(chunk.rejects),
        "would wait": len(chunk.waiting),
        "error": None,
    }


def _as_json(row: dict[str, object]) -> dict[str, object]:
    return {name.replace(" ", "_"): value for name, value in row.items()}
