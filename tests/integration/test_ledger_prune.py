"""What is old is forgotten in small steps, and what is still needed never."""

from __future__ import annotations

from datetime import timedelta

from syncd.ledger import QueryLedger, Store
from syncd.ledger.prune import FILES_KEPT, KEYS_AT_ONCE, KEYS_KEPT, Pruner
from syncd.model import Chunk, Conversion, Receipt
from tests.fix_ledger import NOW

HEADER = "ClientId,Target,DateTime"


def send(ledger: QueryLedger, keys: range, *, accept: bool = True) -> int:
    """Record an upload of these keys, sent and accepted at NOW; its id."""
    rows = [Conversion(f'["{key}"]', f"{key},paid,1767225600", 1767225600) for key in keys]
    upload = ledger.begin(Chunk(header=HEADER, ready=rows), f"syncd{keys.start:032x}", NOW)
    if accept:
        ledger.accept(upload, Receipt(upload.id, "UPLOADED"), NOW)
    return upload.id


def finish(pruner: Pruner, age: timedelta) -> int:
    """All steps there are to do at this age of the uploads; how many."""
    steps = 1
    while pruner.step(NOW + age):
        steps += 1
    return steps


def test_files_go_first_and_keys_stay(store: Store, ledger: QueryLedger) -> None:
    """After a month the lines of settled uploads are gone; the keys, the uploads and open files are there."""
    settled, still_open = send(ledger, range(3)), send(ledger, range(10, 13), accept=False)
    finish(Pruner(store), FILES_KEPT - timedelta(days=1))
    assert ledger.load(settled).lines
    finish(Pruner(store), FILES_KEPT + timedelta(days=1))
    assert ledger.load(still_open).lines
    assert store.upload(settled) is not None
    assert set(ledger.known([f'["{key}"]' for key in range(3)])) == {'["0"]', '["1"]', '["2"]'}
    with store.database.read() as connection:
        tables = store.database.tables
        assert connection.execute(tables.payloads.select()).one().upload_id == still_open


def test_keys_and_uploads_are_forgotten_after_a_year_and_some(store: Store, ledger: QueryLedger) -> None:
    """Step by step; keys that a younger upload delivered again, and open uploads, stay."""
    many = range(KEYS_AT_ONCE * 2 + 10)
    old, still_open = send(ledger, many), send(ledger, range(10**6, 10**6 + 2), accept=False)
    ledger.begin_query(None, ["passed"])
    later = NOW + KEYS_KEPT
    again = ledger.begin(
        Chunk(header=HEADER, ready=[Conversion('["7"]', "7,paid,1767225600", 1767225600)]),
        "syncd" + "f" * 32,
        later,
    )
    ledger.accept(again, Receipt(again.id, "UPLOADED"), later)
    steps = finish(Pruner(store), KEYS_KEPT + timedelta(days=1))
    assert steps >= 3
    assert set(ledger.known([f'["{key}"]' for key in many])) == {'["7"]'}
    assert "passed" in ledger.known(["passed"])
    finish(Pruner(store), KEYS_KEPT + timedelta(days=1))
    assert store.upload(old) is None
    assert store.upload(still_open) is not None
    assert store.upload(again.id) is not None


def test_a_young_store_is_not_written_to(store: Store, ledger: QueryLedger) -> None:
    """Nothing is old: no step finds anything to do."""
    send(ledger, range(3))
    assert finish(Pruner(store), timedelta(days=1)) == 1
