"""`syncd status`."""

from __future__ import annotations

import http.client
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from syncd.cli.ask_daemon import FAILURES, ask
from syncd.cli.common import (
    columns,
    config_option,
    json_option,
    pick,
    print_item,
    print_json,
    print_table,
    read_without_secrets,
)
from syncd.language import ENGLISH, N_, _, number, spoken
from syncd.ledger import Store
from syncd.ledger.fleet.leases import at_work
from syncd.model.clock import SystemClock
from syncd.model.errors import StateUnavailable
from syncd.model.settings import Settings
from syncd.model.showing import visible
from syncd.monitoring.overview import Requests, nothing_yet, overview
from syncd.monitoring.status import Wording

_ASK_WITHIN = 6.0
"""Seconds; after that the state store is read here."""

Document = Mapping[str, Any]
"""A report as `--json` and /api/status print it."""


@click.command()
@config_option
@json_option
@click.argument("names", nargs=-1, metavar="[NAME]...")
def status(*, config: Path | None, as_json: bool, names: tuple[str, ...]) -> None:
    """Show how every query is, or those with these NAMEs, and what is wrong in plain words.

    A daemon on this machine is asked; else its record in the state store is read. No secret of the
    configuration is needed.
    """
    settings = read_without_secrets(config)
    wanted = [query.name for query in pick(settings, names)] if names else list(settings.queries)
    document = _document(settings)
    shown = {**document, "queries": [query for query in document["queries"] if query["name"] in wanted]}
    if as_json:
        print_json(shown)
    else:
        show(shown)


def _document(settings: Settings) -> Document:
    clock = SystemClock()
    store = Store.open(settings.state, clock)
    queries = list(settings.queries.values())
    try:
        if store.is_new():
            return nothing_yet(queries, clock, store.shown).to_json(Wording(spoken()))
        store.check_version()
        is_attended = at_work(store)
        told = _told_by_the_daemon(settings, store.shown) if is_attended is not False else None
        if told is not None:
            return told
        requests = Requests(settings.metrica.daily_requests)
        report = overview(store, queries, clock, requests=requests, unattended=is_attended is False)
    finally:
        store.close()
    if not report.state_ok:  # it went away in between
        raise StateUnavailable(_("the state store does not answer"))
    return report.to_json(Wording(spoken()))


def _told_by_the_daemon(settings: Settings, store: str) -> Document | None:
    """What the daemon of this state store says itself: it knows what is not recorded yet."""
    if settings.http is None:
        return None
    try:
        path = "/api/status" if spoken() == ENGLISH else f"/api/status?lang={spoken()}"
        code, document = ask(settings.http, path, _ASK_WITHIN)
        names = {query["name"] for query in document.get("queries", [])}
    except (*FAILURES, TypeError, KeyError):
        return None
    is_ours = document.get("store") == store and names == settings.queries.keys()
    return document if code == http.client.OK and is_ours else None


_COLUMNS = columns(
    "query",
    "state",
    "mark",
    "lag",
    "last run",
    "next run",
    "newest sale",
    "delivered",
    "rejected",
    "waiting",
    "linked",
)


def show(document: Document) -> None:
    """The table, then what there is to say."""
    now = datetime.fromisoformat(document["now"])
    queries: Sequence[Document] = document["queries"]
    print_table(_COLUMNS, [_row(query, now) for query in queries], _("no query"))
    for notice in document["notices"]:
        print_item(notice)
    for query in queries:
        for words in query["words"]:
            print_item(words)
    if document["requests_left"] is not None:
        click.echo(
            _("requests to Metrica left today: {count}").format(count=number(document["requests_left"]))
        )
    click.echo(_("state store: {store}").format(store=visible(document["store"])))


def _row(query: Document, now: datetime) -> tuple[object, ...]:
    rows, rate, lag = query["rows"], query["match_rate"], query["lag_seconds"]
    return (
        query["name"],
        query["state"] if spoken() == ENGLISH else Wording(spoken()).state(query["state"]),
        ", ".join(query["mark"]),
        None if lag is None else span(lag),
        _last_run(query["last_run"], now),
        _next_run(query["next_run"], now),
        None
        if query["newest_sale"] is None
        else _("{ago} ago").format(ago=_since(query["newest_sale"], now)),
        rows["delivered"],
        sum(rows["rejected"].values()),
        rows["waiting"]["count"],
        None if rate is None else f"{rate:.0%}",
    )


def _last_run(run: Document | None, now: datetime) -> str:
    if run is None:
        return _("never")
    if run["finished"] is None:
        if run["ok"] is False:
            return _("cut off, began {ago} ago").format(ago=_since(run["started"], now))
        return _("running for {span}").format(span=span(run["seconds"]))
    words = _("{ago} ago, ok") if run["ok"] else _("{ago} ago, failed")
    return words.format(ago=_since(run["finished"], now))


def _next_run(moment: str | None, now: datetime) -> str | None:
    if moment is None:
        return None
    rest = datetime.fromisoformat(moment) - now
    return _("in {span}").format(span=span(rest.total_seconds())) if rest > timedelta(0) else _("now")


def _since(moment: str, now: datetime) -> str:
    return span((now - datetime.fromisoformat(moment)).total_seconds())


def span(seconds: float) -> str:
    """A time as a person says it, in its largest unit."""
    seconds = max(seconds, 0)
    for size, unit in ((86400, N_("{count} d")), (3600, N_("{count} h")), (60, N_("{count} min"))):
        if seconds >= 2 * size:
            return _(unit).format(count=f"{seconds // size:.0f}")
    return _("{count} s").format(count=f"{seconds:.0f}")
