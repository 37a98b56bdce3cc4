"""What `syncd explain` says, in words: of an upload, of a reject and what to do about it, of the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from shlex import quote

from syncd.cli.common import counted, shown_key, shown_mark
from syncd.cli.uploads import dropped
from syncd.inspect.explain import Explanation, State
from syncd.ledger.rows import RejectRow, UploadRow
from syncd.model import Origin, Reason, UploadState
from syncd.model.settings import QuerySettings
from syncd.model.showing import shown_moment

_HEADS: Mapping[State, str] = {
    State.SENDING: "on its way to Metrica",
    State.DELIVERED: "delivered",
    State.PASSED: "passed over: it was there before the query's `start`, so it is never sent",
    State.WAITING: "waits for its DateTime",
    State.REJECTED: "rejected",
    State.DROPPED: "rejected, and dropped by a person: it is not sent as it is",
    State.WITHDRAWN: "withdrawn: the query no longer returned it when its DateTime came, so it was not sent",
    State.TO_COME: "not read yet",
    State.MISSED: "MISSED: the source has it behind the query's mark, and nothing is known of it",
    State.UNKNOWN: "not known",
}

REMEDIES: Mapping[Reason, str] = {
    Reason.NO_ID: "Fill one of the id columns; a visitor without any cannot be linked.",
    Reason.ID_NOT_DIGITS: "Store the id as getClientID (or the ad click) gives it: 1 to 20 digits.",
    Reason.ID_FLOAT: "Make the column text or integer: as a float the id has lost its last digits.",
    Reason.TEXT_EMPTY: "Fill the column.",
    Reason.TEXT_TOO_LONG: "Shorten it to 255 characters.",
    Reason.TEXT_CONTROL_CHARACTERS: "Remove line ends, tabs and other control characters.",
    Reason.TEXT_TYPE: "Give the column as text (a cast in the sql will do).",
    Reason.DATETIME_NULL: "Fill the column, or leave such rows out in the sql.",
    Reason.DATETIME_UNREADABLE: "Give a timestamp, unix seconds or ISO 8601 text.",
    Reason.DATETIME_MILLISECONDS: "Divide by 1000 in the sql: DateTime is in seconds.",
    Reason.DATETIME_TOO_OLD: "Correct the moment: it is before the year 2000.",
    Reason.PRICE_NOT_A_NUMBER: "Give a number, or text with a dot and without spaces.",
    Reason.PRICE_NOT_FINITE: "Give a finite number, or null.",
    Reason.PRICE_NEGATIVE: "Metrica takes no price below zero: send what may be refunded as orders.",
    Reason.CURRENCY_UNKNOWN: "Give the ISO 4217 letters, such as RUB: Metrica would drop the money silently.",
    Reason.DATETIME_AMBIGUOUS: "Metrica cannot tell the two hours apart: give a moment outside of them.",
    Reason.STATUS_UNKNOWN: "Name the word under `statuses`.",
    Reason.NO_CONTACT: "Fill a ClientId, a mail or a phone, or filter the row.",
    Reason.FLAG_UNREADABLE: "Cast it to 1 or 0 in the SQL.",
    Reason.DURATION_UNREADABLE: "Cast it to whole seconds in the SQL.",
    Reason.EMAIL_UNREADABLE: "Correct the address, or fill another contact.",
    Reason.PHONE_UNREADABLE: "Correct the number, or fill another contact.",
    Reason.MARK_NULL: "Fill the mark's columns: without them the row has no place in the order.",
    Reason.KEY_NULL: "Fill the key's columns.",
    Reason.IDENTITY_CHANGED: "Nothing, if the first form was right: Metrica cannot take a conversion back.",
    Reason.SAME_CONVERSION: "Give it a second of its own in the SQL, or set `spread: true`; then retry it.",
    Reason.WITHDRAWN: "Nothing, if it was deleted or cancelled; back with a new mark it is sent.",
    Reason.REFUSED_BY_METRICA: "See Metrica's words above, and the goal and the counter in Metrica.",
}
"""What to do about a row that was rejected."""


def paragraphs(query: QuerySettings, one: Explanation) -> Iterator[str]:
    """The head, then line by line what is known."""
    head = _HEADS[one.state]
    if one.state is State.DELIVERED and one.reject:
        head += ", and rejected when it came again"
    yield f"{query.name} {shown_key(one.key)}: {head}"
    if one.upload:
        yield from _upload(one.upload)
    if one.line:
        yield from ("as it was sent:", *(f"  {line}" for line in one.line.splitlines()))
    if one.waiting:
        yield f"recorded {_at(one.waiting.created_at)}; goes with the next run after {_at(one.waiting.due)}"
    if one.reject:
        yield from _reject(query, one.reject, shown_key(one.key))
    if one.source:
        yield from _source(one)
    elif one.source_error:
        yield f"the source could not be asked: {one.source_error}"
    elif one.state is not State.UNKNOWN:
        yield "the query does not return it now"


def _upload(upload: UploadRow) -> Iterator[str]:
    yield f"read {_at(upload.created_at)}, in upload {upload.id} of {counted(upload.rows, 'row')}"
    if upload.state is UploadState.PLANNED:
        yield "not sent yet: the next run of the query sends it"
    elif upload.state is UploadState.SENDING:
        yield f"its POST began {_at(upload.sent_at)}, without an answer so far: it is looked up at Metrica"
    elif upload.state is UploadState.REFUSED:
        yield f"sent {_at(upload.sent_at)}; Metrica refused it: {upload.detail}"
    else:
        yield f"sent {_at(upload.sent_at)}, accepted {_at(upload.settled_at)}"
        yield from _outcome(upload)


def _outcome(upload: UploadRow) -> Iterator[str]:
    """What Metrica made of it."""
    if upload.origin is Origin.RESEND:
        yield f"the rows of upload {upload.parent_id} once more"
    status = f"Metrica's id {upload.metrica_id}, status {upload.metrica_status}"
    if upload.state is UploadState.ACCEPTED:
        yield f"{status}: it is working on it, which takes up to two hours"
        return
    yield status
    if upload.linked is None:
        yield "Metrica tells no counts for it"
        return
    counts = [f"{upload.linked:,} linked to a visitor"]
    for count, words in (
        (upload.user_not_found, "visitor not found"),
        (upload.goal_not_found, "goal not found"),
        (dropped(upload), "dropped by Metrica's validation"),
    ):
        counts += [f"{count:,} {words}"] if count is not None else []
    yield f"of its {counted(upload.rows, 'row')}: {', '.join(counts)}"
    if upload.linked == upload.rows:
        yield "so this row is linked"
    elif upload.linked == 0:
        yield "so this row is not linked"
    else:
        yield "which rows those are Metrica tells in its report Offline conversions alone"


def _reject(query: QuerySettings, reject: RejectRow, key: str) -> Iterator[str]:
    where = f" in {reject.column}" if reject.column else ""
    value = f": {reject.value!r}" if reject.value else ""
    if reject.reason is Reason.WITHDRAWN:
        yield f"withdrawn {_at(reject.created_at)}: {reject.detail}"
        return
    yield f"rejected {_at(reject.created_at)}: {reject.reason}{where}{value}"
    if reject.detail:
        yield reject.detail
    again = f"syncd rejects retry {query.name} {quote(key)}"
    if reject.dropped_at:
        yield f"dropped {_at(reject.dropped_at)}; `{again}` takes that back"
        return
    yield f"what to do: {REMEDIES[reject.reason]}"
    if reject.retry_at:
        yield f"asked for again {_at(reject.retry_at)}: the next run of the query tries it"
    elif reject.reason is not Reason.IDENTITY_CHANGED:
        yield f"then: `{again}`, unless its mark grows with the correction"


def _source(one: Explanation) -> Iterator[str]:
    source = one.source
    if source is None:
        return
    fit = "can be sent"
    if source.reject:
        where = f" in {source.reject.column}" if source.reject.column else ""
        fit = f"would be rejected: {source.reject.reason}{where}"
    elif source.due:
        fit = f"would wait until {_at(source.due)}"
    place = "which the query has passed" if source.read_already else "which the query has not reached"
    mark = f"its mark is {shown_mark(source.mark)}, {place}" if source.mark else "its mark is null"
    yield f"in the source now: {mark}; it {fit}"
    if one.line and source.line and one.line != source.line:
        yield from ("which is not what was sent:", *(f"  {line}" for line in source.line.splitlines()[1:]))
    if one.state is State.TO_COME:
        yield "the next run of the query comes by it"


def _at(moment: datetime | None) -> str:
    return shown_moment(moment) if moment else "never"
