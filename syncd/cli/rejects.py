"""`syncd rejects …`."""

from __future__ import annotations

import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncd.cli.common import (
    columns,
    config_option,
    is_terminal,
    json_option,
    opened,
    print_json,
    print_table,
    shown_key,
)
from syncd.language import _, counted
from syncd.ledger.rows import RejectRow
from syncd.model.errors import UsageError
from syncd.model.settings import QuerySettings
from syncd.model.showing import shown_moment

if TYPE_CHECKING:
    from syncd.ledger import Store

SHOWN = 100
FAILED = 1
ROWS_REJECTED = 3


@click.group(epilog="syncd rejects list paid_orders")
@config_option
def rejects(config: object) -> None:
    """Show the rows that could not be sent; try them again, forget them, write them to a file."""


@rejects.command("list", epilog="syncd rejects list paid_orders --json")
@config_option
@json_option
@click.option("--limit", default=SHOWN, show_default=True, help="Rows at most; 0 for all of them.")
@click.option("--dropped", is_flag=True, help="Those that were dropped instead.")
@click.argument("name")
def list_rejects(*, config: Path | None, as_json: bool, limit: int, dropped: bool, name: str) -> None:
    """List the rejected rows of query NAME, oldest first."""
    from syncd.cli.rejects_rows import document_of  # only where needed

    with opened(config, name) as (_settings, query, store):
        rows = list(store.rejects(query.name, limit or None, dropped=dropped))
    if as_json:
        print_json({"query": query.name, "kind": query.kind, "rejects": [document_of(row) for row in rows]})
        return
    nothing = _("{query}: no dropped rows") if dropped else _("{query}: no rejected rows")
    names = columns("key", "reason", "column", "value", "detail", "since")
    print_table(names, [_row(row) for row in rows], nothing.format(query=query.name))
    if len(rows) == limit:
        click.echo(_("The first {limit}; --limit 0 shows all.").format(limit=limit))


@rejects.command("retry", epilog="syncd rejects retry paid_orders 4711")
@config_option
@json_option
@click.argument("name")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
def retry(*, config: Path | None, as_json: bool, name: str, keys: tuple[str, ...]) -> int:
    """Read rejected rows of query NAME again by their KEYs (default: all), and send those that are fine now.

    A KEY is written as `rejects list` shows it; that of a dropped row takes the dropping back. Beside a
    running daemon the rows are only marked, and the daemon sends them with its next run of the query.
    """
    from syncd.cli.rejects_retry import ask, send  # the database libraries, only where needed

    with opened(config, name, with_secrets=True) as (settings, query, store):
        chosen = _chosen(store, query, keys, dropped_too=True) if keys else None
        asked = ask(store, query, chosen)
        done = send(settings, query, store, asked, chosen) if asked.marked else asked
    if as_json:
        print_json(done.as_json())
    else:
        for line in done.lines():
            click.echo(line)
    if done.error is not None:
        raise done.error
    return ROWS_REJECTED if done.still or done.unfindable else 0


@rejects.command("drop", epilog="syncd rejects drop paid_orders 4711 4712")
@config_option
@json_option
@click.option("--all", "everything", is_flag=True, help="All rejected rows of the query.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.argument("name")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
def drop(
    *, config: Path | None, as_json: bool, everything: bool, yes: bool, name: str, keys: tuple[str, ...]
) -> None:
    """Forget rejected rows of query NAME: those with these KEYs, or --all.

    They are not sent as they are, however often they are read again; one that is put right in the source, or
    is wrong in another way, is looked at anew. `rejects list --dropped` shows them.
    """
    if everything == bool(keys):
        raise UsageError(_("say which rows to forget: KEY…, or --all"))
    with opened(config, name) as (_settings, query, store):
        chosen = None if everything else _chosen(store, query, keys)
        count = sum(store.reject_counts().get(query.name, {}).values()) if chosen is None else len(chosen)
        if count and not yes and is_terminal(sys.stdin):
            what = counted(
                count,
                "forget {count} rejected row, never to be sent?",
                "forget {count} rejected rows, never to be sent?",
            )
            click.confirm(f"{query.name}: {what}", abort=True, err=True)
        dropped = store.drop_rejects(query.name, chosen) if count else 0
    if as_json:
        print_json({"query": query.name, "dropped": dropped})
    else:
        click.echo(
            f"{query.name}: "
            + counted(dropped, "{count} rejected row forgotten", "{count} rejected rows forgotten")
        )


@rejects.command("export", epilog="syncd rejects export paid_orders -o rejects.csv")
@config_option
@click.option("--format", "form", type=click.Choice(["csv", "json"]), help="csv, unless FILE ends in .json.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("-o", "--output", "path", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.argument("name")
def export(*, config: Path | None, form: str | None, as_json: bool, path: Path | None, name: str) -> None:
    """Write all rejected rows of query NAME to FILE (default: standard output)."""
    from syncd.cli.rejects_rows import output, write_csv, write_json  # only where needed

    if as_json and form == "csv":
        raise UsageError("--json and --format csv exclude each other")
    in_json = as_json or form == "json" or (form is None and path is not None and path.suffix == ".json")
    with opened(config, name) as (_settings, query, store), output(path) as file:
        rows = store.rejects(query.name)
        count = write_json(file, query, rows) if in_json else write_csv(file, rows)
    if path is not None and str(path) != "-":
        click.echo(
            _("{query}: {rows} in {path}").format(
                query=query.name,
                rows=counted(count, "{count} rejected row", "{count} rejected rows"),
                path=path,
            ),
            err=True,
        )


def _chosen(
    store: Store, query: QuerySettings, keys: tuple[str, ...], *, dropped_too: bool = False
) -> list[str]:
    """The keys of the named rejects. Raises UsageError, before anything is done, when one does not exist."""
    from syncd.cli.rejects_rows import named  # only where needed

    dropped = store.rejects(query.name, dropped=True) if dropped_too else ()
    found = named(chain(store.rejects(query.name), dropped), keys, len(query.key))
    unknown = [text for text, there in found.items() if not there]
    if unknown:
        raise UsageError(
            _("{query}: no rejected row has the key {keys}; `syncd rejects list {query}` shows them").format(
                query=query.name, keys=_(" or ").join(unknown)
            )
        )
    return list(dict.fromkeys(key for there in found.values() for key in there))


def _row(row: RejectRow) -> tuple[object, ...]:
    since = shown_moment(row.created_at)
    return shown_key(row.key), row.reason, row.column, row.value, row.detail, since
