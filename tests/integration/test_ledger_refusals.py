"""The ledger of uploads that Metrica did not take: planned again, halved, down to the row at fault."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncd.ledger import QueryLedger, Store
from syncd.model import (
    Known,
    Mark,
    Position,
    Reason,
    RowFate,
    UploadState,
)
from syncd.model.errors import SyncdError
from syncd.model.keys import identity
from tests.support.fix_ledger import NOW, chunk, dump, receipt, row, tag
from tests.support.ledger import LATER, key


def test_an_upload_that_was_not_received_is_planned_again(ledger: QueryLedger, store: Store) -> None:
    """`not_received` and `sending` alternate, counting the attempts."""
    upload = ledger.begin(chunk("a", mark=1), tag(), NOW)
    ledger.not_received(upload)
    assert ledger.load(upload.id).state is UploadState.PLANNED
    again = ledger.sending(ledger.load(upload.id), LATER)
    assert (again.state, again.sent_at) == (UploadState.SENDING, LATER)
    assert ledger.load(upload.id) == again
    shown = store.upload(upload.id)
    assert shown is not None
    assert shown.attempts == 2


def test_a_refused_file_is_halved(ledger: QueryLedger, store: Store) -> None:
    """Two planned halves take its place, in order, and the second carries the mark."""
    upload = ledger.begin(chunk("a", "b", "c", mark=4), tag(), NOW)
    tags = (tag(), tag())
    first, second = ledger.split(upload, tags, LATER)
    assert (first.lines, second.lines) == (upload.lines[:1], upload.lines[1:])
    assert (first.keys, second.keys) == (upload.keys[:1], upload.keys[1:])
    assert (first.mark, second.mark) == (None, Mark((4,)))
    assert (first.tag, second.tag) == tags
    assert [ledger.load(half.id) for half in (first, second)] == [first, second]
    assert first.state is second.state is UploadState.PLANNED
    assert ledger.unsettled() == [first.id, second.id]
    parent = store.upload(upload.id)
    assert parent is not None
    assert (parent.state, parent.settled_at) == (UploadState.SPLIT, LATER)
    children = [child for child in store.uploads() if child.parent_id == upload.id]
    assert len(children) == 2
    assert ledger.position() is None


def test_the_half_with_the_mark_is_settled_last(ledger: QueryLedger) -> None:
    """However often the first half is halved, its rows are settled before the mark moves."""
    upload = ledger.begin(chunk("a", "b", "c", "d", mark=4), tag(), NOW)
    first, second = ledger.split(upload, (tag(), tag()), NOW)
    third, fourth = ledger.split(first, (tag(), tag()), NOW)
    later = ledger.begin(chunk("e", mark=5), tag(), NOW)
    assert ledger.unsettled() == [third.id, fourth.id, second.id, later.id]


def test_the_row_at_fault_becomes_a_reject(ledger: QueryLedger, store: Store) -> None:
    """A refused single row is a reject with its line, waits no more, and the mark moves past it."""
    ledger.record(chunk(waiting=[row("a")]))
    upload = ledger.begin(chunk("a", mark=6), tag(), NOW)
    ledger.refuse(upload, "bad ClientId", LATER)
    (reject,) = store.rejects("orders")
    assert (reject.reason, reject.row, reject.detail) == (
        Reason.REFUSED_BY_METRICA,
        row("a").line,
        "bad ClientId",
    )
    assert reject.upload_id == upload.id
    assert ledger.position() == Position(Mark((6,)), None, "fingerprint")
    assert ledger.unsettled() == []
    assert store.waiting_counts() == {}
    before = dump(store)
    ledger.refuse(upload, "bad ClientId", LATER + timedelta(hours=1))
    assert dump(store) == before


def test_a_refused_row_is_known_by_its_line(ledger: QueryLedger) -> None:
    """So that the same row read again can be told from one that was put right."""
    ledger.refuse(ledger.begin(chunk("a"), tag(), NOW), "no", NOW)
    known = ledger.find_known([key("a")])
    assert known == {key("a"): Known(RowFate.REJECTED, identity("a,paid,1700000000"), "10,RUB")}


def test_what_is_settled_cannot_be_unsettled(ledger: QueryLedger, store: Store) -> None:
    """No step leads out of a final state, and none leaves a trace when it is refused."""
    accepted = ledger.begin(chunk("a"), tag(), NOW)
    ledger.accept(accepted, receipt(), NOW)
    refused = ledger.begin(chunk("b"), tag(), NOW)
    ledger.refuse(refused, "no", NOW)
    halved = ledger.begin(chunk("c", "d"), tag(), NOW)
    ledger.split(halved, (tag(), tag()), NOW)
    before = dump(store)
    for upload in (accepted, refused, halved):
        for step in (ledger.not_received, lambda one: ledger.sending(one, NOW)):
            with pytest.raises(SyncdError):
                step(upload)
    for upload in (refused, halved):
        with pytest.raises(SyncdError):
            ledger.accept(upload, receipt(), NOW)
    with pytest.raises(SyncdError):
        ledger.split(accepted, (tag(), tag()), NOW)
    with pytest.raises(SyncdError):
        ledger.split(refused, (tag(), tag()), NOW)
    with pytest.raises(SyncdError):
        ledger.refuse(halved, "no", NOW)
    with pytest.raises(SyncdError):
        ledger.refuse(accepted, "no", NOW)
    assert dump(store) == before
