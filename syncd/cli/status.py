"""`syncd status`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from syncd.cli.common import config_option, json_option, print_json, print_table, read_settings
from syncd.status import QueryStatus, StatusReport


@click.command(epilog="syncd status")
@config_option
@json_option
def status(*, config: Path | None, as_json: bool) -> None:
    """Show how every query is, and what is wrong in plain words."""
    from syncd.ledger import Store  # noqa: PLC0415 — the database libraries, only where needed
    from syncd.overview import overview  # noqa: PLC0415
    from syncd.ports import SystemClock  # noqa: PLC0415

    settings = read_settings(config)
    clock = SystemClock()
    store = Store.open(settings.state, clock)
    try:
        store.check_version()
        report = overview(store, list(settings.queries.values()), clock)
    finally:
        store.close()
    if as_json:
        print_json(report.to_json())
    else:
        show(report)


def show(report: StatusReport) -> None:
    """The table, then what there is to say."""
    columns = ("query", "state", "mark", "last good run", "delivered", "rejected", "waiting", "linked")
    print_table(columns, [_row(query, report.now) for query in report.queries], "no query")
    for query in report.queries:
        for words in query.words:
            click.echo(f"- {words}")


def _row(query: QueryStatus, now: datetime) -> tuple[object, ...]:
    return (
        query.name,
        query.state,
        ", ".join(query.mark),
        _ago(query.last_success, now),
        query.rows.delivered,
        query.rows.rejected_total,
        query.rows.waiting,
        None if query.match_rate is None else f"{query.match_rate:.0%}",
    )


def _ago(moment: datetime | None, now: datetime) -> str:
    return "never" if moment is None else f"{(now - moment).total_seconds():.0f} s ago"
