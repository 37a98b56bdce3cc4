"""The figures that are kept up with every upload are those that adding all uploads up would give."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select

from syncd.ledger import QueryLedger, Store
from syncd.ledger.rows import UploadTotals
from syncd.ledger.schema.migrations.versions.m0007_files import added_up
from syncd.model import Origin, UploadState
from tests.support.fix_ledger import NOW, TestClock, chunk, ledger_of, receipt, tag

DAY = timedelta(days=1)


def send(ledger: QueryLedger, number: int, *names: str, linked: int | None, again: int | None = None) -> int:
    """An upload that Metrica accepts and, with `linked`, finishes with."""
    origin = Origin.QUERY if again is None else Origin.RESEND
    upload = ledger.begin(chunk(*names, origin=origin), tag(), NOW, again=again)
    ledger.accept(upload, receipt(number), NOW)
    ledger.accept(upload, receipt(number), NOW)  # told twice
    (followed,) = (one for one in ledger.followed() if one.id == upload.id)
    if linked is not None:
        final = receipt(
            number, "PROCESSED", linked=linked, user_not_found=len(names) - linked, goal_not_found=1
        )
        ledger.follow(followed, UploadState.PROCESSED, final, NOW)
        ledger.follow(followed, UploadState.PROCESSED, final, NOW)
    return upload.id


def history(store: Store, ledger: QueryLedger, clock: TestClock) -> None:
    """Uploads of every fate, of two queries."""
    first = send(ledger, 1, "a", "b", "c", linked=1)
    send(ledger, 2, "d", linked=None)
    clock.forward(DAY)
    send(ledger, 3, "a", "b", "c", linked=3, again=first)
    whole = ledger.begin(chunk("e", "f"), tag(), NOW)
    left, right = ledger.split(whole, (tag(), tag()), NOW)
    ledger.accept(ledger.sending(left, NOW), receipt(4), NOW)
    ledger.refuse(ledger.sending(right, NOW), "no", NOW)
    ledger.refuse(right, "no", NOW)
    ledger.begin(chunk("g"), tag(), NOW)
    send(ledger_of(store, "other"), 5, "a", "b", linked=2)


def test_uploads_of_every_fate_are_counted_once(store: Store, ledger: QueryLedger, clock: TestClock) -> None:
    """Also where Metrica's word comes twice; rows that were sent again are no more rows."""
    history(store, ledger, clock)
    assert store.delivered_counts() == {
        "orders": UploadTotals("orders", 7, 1, 5, 3, linked=1, gained=2, user_not_found=2, goal_not_found=1),
        "other": UploadTotals("other", 1, 0, 2, 2, linked=2, goal_not_found=1),
    }


def test_an_older_store_gets_the_same_figures(store: Store, ledger: QueryLedger, clock: TestClock) -> None:
    """What the migration adds up is what would have been kept."""
    history(store, ledger, clock)
    kept, table = store.delivered_counts(), store.database.tables.totals
    place = f"{store.database.schema}." if store.database.schema else "syncd_"
    with store.database.write() as connection:
        connection.execute(delete(table))
        connection.exec_driver_sql(added_up(place))
        assert len(connection.execute(select(table)).all()) == 2
    assert store.delivered_counts() == kept
