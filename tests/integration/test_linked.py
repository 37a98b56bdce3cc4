"""What became of every row: links by day, the falling match rate, dropped rows, uploads never finished."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.ledger import QueryLedger, Store
from syncd.metrica.budget import BudgetTerms
from syncd.metrica.uploads import Uploads
from syncd.model import Origin, Receipt, UploadState, quota
from syncd.model.errors import NotReceived
from syncd.model.events import Event
from syncd.model.links import Alarm, Links
from syncd.model.settings import Relink
from tests.support.centre import COUNTER, Bench, client_id, sell
from tests.support.fix_ledger import NOW, TestClock, chunk, receipt, tag

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TODAY = NOW.astimezone(UTC).date()


def lists(emulator: EmulatorServer) -> int:
    """How many times Metrica was asked what became of uploads."""
    return sum("/uploading" in request.path for request in emulator.requests())


def finish(ledger: QueryLedger, store: Store, receipt: Receipt, state: UploadState) -> None:
    """Metrica has finished with the newest upload."""
    newest = store.uploads(limit=1)[0].id
    (followed,) = [one for one in ledger.followed() if one.id == newest]
    ledger.follow(followed, state, receipt, NOW)


def test_links_are_counted_once_by_day(ledger: QueryLedger, store: Store) -> None:
    """An upload counts when it becomes final, in the day of its acceptance; a second look changes nothing."""
    upload = ledger.begin(chunk("a", "b", "c"), tag(), NOW)
    ledger.accept(upload, receipt(1), NOW)
    (followed,) = ledger.followed()
    final = receipt(1, "PROCESSED", linked=2, user_not_found=1)
    ledger.follow(followed, UploadState.ACCEPTED, receipt(1, "MATCHED"), NOW)
    assert store.match_days(TODAY, ["orders"]) == {}
    ledger.follow(followed, UploadState.PROCESSED, final, NOW)
    ledger.follow(followed, UploadState.PROCESSED, final, NOW)
    (day,) = ledger.match_days(TODAY)
    assert (day.day, day.links) == (TODAY, Links(1, 3, 2, 0, 1, 0))
    ledger.accept(ledger.begin(chunk("d"), tag(), NOW), receipt(2), NOW)
    finish(ledger, store, receipt(2, "LINKAGE_FAILURE"), UploadState.UNLINKED)
    (day,) = ledger.match_days(TODAY)
    assert day.links == Links(2, 4, 2, 0, 1, 0)
    assert ledger.match_days(TODAY + DAY) == []


def test_what_metrica_does_not_say_is_not_counted(ledger: QueryLedger, store: Store) -> None:
    """PROCESSED without quantities says nothing of links, and no rate is made of it."""
    ledger.accept(ledger.begin(chunk("a"), tag(), NOW), receipt(1), NOW)
    finish(ledger, store, receipt(1, "PROCESSED"), UploadState.PROCESSED)
    assert store.match_days(TODAY, ["orders"]) == {}
    assert store.delivered_counts()["orders"].rows_told == 0


def test_a_later_link_is_a_gain(ledger: QueryLedger, store: Store, clock: TestClock) -> None:
    """Rows linked when they were sent again are counted beside, by the best try; never the rows again."""
    first = ledger.begin(chunk("a", "b", "c"), tag(), NOW)
    ledger.accept(first, receipt(1), NOW)
    finish(ledger, store, receipt(1, "PROCESSED", linked=1, user_not_found=2), UploadState.PROCESSED)
    since, before = NOW - DAY, NOW
    assert list(ledger.to_send_again(since, before, 9)) == [first.id]
    for number, linked in ((2, 2), (3, 1), (4, 3)):
        clock.forward(DAY)
        again = ledger.begin(chunk("a", "b", "c", origin=Origin.RESEND), tag(), NOW, again=first.id)
        ledger.accept(again, receipt(number), clock.now())
        assert list(ledger.to_send_again(since, clock.now() - HOUR, 9)) == []
        finish(ledger, store, receipt(number, "PROCESSED", linked=linked), UploadState.PROCESSED)
    (day,) = ledger.match_days(TODAY)
    assert day.links == Links(1, 3, 1, 2, 2, 0)
    totals = store.delivered_counts()["orders"]
    assert (totals.rows, totals.rows_told, totals.linked, totals.gained) == (3, 3, 1, 2)
    assert list(ledger.to_send_again(since, clock.now() + DAY, 9)) == []  # all are linked now


def test_the_alarm_is_kept(ledger: QueryLedger, store: Store) -> None:
    """It is there until it is taken back."""
    alarm = Alarm(NOW, 0.625)
    ledger.set_alarm(alarm)
    ledger.set_alarm(alarm)
    assert ledger.alarm() == alarm
    assert store.match_alarms() == {"orders": alarm}
    ledger.set_alarm(None)
    assert ledger.alarm() is None


def test_the_days_requests_are_counted_in_the_store(store: Store) -> None:
    """Never more than there are, by login, anew each day; what was not spent comes back."""
    assert store.set_aside("metrica", TODAY, 25, 40) == (25, 25)
    assert store.set_aside("metrica", TODAY, 25, 40) == (15, 40)
    assert store.set_aside("metrica", TODAY, 25, 40) == (0, 40)
    assert store.set_aside("queries.b", TODAY, 25, 40) == (25, 25)
    store.give_back("metrica", TODAY, 10)
    assert store.spent(TODAY) == {"metrica": 30, "queries.b": 25}
    assert store.set_aside("metrica", TODAY + DAY, 25, 40) == (25, 25)
    assert store.set_aside("metrica", TODAY, 25, 40) == (15, 40)  # its clock is behind
    store.give_back("metrica", TODAY, 10)
    assert store.spent(TODAY + DAY) == {"metrica": 40}


def test_what_metrica_refused_is_kept_in_the_store(store: Store) -> None:
    """For its day, of the login or of a counter, beside what was spent; until it is taken back."""
    store.set_aside("metrica", TODAY, 25, 40)
    store.refused("metrica", TODAY, None)
    store.refused("metrica", TODAY, None)
    store.refused("queries.b", TODAY, 101)
    assert store.refusals(TODAY) == {("metrica", None), ("queries.b", 101)}
    assert store.refusals(TODAY + DAY) == frozenset()
    assert store.spent(TODAY) == {"metrica": 25}
    store.take_back("queries.b", 101)
    assert store.refusals(TODAY) == {("metrica", None)}


def test_a_fall_and_a_recovery_are_told_once(bench: Bench, emulator: EmulatorServer) -> None:
    """Four good days, then the ids go wrong, then they are right again: one alarm, one end of it."""
    first = 1
    bench.clock.forward(-10 * DAY)
    emulator.advance(-10 * DAY.total_seconds())
    for visitors in ["all"] * 4 + ["none"] * 2 + ["all"] * 3:
        emulator.configure(visitors=visitors)
        for _ in range(3):
            sell(bench.database, first, 40)
            first += 40
            bench.run()
        bench.clock.forward(HOUR)
        bench.run()
        bench.clock.forward(23 * HOUR)
    (fallen,) = bench.listener.of(Event.MATCH_FALLEN)
    assert fallen["rate"] == 0
    assert fallen["past"] == 1
    (recovered,) = bench.listener.of(Event.MATCH_RECOVERED)
    assert recovered["rate"] == 1
    assert bench.rows("SELECT * FROM syncd_match_alarms") == []


def test_dropped_rows_are_told_and_counted(bench: Bench, emulator: EmulatorServer) -> None:
    """Metrica takes the file and leaves rows out: told at once."""
    emulator.fault("drop_rows", ids=[client_id(2), client_id(3)])
    sell(bench.database, 1, 5)
    bench.run()
    (told,) = bench.listener.of(Event.ROWS_DROPPED)
    assert (told["rows"], told["dropped"]) == (5, 2)
    assert bench.rows("SELECT dropped FROM syncd_uploads") == [(2,)]


def test_an_upload_that_is_never_finished_is_told_after_two_days(
    bench: Bench, emulator: EmulatorServer
) -> None:
    """Once, with the status; it is looked at once a day from then on, and its end is noticed."""
    emulator.configure(ripen_after=None)
    sell(bench.database, 1)
    bench.run()
    for _ in range(60):
        bench.clock.forward(HOUR)
        bench.run()
    (told,) = bench.listener.of(Event.UPLOAD_OVERDUE)
    assert told["status"] == "UPLOADED"
    before = lists(emulator)
    bench.clock.forward(DAY)
    emulator.configure(ripen_after=0)
    bench.run()
    assert lists(emulator) == before + 1
    assert bench.states() == ["processed"]


@pytest.mark.parametrize("status", ["PONDERED", "MATCHED", ""])
def test_an_unknown_status_is_not_final(bench: Bench, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """New words and missing numbers are taken as they come; the upload is followed on."""
    sell(bench.database, 1)
    bench.run()
    number = int(str(bench.rows("SELECT metrica_id FROM syncd_uploads")[0][0]))
    with monkeypatch.context() as patch:
        patch.setattr(Uploads, "one", lambda *_: Receipt(number, status))
        bench.clock.forward(HOUR)
        bench.run()
    assert bench.states() == ["accepted"]
    bench.clock.forward(HOUR)
    bench.run()
    assert bench.states() == ["processed"]


def spend(bench: Bench, left: int) -> None:
    """Of 1000 requests a day so many are left."""
    bench.noon()
    bench.budget.change_terms(BudgetTerms("metrica", 1000, 1))
    while bench.budget.left() > left:
        bench.budget.take(COUNTER)


def test_a_spent_quota_is_not_asked_again(bench: Bench, emulator: EmulatorServer) -> None:
    """Metrica says that the day is spent: not a request more before 00:00 GMT, and then the rows go."""
    bench.noon()
    emulator.fault("exhaust_quota", times=1)
    sell(bench.database, 1)
    for _ in range(3):
        with pytest.raises(NotReceived) as caught:
            bench.run()
        assert caught.value.retry_at == quota.next_midnight(bench.clock.now())
    assert len(emulator.requests()) == 1
    assert len(bench.listener.of(Event.QUOTA_SPENT)) == 1
    bench.clock.forward(12 * HOUR)
    assert bench.run().uploaded == 1


def test_links_are_not_asked_for_while_requests_are_short(bench: Bench, emulator: EmulatorServer) -> None:
    """Uploads come first: the list waits until the rest of the day has become short enough."""
    bench.noon()
    sell(bench.database, 1)
    bench.run()
    spend(bench, 200)  # at noon 250 would be half of an even rest
    before = lists(emulator)
    bench.clock.forward(HOUR)
    bench.run()
    assert lists(emulator) == before
    bench.clock.forward(3 * HOUR)
    bench.run()
    assert lists(emulator) == before + 1
    assert bench.states() == ["processed"]


def test_uploads_grow_while_requests_are_short(bench: Bench, emulator: EmulatorServer) -> None:
    """Rows wait for others to share an upload with, the mark stays, and the run is good; full ones go."""
    bench.restart(chunk_rows=5)
    spend(bench, 101)
    sell(bench.database, 1)
    assert bench.run().uploaded == 1
    mark = bench.mark()
    for number in (2, 3, 4):
        sell(bench.database, number)
        bench.clock.forward(timedelta(minutes=2))
        assert bench.run().uploaded == 0
    assert bench.mark() == mark
    bench.clock.forward(timedelta(minutes=5))
    assert bench.run().uploaded == 3
    sell(bench.database, 5, 11)
    assert bench.run().uploaded == 10
    assert [upload.parsed.accepted for upload in emulator.uploads()] == [1, 3, 5, 5]


def test_sending_again_has_the_lowest_priority(bench: Bench, emulator: EmulatorServer) -> None:
    """At half of an even rest it is asked, and nothing sent again, which was due since noon."""
    emulator.configure(visitors="none")
    bench.noon()
    bench.restart(relink=Relink(after=24 * HOUR, lasting=21 * DAY))
    sell(bench.database, 1, 3)
    bench.run()
    spend(bench, 300)
    bench.clock.forward(HOUR)
    bench.run()
    assert bench.states() == ["unlinked"]
    bench.clock.forward(timedelta(minutes=30))
    bench.run()
    assert bench.states() == ["unlinked"]
    bench.clock.forward(2 * DAY)
    bench.run()
    assert bench.states() == ["unlinked", "accepted"]


def test_what_has_gone_otherwise_is_passed_over(bench: Bench, emulator: EmulatorServer) -> None:
    """An upload all of whose rows were delivered anew by another takes no turn from the others."""
    emulator.configure(visitors="none")
    bench.restart(on_change="resend", relink=Relink(after=24 * HOUR, lasting=21 * DAY))
    sell(bench.database, 1, 2)
    bench.run()
    bench.database.run("UPDATE orders SET total = '99', changed = changed + 50")
    bench.run()
    bench.clock.forward(HOUR)
    bench.run()
    bench.clock.forward(2 * DAY)
    bench.run()
    assert bench.rows("SELECT id, again_at IS NULL FROM syncd_uploads") == [(1, 0), (2, 0), (3, 1)]
    assert bench.rows("SELECT parent_id FROM syncd_uploads WHERE origin = 'resend'") == [(2,)]
    assert {one.price for one in emulator.conversions()} <= {"99", "99.00"}
