"""`syncd audit`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncd.cli.access import holding, looking
from syncd.cli.common import (
    DURATION,
    config_option,
    json_option,
    pick,
    print_json,
    read_settings,
    shown_key,
    shown_mark,
)
from syncd.inspect.audit import NAMED, Account, Span, account, find_departed, missing, span_of
from syncd.inspect.compare import Compare
from syncd.language import NP_, _, counted, number, pgettext
from syncd.mapping import kind_of
from syncd.model import Mark, RowFate
from syncd.model.errors import RowsMissing, UploadsMissing, UsageError
from syncd.model.settings import QuerySettings
from syncd.model.showing import json_moment, shown_moment, visible

if TYPE_CHECKING:
    from syncd.ledger import Store
    from syncd.service.resources import Resources

ROWS_REJECTED = 3
_WORDS = {
    RowFate.DELIVERED: NP_("rows", "delivered"),
    RowFate.PASSED: NP_("rows", "passed over: there before the query's `start`"),
    RowFate.SENDING: NP_("rows", "on their way"),
    RowFate.WAITING: NP_("rows", "waiting for their DateTime"),
    RowFate.REJECTED: NP_("rows", "rejected"),
    RowFate.DROPPED: NP_("rows", "rejected, and dropped by a person"),
    RowFate.CHANGED_MONEY: NP_("rows", "delivered, with another {changing} in the source now"),
    RowFate.CHANGED_IDENTITY: NP_("rows", "delivered, with another {identity} in the source now"),
    RowFate.MISSING: NP_("rows", "MISSING: nothing is known of them"),
}


@dataclass(frozen=True, slots=True)
class Result:
    """What an audit found."""

    query: QuerySettings
    span: Span | None
    """None: the query has read nothing yet."""
    found: Account
    healed: int | None
    """Rows that were missing and no longer are; None where that was not asked for."""
    lost: list[int] | None
    """Uploads that Metrica's list does not have; None where that was not asked for."""
    stands: Mark | None
    """The query's mark."""
    departed: list[str] | None
    """Delivered keys that the query returns no more; None for rows that are sent once."""

    @property
    def missing(self) -> int:
        """Rows that nothing is known of."""
        return self.found.counts[RowFate.MISSING]


@click.command()
@config_option
@json_option
@click.option(
    "--since", "length", type=DURATION, required=True, metavar="DURATION", help="How far back, such as 7d."
)
@click.option("--heal", is_flag=True, help="Deliver what is missing; no daemon may run the query meanwhile.")
@click.option("--at-metrica", is_flag=True, help="Also look whether Metrica's list has the uploads.")
@click.argument("name")
def audit(
    *, config: Path | None, as_json: bool, length: timedelta, heal: bool, at_metrica: bool, name: str
) -> int:
    """Compare the rows of query NAME in the source with what was delivered.

    By the time in the mark or, where the mark is no time, by DateTime; up to the query's mark, or to a lower
    one as long as rows may come late behind that: the others are yet to be read, or read again.
    Exit codes: 0 all accounted for, 1 rows are missing, 3 rows are rejects.
    """
    settings = read_settings(config)
    (query,) = pick(settings, [name])
    with ExitStack() as around:
        if heal:
            application, ledger = around.enter_context(holding(settings, query))
            resources = application.resources
        else:
            resources, ledger = around.enter_context(looking(settings, query))
        query = resources.complete(query)
        comparison = Compare(query, resources.source(query), ledger, resources.clock)
        position = ledger.position()
        span = span_of(comparison, position, length, resources.store.first_upload_at(query.name))
        found, healed = Account() if span is None else account(comparison, span), None
        if heal and span is not None:
            before, healed = found.counts[RowFate.MISSING], 0
            if before:
                application.send_chunks(query.name, lambda intake: missing(comparison, intake, span))
                found = account(comparison, span)
                healed = before - found.counts[RowFate.MISSING]
        since = resources.clock.now() - length
        lost = _lost(resources, query, since) if at_metrica else None
        departed = None
        if kind_of(query).on_change == "resend":
            departed = find_departed(comparison, _delivered_since(resources.store, query.name, since))
    result = Result(query, span, found, healed, lost, position.mark if position else None, departed)
    if as_json:
        print_json(_document(result))
    else:
        for line in _lines(result):
            click.echo(line)
    return _end(result)


def _end(result: Result) -> int:
    """The exit code. Raises RowsMissing or UploadsMissing."""
    if result.missing:
        raise RowsMissing(
            f"{result.query.name}: " + counted(result.missing, "{count} row missing", "{count} rows missing")
        )
    if result.lost:
        raise UploadsMissing(
            f"{result.query.name}: "
            + counted(len(result.lost), "{count} upload not at Metrica", "{count} uploads not at Metrica")
        )
    return ROWS_REJECTED if result.found.counts[RowFate.REJECTED] else 0


def _lost(resources: Resources, query: QuerySettings, since: datetime) -> list[int]:
    """The uploads accepted since then that the counter's list does not have."""
    from syncd.ledger.rows import UploadRow  # the database libraries, only where needed
    from syncd.model.places import Place
    from syncd.model.uploads import DELIVERED

    if not resources.uploads(query).lists_tags:
        raise UsageError(f"--at-metrica: Metrica has no list of uploads of {query.kind} to compare with")
    here = resources.ledger(query).place

    def is_elsewhere(upload: UploadRow) -> bool:
        return here.differs(Place(upload.api_url or "", upload.counter))

    pages = resources.uploads(query).pages(query.counter)
    listed, before, lost = {receipt.id for page in pages for receipt in page}, None, list[int]()
    while page := resources.store.uploads(query.name, limit=1000, before=before):
        recent = [upload for upload in page if upload.created_at >= since and not is_elsewhere(upload)]
        lost += [one.id for one in recent if one.state in DELIVERED and one.metrica_id not in listed]
        if page[-1].created_at < since:
            break
        before = page[-1].id
    return lost


def _delivered_since(store: Store, query: str, since: datetime) -> Iterator[int]:
    """The uploads that Metrica accepted since then, newest first."""
    from syncd.model.uploads import DELIVERED  # as above

    before = None
    while page := store.uploads(query, limit=1000, before=before):
        yield from (one.id for one in page if one.created_at >= since and one.state in DELIVERED)
        if page[-1].created_at < since:
            return
        before = page[-1].id


def _lines(result: Result) -> Iterator[str]:
    name, span, found, kind = result.query.name, result.span, result.found, kind_of(result.query)
    if span is None:
        yield _("{name}: it has delivered nothing yet, so there is nothing to compare").format(name=name)
        return
    how = _("by {mark}").format(mark=result.query.mark[0]) if span.by_mark else _("by DateTime")
    since, upto = shown_moment(span.since), shown_mark(span.upto)
    if result.stands is not None and result.stands != span.upto:
        upto = _("{upto}; from there to {stands}, where the query stands, rows may still come").format(
            upto=upto, stands=shown_mark(result.stands)
        )
    yield _("{name}: rows since {since} ({how}), up to the mark {upto}").format(
        name=name, since=since, how=how, upto=upto
    )
    for fate, words in _WORDS.items():
        count = found.counts[fate]
        if not count:
            continue
        said = pgettext("rows", words).format(
            changing=_(kind.changing_words), identity=_(kind.identity_words)
        )
        yield f"{number(count):>9}  {said}"
        if keys := found.named.get(fate):
            more = ", …" if count > NAMED else ""
            yield visible(f"{'':11}{'; '.join(map(shown_key, keys))}{more}")
    if not found.counts.total():
        words = _("rows in that time")
        yield f"{0:>9}  {words}"
    if result.departed:
        rows = len(result.departed)
        said = _("delivered, and not in the query now: Metrica has them as last sent")
        yield f"{number(rows):>9}  {said}"
        more = ", …" if len(result.departed) > NAMED else ""
        yield visible(f"{'':11}{'; '.join(map(shown_key, result.departed[:NAMED]))}{more}")
    if result.healed is not None:
        yield counted(
            result.healed,
            "Healed, and accounted for now: {count} row",
            "Healed, and accounted for now: {count} rows",
        )
    if result.lost is not None:
        words = ", ".join(map(str, result.lost)) or _("none")
        yield _("Uploads accepted in that time that Metrica's list does not have: {uploads}").format(
            uploads=words
        )


def _document(result: Result) -> dict[str, object]:
    span, found = result.span, result.found
    return {
        "query": result.query.name,
        "kind": result.query.kind,
        "since": span and json_moment(span.since),
        "by": (result.query.mark[0] if span.by_mark else "DateTime") if span else None,
        "up_to": shown_mark(span.upto) if span else None,
        "rows": {fate.value: found.counts[fate] for fate in _WORDS},
        "keys": {fate.value: [json.loads(key) for key in keys] for fate, keys in found.named.items()},
        "departed": None if result.departed is None else [json.loads(key) for key in result.departed],
        "healed": result.healed,
        "uploads_not_at_metrica": result.lost,
    }
