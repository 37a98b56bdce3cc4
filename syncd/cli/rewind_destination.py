"""`syncd rewind --new-destination`: what becomes of rows that went to another counter or address."""

from __future__ import annotations

import sys
from contextlib import ExitStack

import click

from syncd.cli.access import holding, looking
from syncd.cli.common import is_terminal, print_json
from syncd.inspect.new_destination import NewDestination, decide
from syncd.language import _, counted
from syncd.model.settings import QuerySettings, Settings


def decide_destination(
    settings: Settings,
    queries: list[QuerySettings],
    wanted: NewDestination,
    *,
    dry_run: bool,
    as_json: bool,
    asks: bool,
) -> None:
    """Say of each of these queries where its rows went, and do what is wanted; others are left alone."""
    told: list[dict[str, object]] = []
    for query in queries:
        with ExitStack() as around:
            if dry_run:
                resources, ledger = around.enter_context(looking(settings, query))
            else:
                application, ledger = around.enter_context(holding(settings, query))
                resources = application.resources
            was, rows = ledger.destination(), resources.store.delivered_counts().get(query.name)
            moved = was is not None and was.differs(ledger.place)
            told.append(
                {
                    "query": query.name,
                    "from": str(was) if was else "",
                    "to": str(ledger.place),
                    "moved": moved,
                    "rows": rows.rows if rows else 0,
                    "new_destination": wanted.value if moved and not dry_run else "",
                }
            )
            if not as_json:
                click.echo(_words(query.name, told[-1], wanted))
            if not moved or dry_run:
                continue
            if asks and not as_json and is_terminal(sys.stdin):
                click.confirm(_("{query}: do that?").format(query=query.name), abort=True, err=True)
            decide(ledger, query, resources.source(query), wanted)
    if as_json:
        print_json({"queries": told})
    elif dry_run:
        click.echo(_("A dry run: nothing was changed."))


def _words(name: str, found: dict[str, object], wanted: NewDestination) -> str:
    if not found["moved"]:
        return _("{name}: its rows go where they went before ({place}); nothing to do.").format(
            name=name, place=found["to"]
        )
    rows = counted(int(str(found["rows"])), "{count} row", "{count} rows")
    if wanted is NewDestination.GO_ON:
        words = _("{name}: {rows} went to {old}; they count as delivered, and only new rows go to {new}.")
    else:
        words = _("{name}: {rows} went to {old}; the query begins anew, and all of its rows go to {new}.")
    return words.format(name=name, rows=rows, old=found["from"], new=found["to"])
