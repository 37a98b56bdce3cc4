"""What the command line and the status page read from the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from syncd.ledger import QueryLedger, Store
from syncd.ledger.rows import RunRow, UploadTotals, WaitingCount
from syncd.model import Mark, Origin, Reason
from tests.support.fix_ledger import NOW, bad, chunk, ledger_of, receipt, row, tag


def test_uploads_come_newest_first_page_by_page(store: Store) -> None:
    """All queries together or one alone; `before` continues where a page ended."""
    ids = []
    for number in range(5):
        ledger = ledger_of(store, "odd" if number % 2 else "even")
        ids.append(ledger.begin(chunk(f"{number}"), tag(), NOW).id)
    assert [shown.id for shown in store.uploads(limit=3)] == ids[:1:-1]
    assert [shown.id for shown in store.uploads(before=ids[2])] == [ids[1], ids[0]]
    assert [shown.id for shown in store.uploads("odd")] == [ids[3], ids[1]]
    assert store.upload(max(ids) + 1) is None


def test_uploads_in_figures(ledger: QueryLedger, store: Store) -> None:
    """Rows count once they are accepted; rows sent again by a person count once."""
    ledger.accept(ledger.begin(chunk("a", "b"), tag(), NOW), receipt(), NOW)
    ledger.accept(ledger.begin(chunk("a", "b", origin=Origin.RESEND), tag(), NOW), receipt(2), NOW)
    ledger.begin(chunk("c"), tag(), NOW)
    assert store.delivered_counts() == {
        "orders": UploadTotals(query="orders", uploads=3, unsettled=1, rows=2)
    }


def test_rejects_are_streamed_in_order(ledger: QueryLedger, store: Store) -> None:
    """All of them, or as many as wanted."""
    names = [f"{number:05}" for number in range(5001)]
    ledger.record(chunk(rejects=[bad(name) for name in names]))
    assert [reject.key for reject in store.rejects("orders")] == [bad(name).key for name in names]
    assert len(list(store.rejects("orders", 3))) == 3
    assert len(list(store.rejects("orders", 5001))) == 5001
    assert list(store.rejects("orders", 0)) == []
    assert list(store.rejects("other")) == []
    assert store.reject_counts() == {"orders": {Reason.PRICE_NEGATIVE: 5001}}


def test_rejects_can_be_dropped(ledger: QueryLedger, store: Store) -> None:
    """Some, or all of one query; just as they are they are known from then on, and none are counted twice."""
    ledger_of(store, "other").record(chunk(rejects=[bad("a")]))
    ledger.record(chunk(rejects=[bad("a"), bad("b"), bad("c")]))
    assert store.drop_rejects("orders", [bad("a").key, bad("x").key]) == 1
    assert store.drop_rejects("orders") == 2
    assert store.drop_rejects("orders") == 0
    assert list(store.rejects("orders")) == []
    assert [reject.key for reject in store.rejects("orders", dropped=True)] == [
        bad(name).key for name in "abc"
    ]
    assert ledger.known_rejects([bad("a"), replace(bad("b"), value="-7")]) == {bad("a").key}
    assert ledger.rejected([bad("a").key, bad("x").key]) == {bad("a").key: True}
    ledger.record(chunk(rejects=[replace(bad("b"), value="-7")]))
    assert [reject.key for reject in store.rejects("orders")] == [bad("b").key]
    assert store.drop_rejects("orders") == 1
    assert store.reject_counts() == {"other": {Reason.PRICE_NEGATIVE: 1}}


def test_waiting_rows_are_counted_with_the_next_due(ledger: QueryLedger, store: Store) -> None:
    """The next due is the earliest DateTime."""
    soon = NOW + timedelta(hours=1)
    times = (int(soon.timestamp()) + 5, int(soon.timestamp()))
    ledger.record(chunk(waiting=[row(f"{moment}", moment=moment) for moment in times]))
    assert store.waiting_counts() == {"orders": WaitingCount(2, soon)}


def test_runs_are_kept_one_per_query(store: Store) -> None:
    """A run replaces the one before; both directions are exact."""
    first = RunRow("orders", started_at=NOW, failures=2, error_code="source", error="away", action="see")
    store.save_runs([first, RunRow("other")])
    assert store.runs() == {"orders": first, "other": RunRow("other")}
    second = RunRow("orders", NOW, NOW + timedelta(microseconds=1), NOW, halted=True, read=5, newest_at=NOW)
    store.save_runs([second])
    assert store.runs() == {"orders": second, "other": RunRow("other")}
    store.save_runs([])


def test_positions_are_shown_as_texts(ledger: QueryLedger, store: Store) -> None:
    """The mark's text is the one of syncd.marks."""
    ledger.begin_query(Mark((5,)))
    position = store.positions()["orders"]
    assert (position.mark, position.safe, position.updated_at) == ('[["int","5"]]', None, NOW)
