"""`syncd sql`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from syncd.cli.common import config_option, json_option, pick, print_json, read_without_secrets
from syncd.model.events import Event
from syncd.model.showing import on_one_line


@dataclass(frozen=True, slots=True)
class _Statement:
    database: str
    sql: str
    values: str


class _Listener:
    """An observer that keeps what a database is asked."""

    def __init__(self) -> None:
        self.statements: list[_Statement] = []

    def emit(self, event: Event, **fields: object) -> None:
        """Keep a statement; other events are of no interest here."""
        if event is Event.STATEMENT:
            self.statements.append(_Statement(*(str(fields[name]) for name in ("database", "sql", "values"))))


@click.command()
@config_option
@json_option
@click.argument("name")
def sql(*, config: Path | None, as_json: bool, name: str) -> None:
    """Show the statements that `run` would send for query NAME, with values and the plan.

    The first page is read for that, as `run` reads it from where the query stands; nothing is uploaded and
    nothing moves.
    """
    from syncd.inspect.preview import preview_of  # the database libraries, only where needed
    from syncd.pipeline.chunking.chunking import PAGE_ROWS
    from syncd.service.resources import Resources

    settings = read_without_secrets(config)
    (query,) = pick(settings, [name])
    listener = _Listener()
    resources = Resources(
        settings.model_copy(update={"log": settings.log.model_copy(update={"level": "debug"})}), listener
    )
    try:
        memory, source = resources.memory(query), resources.source(query)
        preview_of(query, source, memory, resources.clock, PAGE_ROWS)
        statements = list(listener.statements)
        position = memory.position()
        plan = source.explain(position.mark if position else None)
    finally:
        resources.close()
    if as_json:
        shown = [{"database": one.database, "sql": one.sql, "values": one.values} for one in statements]
        print_json({"query": name, "statements": shown, "plan": plan.splitlines() if plan else None})
        return
    for one in statements:
        click.echo(f"-- {one.database}")
        click.echo("\n".join(map(on_one_line, one.sql.strip().splitlines())))
        if one.values not in {"", "()", "{}", "[]", "None"}:
            click.echo(f"-- values: {on_one_line(one.values)}")
        click.echo()
    click.echo("-- plan" if plan else "-- plan: this database's EXPLAIN is not known to syncd")
    for line in (plan or "").splitlines():
        click.echo(f"--   {line}")
