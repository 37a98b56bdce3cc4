"""`syncd explain`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import click

from syncd.cli.access import looking
from syncd.cli.common import (
    config_option,
    json_option,
    pick,
    print_folded,
    print_json,
    read_without_secrets,
    shown_key,
    shown_mark,
)
from syncd.cli.explain_words import paragraphs
from syncd.cli.rejects_rows import document_of as reject_document
from syncd.cli.uploads import document_of as upload_document
from syncd.inspect.explain import Explainer, Explanation, InSource
from syncd.language import _
from syncd.model import RowFate
from syncd.model.errors import MissedRow, UnknownRow
from syncd.model.settings import QuerySettings
from syncd.model.showing import json_moment, visible


@click.command()
@config_option
@json_option
@click.argument("name")
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
def explain(*, config: Path | None, as_json: bool, name: str, keys: tuple[str, ...]) -> None:
    """Tell what became of the row of query NAME with this KEY: one word per key column.

    When it was read, in which upload, and what Metrica made of that; until when it waits; why it was rejected
    and what to do; or, of a row that is not known, whether the source has it. Exit code 1 for a row that is
    not known and is not to come.
    """
    settings = read_without_secrets(config)
    (query,) = pick(settings, [name])
    with looking(settings, query) as (parts, ledger):
        query = parts.complete(query)
        found = Explainer(query, parts.source(query), parts.store, ledger, parts.clock).explain(keys)
    if as_json:
        print_json({"query": query.name, "kind": query.kind, "rows": [_document(one) for one in found]})
    else:
        for one in found:
            _show(query, one)
    _complain(query, keys, found)


def _show(query: QuerySettings, one: Explanation) -> None:
    head, *lines = paragraphs(query, one)
    click.secho(visible(head), bold=True)
    for line in lines:
        print_folded(line, "  ", "    ")


def _complain(query: QuerySettings, words: Iterable[str], found: list[Explanation]) -> None:
    """Exit code 1 for what is known nowhere, or was missed. Raises SyncdError."""
    for one in found:
        name = f"{query.name} {shown_key(one.key)}"
        if one.source_error is not None and one.fate is RowFate.UNKNOWN:
            raise one.source_error
        if one.fate is RowFate.MISSING:
            raise MissedRow(
                _("{name}: behind the mark in the source, and nothing is known of it").format(name=name)
            )
        if one.fate is RowFate.UNKNOWN:
            typed = " ".join(words)
            raise UnknownRow(
                _(
                    "{query}: nothing is known of a row with the key {typed}, and the query does not "
                    "return one now"
                ).format(query=query.name, typed=typed)
            )


_MISSED = "missed"
"""The word of scripts for a row that `audit` calls missing."""


def _document(one: Explanation) -> dict[str, object]:
    return {
        "key": json.loads(one.key),
        "state": _MISSED if one.fate is RowFate.MISSING else one.fate,
        "upload": one.upload and upload_document(one.upload),
        "line": one.line or None,
        "waits_until": one.waiting and json_moment(one.waiting.due),
        "reject": one.reject and reject_document(one.reject),
        "source": one.source and _source_document(one.source),
        "source_error": one.source_error and str(one.source_error),
    }


def _source_document(source: InSource) -> dict[str, object]:
    return {
        "mark": shown_mark(source.mark),
        "read_already": source.read_already,
        "line": source.line or None,
        "waits_until": source.due and json_moment(source.due),
        "would_be_rejected": source.reject and source.reject.reason,
    }
