"""The group of commands, its help, and how errors end a command."""

from __future__ import annotations

import importlib
import os
import sys

import click

from syncd import __version__
from syncd.errors import ConfigError, SyncdError

SECTIONS: dict[str, dict[str, str]] = {
    "Run": {
        "run": "syncd.cli.run:run",
        "demo": "syncd.cli.demo:demo",
    },
    "Look before": {
        "check": "syncd.cli.check:check",
        "preview": "syncd.cli.preview:preview",
        "schema": "syncd.cli.schema:schema",
    },
    "Look after": {
        "status": "syncd.cli.status:status",
        "rejects": "syncd.cli.rejects:rejects",
    },
    "Tools": {
        "migrate": "syncd.cli.migrate:migrate",
        "emulator": "syncd.cli.emulator:emulator",
    },
}
"""Help section → command → where it is. Loaded only when called, so that `syncd` starts fast."""

_PLACES = {name: place for commands in SECTIONS.values() for name, place in commands.items()}


class Commands(click.Group):
    """Loads a command when it is asked for, and shows the commands in sections with an example each."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 — click's signature
        """All commands, in the order of the sections."""
        return list(_PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, loaded now; None when there is none of that name."""
        place = _PLACES.get(cmd_name)
        if place is None:
            return None
        module, name = place.split(":")
        command = getattr(importlib.import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{place} is no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One section after the other; the line under a command is an example of it."""
        for title, names in SECTIONS.items():
            with formatter.section(title):
                rows = []
                for name in names:
                    command = self.get_command(ctx, name)
                    if command is not None:
                        rows.append((name, command.get_short_help_str(limit=70)))
                        rows.append(("", f"$ {(command.epilog or '').strip()}"))
                formatter.write_dl(rows)


@click.command(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="syncd")
def cli() -> None:
    """Carry conversions from a company database to Yandex.Metrica: nothing lost, nothing twice.

    The configuration is looked for at -c, then $SYNCD_CONFIG, then /etc/syncd/config.yaml.

    Exit codes: 0 done; 1 something failed; 2 wrong usage or configuration; 3 done, but rows were rejected.
    """


def run(arguments: list[str] | None = None) -> int:
    """Run one command line and give its exit code; no traceback ever reaches the user."""
    try:
        result = cli.main(arguments, prog_name="syncd", standalone_mode=False)
    except SyncdError as error:
        return _say(error)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return 130
    except BrokenPipeError:  # the reader of our output left, as `| head` does
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 — for the exit's flush
        return 1
    except Exception as error:
        if os.environ.get("SYNCD_TRACEBACK"):
            raise
        click.echo(f"syncd: internal error: {type(error).__name__} ({SyncdError.action})", err=True)
        click.echo("Set SYNCD_TRACEBACK=1 to see where.", err=True)
        return 1
    return result if isinstance(result, int) else 0


def _say(error: SyncdError) -> int:
    """One clear line (a line per problem for a configuration) and what to do."""
    if isinstance(error, ConfigError):
        click.echo(str(error), err=True)
        count = len(error.problems)
        click.echo(f"syncd: {count} problem{'s' if count != 1 else ''} in the configuration", err=True)
    else:
        click.echo(f"syncd: {error}", err=True)
        click.echo(f"  what to do: {error.action}", err=True)
    return error.exit_code
