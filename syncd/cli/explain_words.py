"""What `syncd explain` says, in words: of an upload, of a reject and what to do about it, of the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from shlex import quote

from syncd.cli.common import shown_key, shown_mark
from syncd.cli.uploads import dropped
from syncd.inspect.explain import Explanation
from syncd.language import NP_, _, counted, number, pgettext
from syncd.ledger.rows import RejectRow, UploadRow
from syncd.model import Origin, Reason, RowFate, UploadState
from syncd.model.remedies import REMEDIES
from syncd.model.settings import QuerySettings
from syncd.model.showing import shown_moment

_HEADS: Mapping[RowFate, str] = {
    RowFate.SENDING: NP_("row", "on its way to Metrica"),
    RowFate.DELIVERED: NP_("row", "delivered"),
    RowFate.PASSED: NP_("row", "passed over: it was there before the query's `start`, so it is never sent"),
    RowFate.WAITING: NP_("row", "waits for its DateTime"),
    RowFate.REJECTED: NP_("row", "rejected"),
    RowFate.DROPPED: NP_("row", "rejected, and dropped by a person: it is not sent as it is"),
    RowFate.WITHDRAWN: NP_(
        "row", "withdrawn: the query no longer returned it when its DateTime came, so it was not sent"
    ),
    RowFate.TO_COME: NP_("row", "not read yet"),
    RowFate.MISSING: NP_(
        "row", "MISSED: the source has it behind the query's mark, and nothing is known of it"
    ),
    RowFate.UNKNOWN: NP_("row", "not known"),
}


def paragraphs(query: QuerySettings, one: Explanation) -> Iterator[str]:
    """The head, then line by line what is known."""
    head = pgettext("row", _HEADS[one.fate])
    if one.fate is RowFate.DELIVERED and one.reject:
        head += _(", and rejected when it came again")
    yield f"{query.name} {shown_key(one.key)}: {head}"
    if one.upload:
        yield from _upload(one.upload)
    if one.line:
        yield from (_("as it was sent:"), *(f"  {line}" for line in one.line.splitlines()))
    if one.waiting:
        yield _("recorded {at}; goes with the next run after {due}").format(
            at=_at(one.waiting.created_at), due=_at(one.waiting.due)
        )
    if one.reject:
        yield from _reject(query, one.reject, shown_key(one.key))
    if one.source:
        yield from _source(one)
    elif one.source_error:
        yield _("the source could not be asked: {error}").format(error=one.source_error)
    elif one.fate is not RowFate.UNKNOWN:
        yield _("the query does not return it now")


def _upload(upload: UploadRow) -> Iterator[str]:
    yield _("read {at}, in upload {id} of {rows}").format(
        at=_at(upload.created_at),
        id=upload.id,
        rows=counted(upload.rows, "{count} row", "{count} rows"),
    )
    if upload.state is UploadState.PLANNED:
        yield _("not sent yet: the next run of the query sends it")
    elif upload.state is UploadState.SENDING:
        yield _("its POST began {sent}, without an answer so far: it is looked up at Metrica").format(
            sent=_at(upload.sent_at)
        )
    elif upload.state is UploadState.REFUSED:
        yield _("sent {sent}; Metrica refused it: {detail}").format(
            sent=_at(upload.sent_at), detail=upload.detail
        )
    else:
        yield _("sent {sent}, accepted {settled}").format(
            sent=_at(upload.sent_at), settled=_at(upload.settled_at)
        )
        yield from _outcome(upload)


def _outcome(upload: UploadRow) -> Iterator[str]:
    """What Metrica made of it."""
    if upload.origin is Origin.RESEND:
        yield _("the rows of upload {id} once more").format(id=upload.parent_id)
    status = _("Metrica's id {id}, status {status}").format(
        id=upload.metrica_id, status=upload.metrica_status
    )
    if upload.state is UploadState.ACCEPTED:
        yield _("{status}: it is working on it, which takes up to two hours").format(status=status)
        return
    yield status
    if upload.linked is None:
        yield _("Metrica tells no counts for it")
        return
    counts = [_("{linked} linked to a visitor").format(linked=number(upload.linked))]
    for count, words in (
        (upload.user_not_found, _("visitor not found")),
        (upload.goal_not_found, _("goal not found")),
        (dropped(upload), _("dropped by Metrica's validation")),
    ):
        counts += [f"{number(count)} {words}"] if count is not None else []
    yield _("of its {rows}: {counts}").format(
        rows=counted(upload.rows, "{count} row", "{count} rows"), counts=", ".join(counts)
    )
    if upload.linked == upload.rows:
        yield _("so this row is linked")
    elif upload.linked == 0:
        yield _("so this row is not linked")
    else:
        yield _("which rows those are Metrica tells in its report Offline conversions alone")


def _reject(query: QuerySettings, reject: RejectRow, key: str) -> Iterator[str]:
    where = _(" in {column}").format(column=reject.column) if reject.column else ""
    value = f": {reject.value!r}" if reject.value else ""
    if reject.reason is Reason.WITHDRAWN:
        yield _("withdrawn {at}: {detail}").format(at=_at(reject.created_at), detail=reject.detail)
        return
    yield _("rejected {at}: {reason}{where}{value}").format(
        at=_at(reject.created_at), reason=reject.reason, where=where, value=value
    )
    if reject.detail:
        yield reject.detail
    again = f"syncd rejects retry {query.name} {quote(key)}"
    if reject.dropped_at:
        yield _("dropped {at}; `{again}` takes that back").format(at=_at(reject.dropped_at), again=again)
        return
    yield _("what to do: {action}").format(action=_(REMEDIES[reject.reason]))
    if reject.retry_at:
        yield _("asked for again {at}: the next run of the query tries it").format(at=_at(reject.retry_at))
    elif reject.reason is not Reason.IDENTITY_CHANGED:
        yield _("then: `{again}`, unless its mark grows with the correction").format(again=again)


def _source(one: Explanation) -> Iterator[str]:
    source = one.source
    if source is None:
        return
    fit = _("it can be sent")
    if source.reject:
        where = _(" in {column}").format(column=source.reject.column) if source.reject.column else ""
        fit = _("it would be rejected: {reason}{where}").format(reason=source.reject.reason, where=where)
    elif source.due:
        fit = _("it would wait until {due}").format(due=_at(source.due))
    mark = _("its mark is null")
    if source.mark and source.read_already:
        mark = _("its mark is {mark}, which the query has passed").format(mark=shown_mark(source.mark))
    elif source.mark:
        mark = _("its mark is {mark}, which the query has not reached").format(mark=shown_mark(source.mark))
    yield _("in the source now: {mark}; {fit}").format(mark=mark, fit=fit)
    if one.line and source.line and one.line != source.line:
        yield from (_("which is not what was sent:"), *(f"  {line}" for line in source.line.splitlines()[1:]))
    if one.fate is RowFate.TO_COME:
        yield _("the next run of the query comes by it")


def _at(moment: datetime | None) -> str:
    return shown_moment(moment) if moment else _("never")
