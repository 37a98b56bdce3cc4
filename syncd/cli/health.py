"""`syncd health`: what a container's health check runs, where there is no curl."""

from __future__ import annotations

import http.client
from pathlib import Path

import click

from syncd.cli.ask_daemon import FAILURES, address_of, ask
from syncd.cli.common import complain, config_option, json_option, print_json, read_without_secrets
from syncd.language import _
from syncd.model.errors import UsageError

UNWELL = 1


@click.command()
@config_option
@json_option
@click.option("--live", is_flag=True, help="Only whether the daemon answers at all, whatever its rows do.")
def health(*, config: Path | None, as_json: bool, live: bool) -> int:
    """Ask the daemon on this machine whether rows really move."""
    settings = read_without_secrets(config)
    if settings.http is None:
        raise UsageError(
            _("http.listen is null in {file}, so the daemon cannot be asked").format(file=settings.file)
        )
    path = "/healthz" if live else "/readyz"
    host, port = address_of(settings.http)
    where = f"http://{f'[{host}]' if ':' in host else host}:{port}{path}"
    try:
        code, answer = ask(settings.http, path)
    except FAILURES as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        complain(
            _("no answer from {where}: {why}").format(where=where, why=why),
            _("See whether `syncd run` is up, with this configuration."),
        )
        return UNWELL
    if as_json:
        print_json(answer)
    elif code == http.client.OK:
        click.echo("alive" if live else "ready")
    for reason in answer.get("reasons", []) if not as_json else []:
        complain(str(reason), _("`syncd status` and the log say more."))
    return 0 if code == http.client.OK else UNWELL
