"""`syncd completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(*, shell: str) -> None:
    """Print the completion script for SHELL.

    bash: syncd completion bash > /etc/bash_completion.d/syncd; zsh: to a file _syncd in a folder of $fpath;
    fish: syncd completion fish > ~/.config/fish/completions/syncd.fish.
    """
    from syncd.cli.main import cli

    found = get_completion_class(shell)
    if found is None:  # click has all of SHELLS
        raise click.UsageError(f"click knows no {shell}")
    click.echo(found(cli, {}, "syncd", "_SYNCD_COMPLETE").source())
