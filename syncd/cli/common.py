"""What commands share: the configuration option, picking queries, output as tables or JSON."""

from __future__ import annotations

import difflib
import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from syncd.config import find_file, load
from syncd.config.values import duration
from syncd.config.words import Wrong
from syncd.language import ENGLISH, LANGUAGES, _, pgettext, speaking
from syncd.model import Mark
from syncd.model.errors import ConfigError, UsageError
from syncd.model.keys import value_text
from syncd.model.settings import QuerySettings, Settings
from syncd.model.showing import safe_json, visible

if TYPE_CHECKING:
    from syncd.ledger import Store


class _Duration(click.ParamType[timedelta]):
    """A duration as the configuration writes it."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """`20s` → a timedelta."""
        try:
            return duration(value)
        except Wrong as wrong:
            self.fail(str(wrong), param, ctx)


DURATION = _Duration()
_GAP = "  "
"""Between two columns of a table."""

Function = TypeVar("Function", bound=Callable[..., Any])


def config_option(function: Function) -> Function:
    """Add what every command takes: `-c/--config FILE` and `--lang`, which is looked for before all else."""
    language = click.option(
        "--lang",
        type=click.Choice([*LANGUAGES]),
        expose_value=False,
        help="The language of what people are told (else that of LANG).",
    )
    return click.option(
        "-c",
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        callback=_or_before_the_command,
        help="The configuration file (else $SYNCD_CONFIG, else /etc/syncd/config.yaml).",
    )(language(function))


def _or_before_the_command(ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    """The command's own -c, else the one before it: `syncd -c FILE run`."""
    parent = ctx.parent
    while value is None and parent is not None:
        value = parent.params.get("config")
        parent = parent.parent
    return value


def json_option(function: Function) -> Function:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")(function)


def read_settings(config: Path | None) -> Settings:
    """The configuration. Raises ConfigError with all of its problems."""
    return load(find_file(config, os.environ), environ=os.environ)


_UNSET = re.compile(r"(?P<names>\w+(?:, \w+)*) (?:is|are) not set in the environment")
"""How the configuration says so of an environment variable."""
_IS_SECRET = re.compile(r"(.+\.)?(token|token_file|password_file)$|databases\..+\.url$|alerts\..+")
"""Where a variable is of no matter to commands that speak neither to Metrica nor to a company database."""


def read_without_secrets(config: Path | None) -> Settings:
    """The configuration, also where variables are not set that hold secrets for Metrica or for a source.

    A person who looks at the status has no token in the environment. Raises ConfigError for all else.
    """
    with suppress(ConfigError):
        return read_settings(config)
    unset = _unset_secrets(config)
    for stand_in in ("unset", "sqlite:///unset", "sqlite://") if unset else ():  # a part of a value, or a URL
        with suppress(ConfigError):
            return load(
                find_file(config, os.environ), environ={**dict.fromkeys(unset, stand_in), **os.environ}
            )
    return read_settings(config)


def _unset_secrets(config: Path | None) -> list[str]:
    """The variables with secrets that are not set; none where anything else is wrong."""
    unset: list[str] = []
    try:
        with speaking(ENGLISH):  # _UNSET reads what is said
            read_settings(config)
    except ConfigError as error:
        for problem in error.problems:
            said = _UNSET.match(problem.message)
            if said is None or not _IS_SECRET.match(problem.path):
                return []
            unset += said["names"].split(", ")
    return unset


def pick(settings: Settings, names: Sequence[str]) -> list[QuerySettings]:
    """The named queries, or every enabled one. Raises UsageError for an unknown name."""
    if not names:
        return [query for query in settings.queries.values() if query.enabled]
    for name in names:
        if name not in settings.queries:
            near = difflib.get_close_matches(name, settings.queries, 1)
            hint = (
                _("did you mean {near}?").format(near=near[0])
                if near
                else _("it has {names}").format(names=", ".join(settings.queries))
            )
            raise UsageError(
                _("there is no query {name!r} in {file}; {hint}").format(
                    name=name, file=settings.file, hint=hint
                )
            )
    return [settings.queries[name] for name in dict.fromkeys(names)]


@contextmanager
def opened(
    config: Path | None, name: str, *, with_secrets: bool = False
) -> Iterator[tuple[Settings, QuerySettings, Store]]:
    """The settings, the named query and the state store, closed again at the end."""
    from syncd.ledger import Store  # the database libraries, only where needed

    settings = read_settings(config) if with_secrets else read_without_secrets(config)
    (query,) = pick(settings, [name])
    store = Store.open(settings.state)
    try:
        store.check_version()
        yield settings, query, store
    finally:
        store.close()


def complain(what: str, action: str) -> None:
    """Say on stderr what is wrong and what to do, without the configuration's secrets."""
    from syncd.monitoring.telemetry.redaction import redact  # loaded only when something went wrong

    lines = "\n".join(map(visible, redact(what).splitlines()))
    click.echo(f"syncd: {lines}", err=True)
    click.echo(_("  what to do: {action}").format(action=action), err=True)


def print_json(document: object) -> None:
    """One JSON document on standard output, indented, as UTF-8."""
    click.echo(safe_json(json.dumps(document, indent=2, ensure_ascii=False, default=str)))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """A table on standard output, its columns named by `columns`; `empty` is said when there is no row.

    Into a pipe every row is one line, whole, its columns aligned. On a terminal that is too narrow for that,
    every row is a block of its own.
    """
    columns = [pgettext("column", name) for name in columns]
    lines = [[_cell(value) for value in row] for row in rows]
    if not lines:
        click.echo(empty)
    elif is_terminal(sys.stdout) and _width(columns, lines) > shutil.get_terminal_size().columns:
        _print_blocks(columns, lines, shutil.get_terminal_size().columns)
    else:
        _print_plain([list(columns), *lines])


def columns(*names: str) -> tuple[str, ...]:
    """The columns of a table; `print_table` says them in the language of the command."""
    return names


def print_item(text: str) -> None:
    """A sentence or more as an item of a list."""
    print_folded(text, "- ", "  ")


def print_folded(text: str, first: str, rest: str) -> None:
    """What stands before the first line, then the text: on a terminal in lines that fit, no word broken.

    `rest` stands before each line but the first.
    """
    shown = f"{first}{visible(text)}"
    if is_terminal(sys.stdout):
        width = shutil.get_terminal_size().columns
        shown = textwrap.fill(
            shown, width, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
        )
    click.echo(shown)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person sees it at once; also answers for a stream that is closed or missing."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def can_draw(stream: TextIO | None) -> bool:
    """Whether progress can be drawn there: a terminal that can move its cursor."""
    return is_terminal(stream) and os.environ.get("TERM", "dumb") not in {"dumb", "unknown", ""}


def _width(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> int:
    widths = [max(map(len, column)) for column in zip(columns, *lines, strict=True)]
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _print_blocks(columns: Sequence[str], lines: Sequence[Sequence[str]], width: int) -> None:
    """The first cell as a heading; below it the others that say something, named, and no word broken."""
    wrap = textwrap.TextWrapper(
        width, initial_indent="  ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
    for number, line in enumerate(lines):
        click.secho(f"{columns[0]} {line[0]}", bold=True)
        told = [f"{name}: {cell}" for name, cell in zip(columns[1:], line[1:], strict=True) if cell]
        flow = ""
        for item in told:
            longer = f"{flow}, {item}" if flow else item
            if flow and len(longer) + 2 > width:
                click.echo("\n".join(wrap.wrap(flow + ",")))
                longer = item
            flow = longer
        click.echo("\n".join(wrap.wrap(flow)))
        if number < len(lines) - 1:
            click.echo()


def _print_plain(lines: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo(_GAP.join(cells).rstrip())


def _cell(value: object) -> str:
    """A value in a table: nothing for None."""
    return "" if value is None else visible(str(value))


def shown_key(key: str) -> str:
    """A key as a person reads it: its values, with commas between."""
    return ", ".join("null" if value is None else str(value) for value in json.loads(key))


def shown_mark(mark: Mark | None) -> str:
    """A mark as a person reads it, and could type it; empty for none."""
    return ", ".join(value_text(value) for value in mark.values) if mark else ""
