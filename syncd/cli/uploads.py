"""`syncd uploads`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncd.cli.common import (
    columns,
    config_option,
    json_option,
    pick,
    print_json,
    print_table,
    read_without_secrets,
)
from syncd.language import _, pgettext
from syncd.model import UploadState
from syncd.model.keys import value_text
from syncd.model.marks import mark_from_text
from syncd.model.showing import json_moment, shown_moment

if TYPE_CHECKING:
    from syncd.ledger import Store
    from syncd.ledger.rows import UploadRow

SHOWN = 20
_AT_ONCE = 1000
_COLUMNS = columns(
    "upload",
    "query",
    "sent",
    "rows",
    "state",
    "metrica id",
    "status",
    "linked",
    "user not found",
    "goal not found",
    "dropped",
    "detail",
)


@click.command()
@config_option
@json_option
@click.option(
    "--limit",
    default=SHOWN,
    show_default=True,
    type=click.IntRange(0),
    help="Uploads at most; 0 for all of them.",
)
@click.argument("name", required=False)
def uploads(*, config: Path | None, as_json: bool, limit: int, name: str | None) -> None:
    """List the uploads of query NAME, or of all queries, newest first.

    "linked" and the columns after it are Metrica's counts, which come up to two hours later: rows linked to a
    visitor, rows whose visitor or goal was not found, rows that its validation dropped.
    """
    from syncd.ledger import Store  # the database libraries, only where needed

    settings = read_without_secrets(config)
    if name is not None:
        pick(settings, [name])
    store = Store.open(settings.state)
    try:
        found = [] if store.is_new() else list(_found(store, name, limit))
    finally:
        store.close()
    if as_json:
        print_json({"uploads": [document_of(upload) for upload in found]})
        return
    print_table(_COLUMNS, [_row(upload) for upload in found], _("no uploads yet"))
    if limit and len(found) == limit:
        click.echo(_("The newest {limit}; --limit 0 shows all.").format(limit=limit))


def document_of(upload: UploadRow) -> dict[str, object]:
    """An upload as JSON; its mark as `status` gives it."""
    mark = [value_text(value) for value in mark_from_text(upload.mark).values] if upload.mark else None
    return {
        name: json_moment(value) if isinstance(value, datetime) else value
        for name, value in {**asdict(upload), "mark": mark, "dropped": dropped(upload)}.items()
    }


def dropped(upload: UploadRow) -> int | None:
    """Rows that Metrica's validation dropped, taking the file all the same; None while it tells nothing."""
    if upload.line_quantity is None:
        return None
    sent = upload.source_quantity if upload.source_quantity is not None else upload.rows
    return max(sent - upload.line_quantity, 0)


def _found(store: Store, name: str | None, limit: int) -> Iterator[UploadRow]:
    """Page by page, each in a short transaction."""
    store.check_version()
    before, left = None, limit
    while True:
        page = store.uploads(name, limit=min(left, _AT_ONCE) if limit else _AT_ONCE, before=before)
        yield from page
        left -= len(page)
        if not page or (limit and not left):
            return
        before = page[-1].id


def _row(upload: UploadRow) -> tuple[object, ...]:
    is_planned = upload.state is UploadState.PLANNED  # though its POST may have been tried
    return (
        upload.id,
        upload.query,
        shown_moment(upload.sent_at) if upload.sent_at and not is_planned else _("not sent"),
        upload.rows,
        pgettext("upload", upload.state),
        upload.metrica_id,
        upload.metrica_status,
        upload.linked,
        upload.user_not_found,
        upload.goal_not_found,
        dropped(upload),
        upload.detail,
    )
