"""`syncd health`: what a container's health check runs, where there is no curl."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any

import click

from syncd.cli.common import complain, config_option, json_option, print_json, read_settings
from syncd.model.errors import UsageError
from syncd.model.settings import HttpSettings

UNWELL = 1
ANSWER_WITHIN = 8.0
"""Seconds; the daemon itself gives up on a state store that hangs after five."""
ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 — compared, not bound
LARGEST_ANSWER = 1_000_000


@click.command()
@config_option
@json_option
@click.option("--live", is_flag=True, help="Only whether the daemon answers at all, whatever its rows do.")
def health(*, config: Path | None, as_json: bool, live: bool) -> int:
    """Ask the daemon on this machine whether rows really move."""
    settings = read_settings(config)
    if settings.http is None:
        raise UsageError(f"http.listen is null in {settings.file}, so the daemon cannot be asked")
    path = "/healthz" if live else "/readyz"
    host = ANYWHERE.get(settings.http.host, settings.http.host)
    where = f"http://{f'[{host}]' if ':' in host else host}:{settings.http.port}{path}"
    try:
        code, answer = _ask(HttpSettings(host=host, port=settings.http.port), path)
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        complain(f"no answer from {where}: {why}", "See whether `syncd run` is up, with this configuration.")
        return UNWELL
    if as_json:
        print_json(answer)
    elif code == http.client.OK:
        click.echo("alive" if live else "ready")
    for reason in answer.get("reasons", []) if not as_json else []:
        complain(str(reason), "`syncd status` and the log say more.")
    return 0 if code == http.client.OK else UNWELL


def _ask(listener: HttpSettings, path: str) -> tuple[int, dict[str, Any]]:
    """The daemon's answer. Never by way of a proxy: it is on this machine."""
    connection = http.client.HTTPConnection(listener.host, listener.port, timeout=ANSWER_WITHIN)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        text = response.read(LARGEST_ANSWER)
    finally:
        connection.close()
    try:
        answer = dict(json.loads(text))
    except (ValueError, TypeError):
        raise ValueError("it is not syncd that answers") from None
    return response.status, answer
