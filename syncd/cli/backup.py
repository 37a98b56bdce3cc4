"""`syncd backup` and `syncd restore`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncd.cli.common import config_option, json_option, print_json, read_without_secrets
from syncd.language import _

if TYPE_CHECKING:
    from syncd.ledger import Store

FILE = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))


@click.command()
@config_option
@json_option
@FILE
def backup(*, config: Path | None, as_json: bool, file: Path) -> None:
    """Write the state store into FILE, whole and as it is at one moment, also while the daemon runs.

    FILE is a SQLite database, whatever the store is kept in, and readable by the owner of its folder alone. A
    FILE that is there already is replaced once the new one is complete.
    """
    from syncd.ledger.backup import back_up  # the database libraries, only where needed

    with _store(config) as store:
        back_up(store, file)
    size = file.stat().st_size
    if as_json:
        print_json({"file": str(file), "bytes": size})
    else:
        click.echo(
            _("The state store was written to {file} ({size} MB).").format(
                file=file, size=f"{size / 1e6:,.1f}"
            )
        )


@click.command()
@config_option
@json_option
@FILE
def restore(*, config: Path | None, as_json: bool, file: Path) -> None:
    """Put a backup in the place of the state store, while no syncd works on it; what was there is kept.

    The first run afterwards compares Metrica's list of uploads with the store, so that nothing which was sent
    since the backup is sent twice.
    """
    from syncd.ledger.backup import restore as put_back  # the database libraries, only where needed

    with _store(config) as store:
        done = put_back(store, file)
    if as_json:
        print_json({"restored": str(file), "version": done.version, "kept": done.kept})
        return
    click.echo(
        _("The state store is now what {file} holds (version {version}).").format(
            file=file, version=done.version
        )
    )
    if done.kept is not None:
        click.echo(_("The store as it was before is kept: {kept}.").format(kept=done.kept))
    click.echo(_("The first run compares it with Metrica's list of uploads; start syncd again."))


@contextmanager
def _store(config: Path | None) -> Iterator[Store]:
    """The state store of the configuration, closed again at the end."""
    from syncd.ledger import Store  # the database libraries, only where needed

    store = Store.open(read_without_secrets(config).state)
    try:
        yield store
    finally:
        store.close()
