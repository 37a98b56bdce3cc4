"""`syncd pause`, `resume` and `trigger`: wishes that a daemon, any of a fleet, follows within seconds."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from syncd.cli.common import DURATION, config_option, json_option, pick, print_json, read_without_secrets
from syncd.language import _
from syncd.model.clock import SystemClock
from syncd.model.errors import UsageError
from syncd.model.showing import json_moment, shown_moment

if TYPE_CHECKING:
    from syncd.ledger.control import Control

Function = TypeVar("Function", bound=Callable[..., Any])


def _names(function: Function) -> Function:
    return click.argument("names", nargs=-1, required=True, metavar="NAME...")(function)


@click.command()
@config_option
@json_option
@click.option("--for", "lasting", type=DURATION, metavar="DURATION", help="How long, such as 2h.")
@_names
def pause(*, config: Path | None, as_json: bool, lasting: timedelta | None, names: tuple[str, ...]) -> None:
    """Have queries NAME… rest, until `syncd resume` or, with --for, for so long.

    A running daemon begins no run of them within five seconds; a run that goes on stops after its chunk.
    Nothing is lost: they read on from where they stood. `/readyz` stays green.
    """
    until = SystemClock().now() + lasting if lasting is not None else None
    with _control(config, names) as control:
        control.pause(names, until, asked_by())
    words = _("paused until `syncd resume`")
    if until is not None:
        words = _("paused until {until}").format(until=shown_moment(until))
    more = {"until": until and json_moment(until)}
    _say(dict.fromkeys(names, words), more, as_json=as_json)


@click.command()
@config_option
@json_option
@_names
def resume(*, config: Path | None, as_json: bool, names: tuple[str, ...]) -> None:
    """End the pause of queries NAME…; a running daemon goes on with them within five seconds."""
    with _control(config, names) as control:
        now = SystemClock().now()
        resting = {name for name, row in control.pauses().items() if row.is_in_force(now)}
        control.resume(names, asked_by())
    told = {name: _("resumed") if name in resting else _("was not paused") for name in names}
    _say(told, {}, as_json=as_json)


@click.command()
@config_option
@json_option
@_names
def trigger(*, config: Path | None, as_json: bool, names: tuple[str, ...]) -> None:
    """Have queries NAME… run now, once, beside their schedule.

    A running daemon begins within five seconds, or when the run that goes on has ended; without one, the next
    that is started does. Whether it went well tells `syncd status`.
    """
    with _control(config, names) as control:
        now = SystemClock().now()
        pauses = control.pauses()
        for name in names:
            if name in pauses and pauses[name].is_in_force(now):
                raise UsageError(
                    _("{name} is paused; `syncd resume {name}` has it run again").format(name=name)
                )
        control.trigger(names, asked_by())
    _say(dict.fromkeys(names, _("runs as soon as a daemon sees it")), {}, as_json=as_json)


def asked_by() -> str:
    """Name the person who gives the command, as user@machine, for the log and the status."""
    try:
        user = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = f"user {os.getuid()}"
    return f"{user}@{socket.gethostname()}"


@contextmanager
def _control(config: Path | None, names: Sequence[str]) -> Iterator[Control]:
    """The store's part for queries that the configuration has; a store is made where there is none."""
    from syncd.ledger import Store  # the database libraries, only where needed
    from syncd.ledger.control import Control

    settings = read_without_secrets(config)
    pick(settings, names)
    store = Store.open(settings.state)
    try:
        if store.is_new():
            store.migrate()
        store.check_version()
        yield Control(store.database)
    finally:
        store.close()


def _say(told: Mapping[str, str], more: Mapping[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json({"queries": [{"query": name, "done": words, **more} for name, words in told.items()]})
        return
    for name, words in told.items():
        click.echo(f"{name}: {words}")
