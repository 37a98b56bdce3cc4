"""`syncd migrate`."""

from __future__ import annotations

from pathlib import Path

import click

from syncd.cli.common import config_option, json_option, print_json, read_without_secrets
from syncd.language import _


@click.command()
@config_option
@json_option
def migrate(*, config: Path | None, as_json: bool) -> None:
    """Bring the state store to this version, as `run` does by itself."""
    from syncd.ledger import Store  # the database libraries, only where needed

    store = Store.open(read_without_secrets(config).state)
    try:
        done = store.migrate()
    finally:
        store.close()
    if as_json:
        print_json(
            {"migrated": done is not None, "from": done[0] if done else None, "to": done[1] if done else None}
        )
    elif done is None:
        click.echo(_("The state store has this version already."))
    else:
        click.echo(
            _("The state store was brought from {old} to {new}.").format(
                old=done[0] or _("nothing"), new=done[1]
            )
        )
