"""`syncd emulator`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from syncd.cli.common import config_option
from syncd.language import _
from syncd.model.errors import UsageError


@click.command()
@config_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes any free one."
)
@click.option(
    "--fault", "faults", multiple=True, metavar="JSON", help="A fault in force from the start (repeatable)."
)
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=JSON", help="A setting (repeatable), docs/emulator.md."
)
@click.option("--settings", "file", type=click.Path(path_type=Path), help="Settings as a JSON file.")
@click.option("--discard", is_flag=True, help="Count rows and keep none, for benchmarks.")
def emulator(
    *,
    config: object,  # noqa: ARG001 — as every command
    host: str,
    port: int,
    faults: tuple[str, ...],
    settings: tuple[str, ...],
    file: Path | None,
    discard: bool,
) -> None:
    """Serve a local Metrica API, with faults on demand.

    docs/emulator.md has the settings and the faults, such as
    --fault '{"kind": "drop_after", "times": 1}'.
    """
    from syncd.emulator.server import serve  # the web framework, only where needed
    from syncd.emulator.settings import EmulatorSettings, changed

    changes = _read_file(file) if file else {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"--set {name}: write NAME=JSON, such as ripen_after=0.5")
        changes[name] = _json(value, f"--set {name}")
    try:
        chosen = changed(EmulatorSettings(discard=discard), changes)
    except ValueError as error:
        raise UsageError(str(error)) from None
    serve(host, port, chosen, faults=[_read(fault, "--fault") for fault in faults])


def _read_file(file: Path) -> dict[str, object]:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--settings {file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"--settings {file}: is not UTF-8 text") from None
    return _read(text, f"--settings {file}")


def _read(text: str, where: str) -> dict[str, object]:
    document = _json(text, where)
    if not isinstance(document, dict):
        raise UsageError(
            _('{where}: a JSON object is wanted, such as {{"kind": "slow", "seconds": 2}}').format(
                where=where
            )
        )
    return document


def _json(text: str, where: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(_("{where}: this is no JSON: {error}").format(where=where, error=error)) from None
