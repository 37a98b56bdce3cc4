"""`syncd resend`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncd.cli.access import holding
from syncd.cli.common import config_option, json_option, pick, print_json, read_settings
from syncd.cli.uploads import document_of
from syncd.language import _, counted
from syncd.model import UploadState
from syncd.model.errors import ResendRefused, UsageError
from syncd.model.settings import Settings

if TYPE_CHECKING:
    from syncd.ledger.rows import UploadRow


@click.command()
@config_option
@json_option
@click.argument("number", metavar="UPLOAD", type=click.IntRange(1))
def resend(*, config: Path | None, as_json: bool, number: int) -> None:
    """Upload the rows of one upload again, the same lines; Metrica overwrites them.

    UPLOAD is the number that `syncd uploads` shows first. Of use where visitors or goals were not there yet,
    up to 21 days after the visit. Rows whose Price or Currency a later upload has changed are left out. The
    daemon that runs the query has to be stopped.
    """
    settings = read_settings(config)
    before = _upload(settings, number)
    (query,) = pick(settings, [before.query])
    with holding(settings, query) as (application, _ledger):
        sent = application.resend(query.name, number)
        newest = application.resources.store.uploads(query.name, limit=1)[0] if sent else None
    if as_json:
        print_json({"resent": number, "rows": sent, "upload": newest and document_of(newest)})
    elif newest is None:
        click.echo(
            _(
                "{query}: each row of upload {number} was sent again since, with other money; nothing to do"
            ).format(query=query.name, number=number)
        )
    if newest is not None and newest.state is UploadState.REFUSED:
        raise ResendRefused(
            _("Metrica refused the rows of upload {number}: {detail}").format(
                number=number, detail=newest.detail
            )
        )
    if newest is not None and not as_json:
        left_out = (
            _(", {rows} left out").format(rows=counted(before.rows - sent, "{count} row", "{count} rows"))
            if sent < before.rows
            else ""
        )
        click.echo(
            _(
                "{query}: {sent} of upload {number} sent again{left_out}, as upload {id} "
                "(Metrica's id {metrica_id}); `syncd uploads {query}` shows what becomes of them"
            ).format(
                query=query.name,
                sent=counted(sent, "{count} row", "{count} rows"),
                number=number,
                left_out=left_out,
                id=newest.id,
                metrica_id=newest.metrica_id,
            )
        )


def _upload(settings: Settings, number: int) -> UploadRow:
    """The upload of this number. Raises UsageError."""
    from syncd.ledger import Store  # the database libraries, only where needed

    store = Store.open(settings.state)
    try:
        store.check_version()
        found = store.upload(number)
    finally:
        store.close()
    if found is None:
        raise UsageError(_("there is no upload {number}; `syncd uploads` lists them").format(number=number))
    return found
