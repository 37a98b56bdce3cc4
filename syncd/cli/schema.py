"""`syncd schema`."""

from __future__ import annotations

import click

from syncd.cli.common import config_option, print_json
from syncd.config import json_schema


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="It is JSON in any case.")
def schema(config: object, as_json: bool) -> None:  # noqa: ARG001, FBT001 — as every command
    """Print the JSON Schema of the configuration file."""
    print_json(json_schema())
