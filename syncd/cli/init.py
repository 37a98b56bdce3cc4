"""`syncd init`."""

from __future__ import annotations

import re
from pathlib import Path

import click
from pydantic import SecretStr

from syncd.cli.common import config_option
from syncd.config import urls
from syncd.config.words import Wrong
from syncd.language import _
from syncd.model.errors import UsageError
from syncd.model.settings import DatabaseSettings
from syncd.model.tables import TableShape

ROWS = 200
"""Rows of a table that are looked at."""
_MOST_NAMES = 50
"""Tables that an error names."""
FROM_ENVIRONMENT = "${DATABASE_PASSWORD:-}"


@click.command()
@config_option
@click.argument("url")
@click.option("--table", metavar="NAME", help="The table to read from; else the likeliest is taken.")
def init(config: object, url: str, table: str | None) -> None:  # noqa: ARG001 — as every command
    """Look at a database and print a configuration to start from.

    It only reads, and says of each column why it was chosen and what speaks against it. A password may
    stand in the URL; it is not printed.
    """
    from syncd.inspect.init import configuration, propose, rank_tables
    from syncd.source.inspection import InspectedDatabase

    try:
        read = urls.in_folder(urls.database_url(url), Path.cwd())
    except Wrong as wrong:
        raise UsageError(
            _("the URL: {message}").format(message=wrong.message) + (f" ({wrong.hint})" if wrong.hint else "")
        ) from None
    inspection = InspectedDatabase(DatabaseSettings(name="shop", url=read))
    try:
        tables = inspection.find_tables()
        ranked = _picked(tables, table) if table else rank_tables(tables)
        for shape in ranked:
            proposal = propose(shape, inspection.find_rows(shape, ROWS))
            if proposal is not None:
                others = [one for one in rank_tables(tables) if one is not shape]
                shown, has_password = _without_password(read)
                click.echo(configuration(proposal, shown, others, has_password=has_password), nl=False)
                return
    finally:
        inspection.close()
    raise UsageError(_nothing_found(tables, table))


def _picked(tables: list[TableShape], name: str) -> list[TableShape]:
    found = [one for one in tables if one.name == name] or [
        one for one in tables if one.name.casefold() == name.casefold()
    ]
    if not found:
        raise UsageError(
            _("there is no table {name!r}; there are: {value}").format(name=name, value=_names(tables))
        )
    return found[:1]


def _nothing_found(tables: list[TableShape], name: str | None) -> str:
    if not tables:
        return _("the database has no tables, or this account sees none")
    if name:
        return _("table {name} has no column with a moment, or nothing that tells its rows apart").format(
            name=name
        )
    return _("no table looks like one of orders; name one with --table. There are: {value}").format(
        value=_names(tables)
    )


def _names(tables: list[TableShape]) -> str:
    names = [one.name for one in tables]
    return ", ".join(names if len(names) <= _MOST_NAMES else [*names[:_MOST_NAMES], "…"])


def _without_password(url: SecretStr) -> tuple[str, bool]:
    """The URL as the configuration is to have it: the password comes from the environment."""
    text = url.get_secret_value()
    if not urls.has_password(url):
        return text, False
    return re.sub(
        r"(://[^:/@]*):[^@]*@", lambda found: f"{found[1]}:{FROM_ENVIRONMENT}@", text, count=1
    ), True
