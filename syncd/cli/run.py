"""`syncd run`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import click

from syncd.cli.common import (
    can_draw,
    columns,
    complain,
    config_option,
    json_option,
    pick,
    print_json,
    print_table,
    read_settings,
)
from syncd.cli.dry_run import rehearse
from syncd.cli.interrupted import InterruptedRuns
from syncd.cli.loading import loading
from syncd.cli.startup import give_back_memory
from syncd.language import ENGLISH, _, speak, speaking
from syncd.model.errors import UsageError
from syncd.model.events import Event
from syncd.model.settings import QuerySettings, Settings
from syncd.service.daemon import Turn

FAILED = 1
ROWS_REJECTED = 3


@click.command()
@config_option
@json_option
@click.option("--once", is_flag=True, help="Run each query until it has nothing new, then exit.")
@click.option("--dry-run", is_flag=True, help="With --once: only say what it would do.")
@click.option("--query", "names", multiple=True, metavar="NAME", help="Only this query (repeatable).")
def run(*, config: Path | None, as_json: bool, once: bool, dry_run: bool, names: tuple[str, ...]) -> int:
    """Upload what is new, on each query's schedule, until stopped."""
    if dry_run:
        if not once:
            raise UsageError(
                "--dry-run goes with --once: a daemon has no end to tell what it would have done"
            )
        return rehearse(config, names, as_json=as_json)
    if not once:
        speak(ENGLISH)  # all that a daemon says is its log
    return _run(config, names, as_json=as_json, once=once)


def _run(config: Path | None, names: tuple[str, ...], *, as_json: bool, once: bool) -> int:
    """Run the queries, as a daemon or once; gives the exit code."""
    with loading():  # the libraries, only where needed
        from syncd.monitoring.telemetry import say
        from syncd.service.application import Application
        from syncd.service.signals import handle_signals, serve, telemetry

    settings = read_settings(config)
    queries = pick(settings, names)
    if not queries:
        raise UsageError(_("there is no enabled query in {file}").format(file=settings.file))
    for query in queries:
        if not query.enabled:
            where = f"{settings.file}:{query.line}"
            click.echo(
                _("syncd: {where}: query {query} is disabled; --query names it, so it runs").format(
                    where=where, query=query.name
                ),
                err=True,
            )
    screen = None
    if can_draw(sys.stderr):
        from syncd.cli.progress import Screen  # rich, only where it can draw

        screen = Screen()
    metrics, listener = telemetry(settings, queries, screen.log if screen else None)  # type: ignore[arg-type]  # a stream
    with ExitStack() as around:
        around.enter_context(speaking(ENGLISH))  # the log, and what the state store keeps of errors
        shown = around.enter_context(screen.watching(listener)) if screen else listener
        observer = InterruptedRuns(shown)
        application = around.enter_context(Application(settings, queries, observer, once=once))
        daemon = application.daemon
        handle_signals(application)
        if not once:
            from syncd.service.reload import Reloader, reloads

            around.enter_context(serve(application, metrics, observer))
            log = screen.log if screen else None
            reloader = Reloader(application, partial(_read_again, settings, names), metrics, observer, log)  # type: ignore[arg-type]  # a stream
            fault = partial(observer.emit, Event.INTERNAL_ERROR)
            around.enter_context(reloads(reloader.reload, lambda error: fault(error=error)))
            give_back_memory()
        application.run()
    for words in observer.words():
        say(f"syncd: {words}")
    if not once:
        return 0
    _name_paused(daemon.turns)
    show(daemon.turns, as_json=as_json)
    for turn in daemon.turns:
        if turn.last and turn.last.error:  # whatever the log's level and format hide
            message, action = turn.last.error.name_query(turn.query.name).as_final()
            complain(f"{turn.query.name}: {message}", action)
    return exit_code(daemon.turns)


def _read_again(settings: Settings, names: tuple[str, ...]) -> tuple[Settings, list[QuerySettings]]:
    """Read the configuration file again, as it is now. Raises ConfigError, UsageError."""
    after = read_settings(Path(settings.file))
    return after, pick(after, names)


def _name_paused(turns: Sequence[Turn]) -> None:
    for name in (turn.query.name for turn in turns if turn.is_paused):
        click.echo(
            _("syncd: {name} is paused and was not run; `syncd resume {name}` ends the pause").format(
                name=name
            ),
            err=True,
        )


def exit_code(turns: Sequence[Turn]) -> int:
    """1: something failed; 3: rows were rejected; else 0."""
    asked = [turn for turn in turns if not turn.is_paused]
    if any(turn.last is None or turn.last.error is not None for turn in asked):
        return FAILED
    return ROWS_REJECTED if any(turn.totals.rejected for turn in turns) else 0


def show(turns: Sequence[Turn], *, as_json: bool) -> None:
    """What each query did."""
    rows = [_row(turn) for turn in turns]
    if as_json:
        print_json({"queries": rows})
        return
    names = columns("query", "read", "known", "uploaded", "uploads", "rejected", "waiting", "error")
    print_table(names, [[row[name] for name in names] for row in rows], _("no enabled query"))


def _row(turn: Turn) -> dict[str, object]:
    error = turn.last.error if turn.last else None
    return {
        "query": turn.query.name,
        "read": turn.totals.read,
        "known": turn.totals.known,
        "uploaded": turn.totals.uploaded,
        "uploads": turn.totals.uploads,
        "rejected": turn.totals.rejected,
        "waiting": turn.totals.waiting,
        "error": str(error) if error else None,
        "code": error.code if error else None,
    }
