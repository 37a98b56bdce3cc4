"""`syncd preview`."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncd.cli.common import (
    columns,
    config_option,
    is_terminal,
    json_option,
    pick,
    print_json,
    print_table,
    read_settings,
    shown_key,
)
from syncd.language import _
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
        click.echo(_("{name}: nothing new to upload").format(name=name))
    if chunk.waiting:
        click.echo(_("\nWould wait until their DateTime is past: {count}").format(count=len(chunk.waiting)))
        print_table(columns("key", "line"), [(shown_key(row.key), row.line) for row in chunk.waiting], "")
    if chunk.rejects:
        click.echo(_("\nWould be rejected: {count}").format(count=len(chunk.rejects)))
        rows = [
            (shown_key(reject.key), reject.reason, reject.column, reject.value) for reject in chunk.rejects
        ]
        print_table(columns("key", "reason", "column", "value"), rows, "")
    if same := found.same_sales:
        click.echo(
            _(
                "\nRows with id, Target and DateTime of another key: {rows}, such as {key} of "
                "{other}. Metrica takes the two for one sale: give a DateTime that differs, or set "
                "`spread: true`."
            ).format(rows=same.rows, key=shown_key(same.key), other=shown_key(same.other))
        )
    twice = (
        _(" With the key of another of these rows: {repeated}.").format(repeated=found.repeated)
        if found.repeated
        else ""
    )
    click.echo(
        _("\nRows read: {rows}, of which known already: {known}.{twice}").format(
            rows=chunk.rows_read, known=found.known, twice=twice
        )
    )
