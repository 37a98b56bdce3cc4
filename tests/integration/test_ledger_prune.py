"""What is old is forgotten in small steps, and what is still needed never."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from syncd.ledger import QueryLedger, Store
from syncd.ledger.prune import AT_ONCE, KEPT, Pruner
from syncd.model import Chunk, Conversion, Reason, Receipt, Rows
from tests.support.fix_ledger import NOW, bad, chunk

HEADER = "ClientId,Target,DateTime"


def send(ledger: QueryLedger, keys: range, *, accept: bool = True, age: timedelta = timedelta(0)) -> int:
    """Record an upload of these keys, sent and accepted at NOW (and `age`); its id."""
    rows = [Conversion(f'["{key}"]', f"{key},paid,1767225600", 1767225600) for key in keys]
    tag = f"syncd{age.days:012x}{keys.start:020x}"
    upload = ledger.begin(Chunk(header=HEADER, ready=Rows.of(rows)), tag, NOW + age)
    if accept:
        ledger.accept(upload, Receipt(upload.id, "UPLOADED"), NOW + age)
    return upload.id


def finish(pruner: Pruner, age: timedelta) -> int:
    """All steps there are to do at this age of the uploads; how many."""
    steps = 1
    while pruner.step(NOW + age):
        steps += 1
    return steps


def test_keys_and_uploads_are_forgotten_after_a_year_and_some(store: Store, ledger: QueryLedger) -> None:
    """Step by step; keys that a younger upload delivered again, and open uploads, stay."""
    old = [send(ledger, range(10 * number, 10 * number + 10)) for number in range(2 * AT_ONCE + 1)]
    still_open = send(ledger, range(10**6, 10**6 + 2), accept=False)
    ledger.begin_query(None, ["passed"])
    again = send(ledger, range(7, 8), age=KEPT)
    assert finish(Pruner(store), KEPT - timedelta(days=1)) == 1
    assert finish(Pruner(store), KEPT + timedelta(days=1)) == 3
    assert set(ledger.find_known([f'["{key}"]' for key in range(2000)])) == {'["7"]'}
    assert "passed" in ledger.find_known(["passed"])
    assert [store.upload(number) for number in old] == [None] * len(old)
    assert ledger.load(still_open).lines
    assert ledger.load(again).lines


def test_the_index_goes_with_what_it_leads_to(store: Store, ledger: QueryLedger) -> None:
    """Runs of forgotten uploads are dropped; the younger one's stay, of keys and of conversions."""
    for number in range(5):
        send(ledger, range(10 * number, 10 * number + 10))
    send(ledger, range(100, 110), age=KEPT)
    finish(Pruner(store), KEPT + timedelta(days=1))
    with store.database.read() as connection:
        tables = store.database.tables
        assert connection.execute(select(func.count()).select_from(tables.key_runs)).scalar_one() == 2
        assert connection.execute(select(func.count()).select_from(tables.key_blocks)).scalar_one() == 2


def test_what_a_resting_query_delivered_last_stays(store: Store, ledger: QueryLedger) -> None:
    """Where nothing young is there, nothing is forgotten: it is all that new rows can be compared with."""
    send(ledger, range(3))
    assert finish(Pruner(store), 2 * KEPT) == 1
    assert len(ledger.find_known(['["0"]', '["1"]', '["2"]'])) == 3


def test_dropped_rejects_are_forgotten_others_are_not(store: Store, ledger: QueryLedger) -> None:
    """What a person gave up is kept as long as an upload; what nobody looked at yet, for ever."""
    ledger.record(chunk(rejects=[bad("dropped"), bad("open")]))
    store.drop_rejects("orders", [bad("dropped").key])
    send(ledger, range(3), age=timedelta(days=1))
    send(ledger, range(3, 6), age=2 * KEPT)
    finish(Pruner(store), KEPT)
    assert len(list(store.rejects("orders", dropped=True))) == 1
    finish(Pruner(store), KEPT + timedelta(days=2))
    assert list(store.rejects("orders", dropped=True)) == []
    assert [reject.key for reject in store.rejects("orders")] == [bad("open").key]


def test_the_values_of_rejects_go_sooner_than_their_keys(store: Store, ledger: QueryLedger) -> None:
    """After `keep_reject_values`, be it dropped; what is read again in the same way is known all the same."""
    ledger.record(chunk(rejects=[bad("open"), bad("dropped"), bad("x", Reason.REFUSED_BY_METRICA, "")]))
    store.drop_rejects("orders", [bad("dropped").key])
    pruner = Pruner(store, timedelta(days=90))
    finish(pruner, timedelta(days=89))
    assert next(store.rejects("orders")).row == bad("open").row
    finish(pruner, timedelta(days=91))
    kept = [(row.key, row.reason, row.value, row.row) for row in store.rejects("orders")]
    refused = (bad("x").key, Reason.REFUSED_BY_METRICA, "", bad("x").row)
    assert kept == [(bad("open").key, Reason.PRICE_NEGATIVE, "", ""), refused]
    assert [row.row for row in store.rejects("orders", dropped=True)] == [""]
    again = [bad("open"), bad("dropped", value="-2"), bad("x")]
    assert ledger.known_rejects(again) == {bad("open").key, bad("dropped").key}


def test_a_young_store_is_not_written_to(store: Store, ledger: QueryLedger) -> None:
    """Nothing is old: no step finds anything to do."""
    send(ledger, range(3))
    assert finish(Pruner(store), timedelta(days=1)) == 1
