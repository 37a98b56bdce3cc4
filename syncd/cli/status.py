"""`syncd status`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from syncd.cli.common import config_option, json_option, print_json, print_table, read_settings
from syncd.ledger import Store
from syncd.ledger.fleet.leases import at_work
from syncd.model.clock import Clock, SystemClock
from syncd.model.errors import StateUnavailable
from syncd.model.settings import QuerySettings
from syncd.model.showing import visible
from syncd.monitoring.overview import Requests, nothing_yet, overview
from syncd.monitoring.status import LastRun, QueryStatus, StatusReport


@click.command()
@config_option
@json_option
def status(*, config: Path | None, as_json: bool) -> None:
    """Show how every query is, and what is wrong in plain words."""
    settings = read_settings(config)
    clock = SystemClock()
    store = Store.open(settings.state, clock)
    try:
        requests = Requests(settings.metrica.daily_requests)
        report = _report(store, list(settings.queries.values()), clock, requests)
    finally:
        store.close()
    if as_json:
        print_json(report.to_json())
    else:
        show(report)


def _report(store: Store, queries: list[QuerySettings], clock: Clock, requests: Requests) -> StatusReport:
    if store.is_new():
        return nothing_yet(queries, clock)
    store.check_version()
    unattended = at_work(store) is False
    report = overview(store, queries, clock, requests=requests, unattended=unattended)
    if not report.state_ok:  # it went away in between
        raise StateUnavailable("the state store does not answer")
    return report


def show(report: StatusReport) -> None:
    """The table, then what there is to say."""
    columns = ("query", "state", "mark", "lag", "last run", "delivered", "rejected", "waiting", "linked")
    print_table(columns, [_row(query, report.now) for query in report.queries], "no query")
    for notice in report.notices:
        click.echo(f"- {visible(str(notice))}")
    for query in report.queries:
        for words in query.words:
            click.echo(f"- {visible(words)}")
    if report.requests_left is not None:
        click.echo(f"requests to Metrica left today: {report.requests_left:,}")


def _row(query: QueryStatus, now: datetime) -> tuple[object, ...]:
    return (
        query.name,
        query.state,
        ", ".join(query.mark),
        None if query.lag_seconds is None else _span(query.lag_seconds),
        _last_run(query.last_run, now),
        query.rows.delivered,
        query.rows.rejected_total,
        query.rows.waiting,
        None if query.match_rate is None else f"{query.match_rate:.0%}",
    )


def _last_run(run: LastRun | None, now: datetime) -> str:
    if run is None:
        return "never"
    if run.finished is None:
        if run.ok is False:
            return f"cut off, began {_span((now - run.started).total_seconds())} ago"
        return f"running for {_span(run.seconds)}"
    return f"{_span((now - run.finished).total_seconds())} ago, {'ok' if run.ok else 'failed'}"


def _span(seconds: float) -> str:
    seconds = max(seconds, 0)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"
