"""What commands share: the configuration option, picking queries, output as tables or JSON."""

from __future__ import annotations

import difflib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from syncd.config import find_file, load
from syncd.config.values import duration
from syncd.config.words import Wrong
from syncd.model import Mark
from syncd.model.errors import UsageError
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

Function = TypeVar("Function", bound=Callable[..., Any])


def config_option(function: Function) -> Function:
    """Add `-c/--config FILE`."""
    return click.option(
        "-c",
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        callback=_or_before_the_command,
        help="The configuration file (else $SYNCD_CONFIG, else /etc/syncd/config.yaml).",
    )(function)


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


def pick(settings: Settings, names: Sequence[str]) -> list[QuerySettings]:
    """The named queries, or every enabled one. Raises UsageError for an unknown name."""
    if not names:
        return [query for query in settings.queries.values() if query.enabled]
    for name in names:
        if name not in settings.queries:
            near = difflib.get_close_matches(name, settings.queries, 1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(settings.queries)}"
            raise UsageError(f"there is no query {name!r} in {settings.file}; {hint}")
    return [settings.queries[name] for name in dict.fromkeys(names)]


@contextmanager
def opened(config: Path | None, name: str) -> Iterator[tuple[Settings, QuerySettings, Store]]:
    """The settings, the named query and the state store, closed again at the end."""
    from syncd.ledger import Store  # the database libraries, only where needed

    settings = read_settings(config)
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
    click.echo(f"  what to do: {action}", err=True)


def print_json(document: object) -> None:
    """One JSON document on standard output, indented, as UTF-8."""
    click.echo(safe_json(json.dumps(document, indent=2, ensure_ascii=False, default=str)))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """A table on standard output; `empty` is said when there is no row.

    On a terminal it fits the width; into a pipe every row is one line, whole, its columns aligned.
    """
    lines = [[_cell(value) for value in row] for row in rows]
    if not lines:
        click.echo(empty)
    elif is_terminal(sys.stdout):
        _print_for_a_person(columns, lines)
    else:
        _print_plain([list(columns), *lines])


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person sees it at once; also answers for a stream that is closed or missing."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def can_draw(stream: TextIO | None) -> bool:
    """Whether progress can be drawn there: a terminal that can move its cursor."""
    return is_terminal(stream) and os.environ.get("TERM", "dumb") not in {"dumb", "unknown", ""}


def counted(number: int, noun: str) -> str:
    """`1 query`, `2 queries`, `3 errors`."""
    if number == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {plural}"


def _print_for_a_person(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD  # loaded only when a table is shown
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for line in lines:
        table.add_row(*(Text(cell) for cell in line))
    Console(highlight=False).print(table)


def _print_plain(lines: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _cell(value: object) -> str:
    """A value in a table: nothing for None."""
    return "" if value is None else visible(str(value))


def shown_key(key: str) -> str:
    """A key as a person reads it: its values, with commas between."""
    return ", ".join("null" if value is None else str(value) for value in json.loads(key))


def shown_mark(mark: Mark | None) -> str:
    """A mark as a person reads it, and could type it; empty for none."""
    return ", ".join(value_text(value) for value in mark.values) if mark else ""
