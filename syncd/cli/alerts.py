"""`syncd alerts test`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from syncd.cli.common import columns, config_option, json_option, print_json, print_table, read_settings
from syncd.language import _
from syncd.model.errors import UsageError

FAILED = 1


@click.group(epilog="syncd alerts test")
@config_option
def alerts(config: object) -> None:
    """Try who is told when something is wrong."""


@alerts.command("test", epilog="syncd alerts test -c /etc/syncd/config.yaml")
@config_option
@json_option
def send_test(*, config: Path | None, as_json: bool) -> None:
    """Send a message through everything under `alerts`, and say what each answered."""
    from syncd.monitoring.alerts.messages import test_message  # Apprise takes a while, only where needed
    from syncd.monitoring.alerts.receivers import open_receivers

    settings = read_settings(config)
    if settings.alerts is None:
        raise UsageError(_("{file} has no alerts: nobody is told of anything").format(file=settings.file))
    message = test_message(datetime.now(UTC))
    answers = [(receiver.name, receiver.send(message)) for receiver in open_receivers(settings.alerts)]
    if as_json:
        print_json([{"receiver": name, "ok": not why, "answer": why or "taken"} for name, why in answers])
    else:
        print_table(columns("receiver", "answer"), [(name, why or _("taken")) for name, why in answers], "")
    if any(why for _, why in answers):
        sys.exit(FAILED)
