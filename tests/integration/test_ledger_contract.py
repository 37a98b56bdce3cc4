"""What every method of the ledger does, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from syncd.ledger import QueryLedger, Store
from syncd.ledger.query.query_reads import FOLLOWED_FOR
from syncd.model import (
    Conversion,
    Known,
    Mark,
    Origin,
    Position,
    Reason,
    Reject,
    RowFate,
    Rows,
    UploadState,
)
from syncd.model.errors import SyncdError
from syncd.model.keys import identity
from tests.support.fix_ledger import HEADER, NOW, TestClock, bad, chunk, dump, ledger_of, receipt, row, tag
from tests.support.ledger import LATER, key


def test_a_query_that_never_began_has_no_position(ledger: QueryLedger) -> None:
    """Nothing is known of a new query."""
    assert ledger.position() is None
    assert ledger.unsettled() == []
    assert ledger.find_known([key("a")]) == {}
    assert ledger.fetch_due_rows(NOW, 10) == ("", [])
    assert ledger.followed() == []


def test_a_query_begins_where_it_is_told(ledger: QueryLedger, store: Store) -> None:
    """The mark, the fingerprint and the keys passed over are remembered."""
    ledger.begin_query(Mark((5, "x")), [key("a"), key("b"), key("a")])
    assert ledger.position() == Position(Mark((5, "x")), None, "fingerprint")
    assert ledger.find_known([key("a"), key("c")]) == {key("a"): Known(RowFate.DELIVERED, b"", "")}
    delivery = store.delivery("orders", key("b"))
    assert delivery is not None
    assert delivery.upload_id is None
    ledger.begin_query(None)
    assert ledger.position() == Position(None, None, "fingerprint")


def test_passing_over_does_not_forget_a_delivery(ledger: QueryLedger, store: Store) -> None:
    """A key that was really delivered keeps its upload, identity and money."""
    upload = ledger.begin(chunk("a"), tag(), NOW)
    ledger.accept(upload, receipt(), NOW)
    before = store.delivery("orders", key("a"))
    ledger.begin_query(Mark((5,)), [key("a")])
    assert store.delivery("orders", key("a")) == before


def test_the_safe_mark_is_kept_until_the_query_begins_again(ledger: QueryLedger) -> None:
    """`set_safe` stands beside the mark; moving the mark forward leaves it."""
    ledger.begin_query(Mark((1,)))
    ledger.set_safe(Mark((0,)), "")
    ledger.record(chunk(mark=2))
    assert ledger.position() == Position(Mark((2,)), Mark((0,)), "fingerprint")
    ledger.set_safe(None, "")
    assert ledger.position() == Position(Mark((2,)), None, "fingerprint")
    ledger.set_safe(Mark((2,)), "")
    ledger.begin_query(Mark((1,)))
    assert ledger.position() == Position(Mark((1,)), None, "fingerprint")


def test_begin_records_the_intent_but_not_the_mark(ledger: QueryLedger, store: Store) -> None:
    """After `begin` the exact lines can be loaded, and the query stands where it stood."""
    name = tag()
    upload = ledger.begin(chunk("a", "ü,€", mark=9, rejects=[bad("c")]), name, NOW)
    assert ledger.load(upload.id) == upload
    assert (upload.tag, upload.state, upload.sent_at) == (name, UploadState.SENDING, NOW)
    assert (upload.counter, upload.header, upload.mark) == (77, HEADER, Mark((9,)))
    assert upload.lines == [row("a").line, row("ü,€").line]
    assert upload.keys == [key("a"), key("ü,€")]
    assert ledger.unsettled() == [upload.id]
    assert ledger.position() is None
    assert [reject.key for reject in store.rejects("orders")] == [key("c")]
    assert ledger.find_known([key("a")]) == {}


def test_accept_delivers_and_moves_the_mark(ledger: QueryLedger, store: Store) -> None:
    """Deliveries, receipt and mark come together."""
    upload = ledger.begin(chunk("a", "b", mark=9), tag(), NOW)
    ledger.accept(upload, receipt(501, source=2, lines=2), LATER)
    assert ledger.position() == Position(Mark((9,)), None, "fingerprint")
    assert ledger.unsettled() == []
    assert ledger.find_known([key("a"), key("b")])[key("a")] == Known(
        RowFate.DELIVERED, identity("a,paid,1700000000"), "10,RUB"
    )
    shown = store.upload(upload.id)
    assert shown is not None
    assert (shown.state, shown.metrica_id, shown.metrica_status) == (UploadState.ACCEPTED, 501, "UPLOADED")
    assert (shown.source_quantity, shown.line_quantity, shown.linked) == (2, 2, None)
    assert (shown.created_at, shown.sent_at, shown.settled_at) == (NOW, NOW, LATER)
    assert (shown.rows, shown.attempts, shown.origin) == (2, 1, Origin.QUERY)


def test_accepting_twice_changes_nothing(ledger: QueryLedger, store: Store) -> None:
    """The second answer for an upload leaves everything as it is, the mark included."""
    first = ledger.begin(chunk("a", mark=1), tag(), NOW)
    ledger.accept(first, receipt(1), NOW)
    second = ledger.begin(chunk("b", mark=2), tag(), NOW)
    ledger.accept(second, receipt(2), NOW)
    before = dump(store)
    ledger.accept(first, receipt(99, "PROCESSED"), LATER)
    assert dump(store) == before


def test_a_chunk_without_a_mark_leaves_the_mark(ledger: QueryLedger) -> None:
    """Uploads of waiting, retried or resent rows do not move the query."""
    ledger.begin_query(Mark((7,)))
    upload = ledger.begin(chunk("a", origin=Origin.RETRY), tag(), NOW)
    ledger.accept(upload, receipt(), NOW)
    assert ledger.position() == Position(Mark((7,)), None, "fingerprint")


def test_a_resend_replaces_the_money(ledger: QueryLedger, store: Store) -> None:
    """A delivered key sent again is remembered with its newest money and upload."""
    first = ledger.begin(chunk("a"), tag(), NOW)
    ledger.accept(first, receipt(), NOW)
    again = chunk(origin=Origin.RESEND)
    again.ready.extend(Rows.of([row("a", price="12.50")]))
    second = ledger.begin(again, tag(), LATER)
    ledger.accept(second, receipt(2), LATER)
    delivery = store.delivery("orders", key("a"))
    assert delivery is not None
    assert delivery.upload_id == second.id
    assert ledger.find_known([key("a")])[key("a")].money == "12.50,RUB"
    assert store.delivered_counts()["orders"].rows == 1


def test_a_key_twice_in_one_upload_is_remembered_once(ledger: QueryLedger) -> None:
    """Of two lines with one key the last is remembered."""
    twice = chunk("a")
    twice.ready.extend(Rows.of([row("a", price="11")]))
    ledger.accept(ledger.begin(twice, tag(), NOW), receipt(), NOW)
    assert ledger.find_known([key("a")])[key("a")].money == "11,RUB"


def test_record_needs_no_upload(ledger: QueryLedger, store: Store) -> None:
    """A chunk of rejects and waiting rows moves the mark by itself."""
    ledger.record(chunk(mark=3, rejects=[bad("a")], waiting=[row("b")]))
    assert ledger.position() == Position(Mark((3,)), None, "fingerprint")
    assert store.uploads() == []
    assert ledger.find_known([key("a"), key("b")])[key("b")].state is RowFate.WAITING


def test_nothing_is_sent_unrecorded_nor_recorded_unsent(ledger: QueryLedger) -> None:
    """A chunk with rows to send is never recorded without them, and an upload is never empty."""
    with pytest.raises(SyncdError):
        ledger.record(chunk("a", mark=1))
    with pytest.raises(SyncdError):
        ledger.begin(chunk(mark=1), tag(), NOW)


def test_rejects_are_one_per_key(ledger: QueryLedger, store: Store, clock: TestClock) -> None:
    """The same reject again changes nothing; another reason or value replaces it in place."""
    ledger.record(chunk(rejects=[bad("a"), bad("a"), bad("b")]))
    before = dump(store)
    clock.forward(timedelta(hours=1))
    ledger.record(chunk(rejects=[bad("a")]))
    assert dump(store) == before
    ledger.record(chunk(rejects=[bad("a", Reason.PRICE_NOT_A_NUMBER, "x")]))
    first, second = store.rejects("orders")
    assert (first.key, first.reason, first.value) == (key("a"), Reason.PRICE_NOT_A_NUMBER, "x")
    assert (first.created_at, second.created_at) == (NOW + timedelta(hours=1), NOW)


def test_known_rejects_are_those_recorded_just_so(ledger: QueryLedger) -> None:
    """A reject is news when its reason or value differs from what is recorded."""
    ledger.record(chunk(rejects=[bad("a"), bad("b")]))
    asked = [bad("a"), bad("b", Reason.PRICE_NOT_FINITE), bad("c")]
    assert ledger.known_rejects(asked) == {key("a")}
    assert ledger.known_rejects([bad("a", value="-2")]) == frozenset()


def test_texts_that_postgresql_refuses_are_recorded_escaped(ledger: QueryLedger, store: Store) -> None:
    """A NUL or a broken character in a bad row does not keep it from being recorded."""
    reject = Reject(key("a"), Reason.TEXT_CONTROL_CHARACTERS, "Target", "x\0y\udc80", '{"t":"\0"}', "\0")
    ledger.record(chunk(rejects=[reject]))
    (recorded,) = store.rejects("orders")
    assert (recorded.value, recorded.row, recorded.detail) == ("x\\x00y\\udc80", '{"t":"\\x00"}', "\\x00")
    assert ledger.known_rejects([reject]) == {key("a")}


def test_a_delivered_row_is_neither_reject_nor_waiting(ledger: QueryLedger, store: Store) -> None:
    """Accepting takes the keys out of both, and of this query alone."""
    other = ledger_of(store, "other")
    for one in (ledger, other):
        one.record(chunk(rejects=[bad("a")], waiting=[row("b")]))
    ledger.accept(ledger.begin(chunk("a", "b"), tag(), NOW), receipt(), NOW)
    assert store.reject_counts() == {"other": {Reason.PRICE_NEGATIVE: 1}}
    assert list(store.waiting_counts()) == ["other"]


def test_a_waiting_row_waits_until_it_is_accepted(ledger: QueryLedger) -> None:
    """A row that is due stays recorded as waiting while its upload is open."""
    due = row("a", moment=int(NOW.timestamp()))
    ledger.record(chunk(waiting=[due, row("b", moment=int(NOW.timestamp()) + 1)]))
    header, ready = ledger.fetch_due_rows(NOW, 10)
    assert (header, ready) == (HEADER, [due])
    upload = ledger.begin(chunk("a", origin=Origin.WAITING), tag(), NOW)
    assert ledger.fetch_due_rows(NOW, 10) == (HEADER, [due])
    ledger.accept(upload, receipt(), NOW)
    assert ledger.fetch_due_rows(NOW, 10) == ("", [])
    assert [conversion.key for conversion in ledger.fetch_due_rows(NOW + timedelta(seconds=1), 10)[1]] == [
        key("b")
    ]


def test_due_rows_come_oldest_first_up_to_the_limit(ledger: QueryLedger) -> None:
    """The order is that of their DateTime."""
    ledger.record(
        chunk(waiting=[row(name, moment=moment) for name, moment in (("a", 3), ("b", 1), ("c", 2))])
    )
    assert [conversion.moment for conversion in ledger.fetch_due_rows(NOW, 2)[1]] == [1, 2]


def test_due_rows_of_one_upload_share_a_header(ledger: QueryLedger) -> None:
    """Rows kept before the columns changed go by themselves, with the header they were made for."""
    old = chunk(waiting=[Conversion(key("a"), "a,paid,1", 1)])
    old.header = "ClientId,Target,DateTime"
    ledger.record(old)
    ledger.record(chunk(waiting=[row("b", moment=2), row("c", moment=3)]))
    assert ledger.fetch_due_rows(NOW, 10) == ("ClientId,Target,DateTime", old.waiting)
    assert ledger.find_known([key("a")])[key("a")] == Known(RowFate.WAITING, identity("a,paid,1"), "")


def test_a_waiting_row_is_kept_in_its_newest_form(ledger: QueryLedger, store: Store) -> None:
    """Read again with another price, it waits with that one; read again as a bad row, it waits no more."""
    ledger.record(chunk(waiting=[row("a")]))
    ledger.record(chunk(waiting=[row("a", price="20", moment=5)]))
    assert ledger.find_known([key("a")])[key("a")].money == "20,RUB"
    waiting = store.waiting_row("orders", key("a"))
    assert waiting is not None
    assert waiting.due == datetime.fromtimestamp(5, UTC)
    ledger.record(chunk(rejects=[bad("a")]))
    assert store.waiting_row("orders", key("a")) is None
    ledger.record(chunk(waiting=[row("a")]))
    assert store.reject("orders", key("a")) is None


def test_a_query_sees_its_own_uploads_alone(ledger: QueryLedger, store: Store) -> None:
    """Another query's upload can be neither listed nor loaded nor changed."""
    upload = ledger.begin(chunk("a"), tag(), NOW)
    other = ledger_of(store, "other")
    assert other.unsettled() == []
    with pytest.raises(SyncdError):
        other.load(upload.id)
    with pytest.raises(SyncdError):
        other.accept(upload, receipt(), NOW)


def test_metrica_is_followed_to_the_end(ledger: QueryLedger, store: Store, clock: TestClock) -> None:
    """Statuses and figures are recorded as they come; a receipt without figures overwrites none."""
    upload = ledger.begin(chunk("a", "b"), tag(), NOW)
    ledger.accept(upload, receipt(7, source=2), NOW)
    (followed,) = ledger.followed()
    assert (followed.id, followed.metrica_id, followed.status) == (upload.id, 7, "UPLOADED")
    assert (followed.settled_at, followed.checked_at) == (NOW, None)
    ledger.follow(followed, UploadState.ACCEPTED, None, LATER)
    assert ledger.followed()[0].checked_at == LATER
    ledger.follow(followed, UploadState.ACCEPTED, receipt(7, "MATCHED", linked=1), LATER)
    ledger.follow(followed, UploadState.PROCESSED, receipt(7, "PROCESSED"), LATER)
    assert ledger.followed() == []
    shown = store.upload(upload.id)
    assert shown is not None
    assert (shown.state, shown.metrica_status) == (UploadState.PROCESSED, "PROCESSED")
    assert (shown.source_quantity, shown.linked) == (2, 1)
    totals = store.delivered_counts()["orders"]
    assert (totals.rows, totals.rows_told, totals.linked) == (2, 2, 1)
    never_ends = ledger.begin(chunk("c"), tag(), NOW)
    ledger.accept(never_ends, receipt(8), NOW)
    clock.forward(FOLLOWED_FOR + timedelta(seconds=1))
    assert ledger.followed() == []


def test_many_queries_write_at_once(store: Store) -> None:
    """Threads that write to one store wait for each other, and nothing of theirs is lost."""
    failures: list[Exception] = []

    def work(query: str) -> None:
        try:
            mine = ledger_of(store, query)
            for number in range(10):
                upload = mine.begin(chunk(f"{number}", mark=number), tag(), NOW)
                mine.accept(upload, receipt(), NOW)
                mine.find_known([key(f"{number}")])
        except Exception as error:  # noqa: BLE001 — told below, in the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(f"q{number}",)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert failures == []
    assert {totals.rows for totals in store.delivered_counts().values()} == {10}
    assert len(store.delivered_counts()) == 16


def test_many_keys_at_once(ledger: QueryLedger) -> None:
    """More keys than fit one statement are delivered and found again."""
    names = [f"order-{number}" for number in range(12_001)]
    ledger.accept(ledger.begin(chunk(*names, mark=1), tag(), NOW), receipt(), NOW)
    known = ledger.find_known([key(name) for name in [*names, "new"]])
    assert len(known) == len(names)
    assert key("new") not in known
