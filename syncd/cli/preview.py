"""`syncd preview`."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncd.cli.common import (
    config_option,
    is_terminal,
    json_option,
    pick,
    print_json,
    print_table,
    read_settings,
    shown_key,
)
from syncd.model.showing import json_moment, on_one_line

if TYPE_CHECKING:
    from syncd.inspect.preview import Preview
    from syncd.model.settings import QuerySettings

ROWS_REJECTED = 3


@click.command()
@config_option
@json_option
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="Rows to read.")
@click.argument("name")
def preview(*, config: Path | None, as_json: bool, limit: int, name: str) -> int:
    """Show the next rows as they would be uploaded.

    And those that would be rejected, with the reason. Uploads nothing, moves nothing.
    """
    from syncd.inspect.preview import preview_of  # the database libraries, only where needed
    from syncd.service.resources import Resources
    from syncd.service.signals import telemetry

    settings = read_settings(config)
    (query,) = pick(settings, [name])
    _, observer = telemetry(settings, [query])
    resources = Resources(settings, observer)
    try:
        memory, query = resources.memory(query), resources.complete(query)
        found = preview_of(query, resources.source(query), memory, resources.clock, limit)
    finally:
        resources.close()
    chunk = found.chunk
    if as_json:
        print_json(_json(query, found))
    else:
        _show(query.name, found)
    return ROWS_REJECTED if chunk.rejects else 0


def _json(query: QuerySettings, found: Preview) -> dict[str, object]:
    chunk, same = found.chunk, found.same_sales
    return {
        "query": query.name,
        "kind": query.kind,
        "header": chunk.header,
        "rows": [
            {"key": json.loads(key), "line": line}
            for key, line in zip(chunk.ready.keys, chunk.ready.lines, strict=True)
        ],
        "waiting": [
            {
                "key": json.loads(row.key),
                "line": row.line,
                "due": json_moment(datetime.fromtimestamp(row.moment, UTC)),
            }
            for row in chunk.waiting
        ],
        "rejected": [
            {
                "key": json.loads(reject.key),
                "reason": reject.reason,
                "column": reject.column,
                "value": reject.value,
                "detail": reject.detail,
            }
            for reject in chunk.rejects
        ],
        "read": chunk.rows_read,
        "known": found.known,
        "repeated": found.repeated,
        "same_sale": same.rows if same else 0,
    }


def _show(name: str, found: Preview) -> None:
    chunk = found.chunk
    if chunk.ready:
        click.echo(chunk.header)
        for line in chunk.ready.lines:  # into a pipe, the file as Metrica would get it
            click.echo(on_one_line(line) if is_terminal(sys.stdout) else line)
    else:
        click.echo(f"{name}: nothing new to upload")
    if chunk.waiting:
        click.echo(f"\nWould wait until their DateTime is past: {len(chunk.waiting)}")
        print_table(("key", "line"), [(shown_key(row.key), row.line) for row in chunk.waiting], "")
    if chunk.rejects:
        click.echo(f"\nWould be rejected: {len(chunk.rejects)}")
        rows = [
            (shown_key(reject.key), reject.reason, reject.column, reject.value) for reject in chunk.rejects
        ]
        print_table(("key", "reason", "column", "value"), rows, "")
    if same := found.same_sales:
        click.echo(
            f"\nRows with id, Target and DateTime of another key: {same.rows}, such as"
            f" {shown_key(same.key)} of"
            f" {shown_key(same.other)}. Metrica takes the two for one sale: give a DateTime that"
            " differs, or set"
            " `spread: true`."
        )
    twice = f" With the key of another of these rows: {found.repeated}." if found.repeated else ""
    click.echo(f"\nRows read: {chunk.rows_read}, of which known already: {found.known}.{twice}")
