"""`syncd rewind`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import click

from syncd.cli.access import holding, looking
from syncd.cli.common import (
    config_option,
    is_terminal,
    json_option,
    pick,
    print_json,
    read_settings,
    shown_mark,
)
from syncd.cli.rewind_destination import decide_destination
from syncd.inspect.compare import Compare
from syncd.inspect.new_destination import NewDestination
from syncd.inspect.rewind import Move, move, plan, wanted
from syncd.language import N_, _, counted, number
from syncd.model import RowFate
from syncd.model.errors import UsageError
from syncd.model.settings import QuerySettings


@click.command()
@config_option
@json_option
@click.option("--to", "first", metavar="VALUE...", help="The mark's values; or beginning, now.")
@click.option(
    "--new-destination",
    type=click.Choice([one.value for one in NewDestination]),
    help="After counter or api_url changed: deliver everything there again, or go on from here.",
)
@click.option("--dry-run", is_flag=True, help="Only say what it would do.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.argument("name", required=False)
@click.argument("rest", nargs=-1, metavar="")
def rewind(  # noqa: PLR0913 — a parameter for each option
    *,
    config: Path | None,
    as_json: bool,
    first: str | None,
    new_destination: str | None,
    dry_run: bool,
    yes: bool,
    name: str | None,
    rest: tuple[str, ...],
) -> None:
    """Move the mark of query NAME, so that rows are read again from there, or passed over.

    VALUE is the value of each of the mark's columns, or of the first alone; a moment without a zone is of the
    query's. What was delivered is not sent again. The daemon that runs the query has to be stopped.

    With --new-destination instead of --to: the rows went to another counter or metrica.api_url than the file
    names now. Without NAME it is said of every query whose destination changed.
    """
    settings = read_settings(config)
    if new_destination is not None and first is None and not rest:
        queries = pick(settings, [name] if name else [])
        decision = NewDestination(new_destination)
        decide_destination(settings, queries, decision, dry_run=dry_run, as_json=as_json, asks=not yes)
        return
    if first is None or name is None or new_destination is not None:
        raise UsageError(_("rewind takes a query's name and --to VALUE, or --new-destination alone"))
    (query,) = pick(settings, [name])
    with ExitStack() as around:
        if dry_run:
            resources, ledger = around.enter_context(looking(settings, query))
        else:
            application, ledger = around.enter_context(holding(settings, query))
            resources = application.resources
        query = resources.complete(query)
        position, source = ledger.position(), resources.source(query)
        new = wanted(query, source, position, [first, *rest])
        change = plan(Compare(query, source, ledger, resources.clock), position, new)
        to_come = source.count(new)
        if not as_json:
            for line in _lines(query, change, to_come):
                click.echo(line)
        if not dry_run:
            if not yes and not as_json and is_terminal(sys.stdin):
                click.confirm(_("{query}: move the mark?").format(query=query.name), abort=True, err=True)
            move(ledger, query, change)
    if as_json:
        print_json(_document(query, change, to_come, moved=not dry_run))
    else:
        click.echo(
            _("A dry run: nothing was changed.") if dry_run else _("Moved. The next run reads from there.")
        )


def _lines(query: QuerySettings, change: Move, to_come: int | None) -> Iterator[str]:
    name, start = query.name, _("where it starts ({start})").format(start=query.start)
    old = shown_mark(change.old) if change.old else _("nowhere yet")
    yield _("{name}: the mark stands at {old}; it is to move to {new}").format(
        name=name, old=old, new=shown_mark(change.new) or start
    )
    if change.old == change.new:
        yield _("It stands there already.")
    elif change.forward:
        yield counted(
            change.skipped,
            "WARNING: that is forward, over {count} row that nothing is known of: not read, and not sent.",
            "WARNING: that is forward, over {count} rows that nothing is known of: not read, and not sent.",
        )
        yield _("`syncd audit` would find them.")
    elif change.rows:
        yield counted(change.rows, "Read again: {count} row", "Read again: {count} rows")
        yield _("  {delivered} delivered already: not sent again").format(delivered=number(change.delivered))
        for fate, words in _OTHERS.items():
            if change.reread_fates[fate]:
                yield f"  {number(change.reread_fates[fate])} {_(words)}"
        yield _("  {unknown} of which nothing is known: sent, or rejected").format(
            unknown=number(change.unknown)
        )
    else:
        yield _("No row lies in between.")
    ahead = _("more than can be counted in a moment") if to_come is None else number(to_come)
    yield _("Rows from there to the newest: {ahead}").format(ahead=ahead)


_OTHERS = {
    RowFate.SENDING: N_("on their way"),
    RowFate.WAITING: N_("that wait for their DateTime"),
    RowFate.REJECTED: N_("rejected before"),
}


def _document(query: QuerySettings, change: Move, to_come: int | None, *, moved: bool) -> dict[str, object]:
    return {
        "query": query.name,
        "kind": query.kind,
        "from": shown_mark(change.old),
        "to": shown_mark(change.new),
        "forward": change.forward,
        "read_again": change.rows,
        "delivered": change.delivered,
        "known": {fate.value: count for fate, count in change.reread_fates.items()},
        "unknown": change.unknown,
        "skipped": change.skipped,
        "rows_from_there": to_come,
        "moved": moved,
    }
