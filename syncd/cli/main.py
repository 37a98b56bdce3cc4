"""The group of commands, its help, and how errors end a command."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from typing import NamedTuple

import click

from syncd import language
from syncd.cli.build import built_version
from syncd.cli.common import complain, config_option
from syncd.cli.streams import give_up_output, open_closed_ones
from syncd.cli.translated import translate
from syncd.language import N_, _, counted
from syncd.model.errors import ConfigError, SyncdError, UsageError


class Entry(NamedTuple):
    """A command in the help, told without loading it, so that `syncd --help` comes at once."""

    place: str
    does: str
    example: str


SECTIONS: dict[str, dict[str, Entry]] = {
    N_("Run"): {
        "run": Entry(
            "syncd.cli.run:run",
            "Upload what is new, on each query's schedule, until stopped.",
            "syncd run -c /etc/syncd/config.yaml",
        ),
        "demo": Entry(
            "syncd.cli.demo.command:demo",
            "See it all at work on this machine, with nothing to set up.",
            "syncd demo --for 20s",
        ),
    },
    N_("Look before"): {
        "init": Entry(
            "syncd.cli.init:init",
            "Look at a database and print a configuration to start from.",
            "syncd init postgresql://reader@crm-db/crm > config.yaml",
        ),
        "check": Entry(
            "syncd.cli.check:check", "Find out what can be known before the first upload.", "syncd check"
        ),
        "preview": Entry(
            "syncd.cli.preview:preview",
            "Show the next rows as they would be uploaded.",
            "syncd preview paid_orders --limit 5",
        ),
        "sql": Entry(
            "syncd.cli.sql:sql",
            "Show the statements that `run` would send for a query, with values and the plan.",
            "syncd sql paid_orders",
        ),
        "probe": Entry(
            "syncd.cli.probe:probe",
            "Ask a live counter that is set aside what public documents leave open.",
            "syncd probe 87654321",
        ),
        "schema": Entry(
            "syncd.cli.schema:schema",
            "Print the JSON Schema of the configuration file.",
            "syncd schema > syncd.schema.json",
        ),
    },
    N_("Look after"): {
        "status": Entry(
            "syncd.cli.status:status",
            "Show how every query is, and what is wrong in plain words.",
            "syncd status",
        ),
        "uploads": Entry(
            "syncd.cli.uploads:uploads",
            "List the uploads, newest first, and what Metrica made of them.",
            "syncd uploads paid_orders --limit 10",
        ),
        "alerts": Entry(
            "syncd.cli.alerts:alerts",
            "Try who is told when something is wrong.",
            "syncd alerts test",
        ),
        "health": Entry(
            "syncd.cli.health:health",
            "Ask the daemon on this machine whether rows really move; for health checks.",
            "syncd health --live",
        ),
        "rejects": Entry(
            "syncd.cli.rejects:rejects",
            "Show the rows that could not be sent, with the reason.",
            "syncd rejects list paid_orders",
        ),
        "explain": Entry(
            "syncd.cli.explain:explain",
            "Tell what became of one row.",
            "syncd explain paid_orders 4711",
        ),
        "audit": Entry(
            "syncd.cli.audit:audit",
            "Compare the source with what was delivered.",
            "syncd audit paid_orders --since 7d",
        ),
    },
    N_("Control"): {
        "pause": Entry(
            "syncd.cli.control:pause",
            "Have queries rest, until they are resumed or for a time.",
            "syncd pause paid_orders --for 2h",
        ),
        "resume": Entry("syncd.cli.control:resume", "End a pause.", "syncd resume paid_orders"),
        "trigger": Entry(
            "syncd.cli.control:trigger", "Have queries run now, once.", "syncd trigger paid_orders"
        ),
    },
    N_("Put right"): {
        "rewind": Entry(
            "syncd.cli.rewind:rewind",
            "Move a query's mark, to read rows again or pass them over.",
            "syncd rewind paid_orders --to 2026-11-23 --dry-run",
        ),
        "resend": Entry(
            "syncd.cli.resend:resend",
            "Upload the rows of one upload again; Metrica overwrites them.",
            "syncd resend 17",
        ),
    },
    N_("Tools"): {
        "migrate": Entry(
            "syncd.cli.migrate:migrate",
            "Bring the state store to this version, as `run` does by itself.",
            "syncd migrate",
        ),
        "backup": Entry(
            "syncd.cli.backup:backup",
            "Write the state store into a file, while the daemon runs.",
            "syncd backup /var/backups/syncd.db",
        ),
        "restore": Entry(
            "syncd.cli.backup:restore",
            "Put a backup in the place of the state store, while no syncd runs.",
            "syncd restore /var/backups/syncd.db",
        ),
        "completion": Entry(
            "syncd.cli.completion:completion",
            "Print the shell's completion script.",
            "syncd completion bash > /etc/bash_completion.d/syncd",
        ),
        "emulator": Entry(
            "syncd.cli.emulator:emulator",
            "Serve a local Metrica API, with faults on demand.",
            "syncd emulator --port 8080",
        ),
    },
}
"""Help section → command → what is to be known of it; loaded when called, so that `syncd` starts fast."""

_ENTRIES = {name: entry for commands in SECTIONS.values() for name, entry in commands.items()}


class Commands(click.Group):
    """Loads a command when it is asked for, and shows the commands in sections with an example each."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 — click's signature
        """All commands, in the order of the sections."""
        return list(_ENTRIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 — click's signature
        """The command, loaded now; None when there is none of that name."""
        entry = _ENTRIES.get(cmd_name)
        if entry is None:
            return None
        module, name = entry.place.split(":")
        command = getattr(importlib.import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry.place} is no command")
        command.epilog = _("Example: {example}").format(example=entry.example)
        translate(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command as click does, and suggest the nearest name for one that does not exist."""
        if args[:1] == ["help"]:
            if len(args) == 1:
                click.echo(ctx.get_help())
                ctx.exit()
            args = [*args[1:], "--help"]
        if args and args[0] not in _ENTRIES and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], _ENTRIES, 1)
            hint = (
                _("did you mean {near}?").format(near=near[0])
                if near
                else _("there are {names}").format(names=", ".join(_ENTRIES))
            )
            raise UsageError(_("there is no command {name!r}; {hint}").format(name=args[0], hint=hint))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 — click's signature
        """One section after the other; the line under a command is an example of it."""
        width = max(map(len, _ENTRIES))
        for title, names in SECTIONS.items():
            with formatter.section(_(title)):
                rows = []
                for name, entry in names.items():
                    rows += [(name.ljust(width), _(entry.does)), ("", f"$ {entry.example}")]
                formatter.write_dl(rows)


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    options_metavar="[-c FILE]",
    subcommand_metavar="COMMAND [ARGS]...",
)
@click.version_option(built_version(), prog_name="syncd")
@config_option
def cli(config: object) -> None:
    """Carry conversions from a company's database to Yandex.Metrica.

    Nothing lost, nothing twice. `syncd COMMAND --help` tells more of a command.

    Exit codes: 0 done; 1 failed; 2 wrong usage or configuration; 3 rows rejected.
    """


def run(arguments: list[str] | None = None) -> int:
    """Run one command line and give its exit code; no traceback ever reaches the user."""
    open_closed_ones()
    language.speak(language.wanted(sys.argv[1:] if arguments is None else arguments, os.environ))
    translate(cli)
    try:
        result = cli.main(arguments, prog_name="syncd", standalone_mode=False)
    except SyncdError as error:
        return _say(error)
    except click.ClickException as error:
        return _say_wrong_usage(error)
    except click.Abort:
        return 130
    except OSError as error:
        give_up_output()
        if not isinstance(error, BrokenPipeError):  # the reader of our output left, as `| head` does
            click.echo(f"syncd: {error.strerror or type(error).__name__}", err=True)
            click.echo(_("  what to do: Check the disk, and where the output goes."), err=True)
        return 1
    except Exception as error:
        if os.environ.get("SYNCD_TRACEBACK"):
            raise
        click.echo(
            _("syncd: internal error: {error} ({action})").format(
                error=type(error).__name__, action=_(SyncdError.action)
            ),
            err=True,
        )
        click.echo(_("Set SYNCD_TRACEBACK=1 to see where."), err=True)
        return 1
    return result if isinstance(result, int) else 0


def _say(error: SyncdError) -> int:
    """One clear line (a line per problem for a configuration) and what to do."""
    from syncd.monitoring.telemetry.redaction import redact  # loaded only when something went wrong

    if isinstance(error, ConfigError):
        click.echo(redact(str(error)), err=True)
        told = counted(
            len(error.problems),
            "syncd: {count} problem in the configuration",
            "syncd: {count} problems in the configuration",
        )
        click.echo(told, err=True)
    else:
        complain(*error.as_final())
    return error.exit_code


def _say_wrong_usage(error: click.ClickException) -> int:
    """Say what is wrong with the command line, in the two lines every error has; the help if it is empty."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return error.exit_code
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "syncd"
    message = error.format_message().rstrip(".")
    click.echo(f"syncd: {message[:1].lower()}{message[1:]}", err=True)
    click.echo(_("  what to do: See `{path} --help`.").format(path=path), err=True)
    return error.exit_code
