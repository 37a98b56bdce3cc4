"""Leases: each query is written by one daemon at a time."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from syncd.ledger import Lease, Leases, Store
from syncd.model import Mark
from syncd.model.errors import LeaseLost
from syncd.model.settings import StateSettings
from tests.support.fix_ledger import NOW, TestClock, chunk, dump, ledger_of, receipt, tag

TTL = timedelta(minutes=5)
OVER = timedelta(0)
"""A lease that has run out as soon as it is taken."""


def test_each_query_has_one_owner(store: Store) -> None:
    """Whoever comes second takes what is left."""
    leases = Leases(store)
    assert leases.acquire(["a", "b"], "first", TTL) == {"a": 1, "b": 1}
    assert leases.acquire(["b", "c", "a"], "second", TTL) == {"c": 1}
    assert leases.acquire(["a"], "first", TTL) == {}
    assert leases.acquire([], "first", TTL) == {}
    assert {name: lease.owner for name, lease in store.leases().items()} == {
        "a": "first",
        "b": "first",
        "c": "second",
    }


def test_a_lease_that_ran_out_is_taken_with_a_new_epoch(store: Store) -> None:
    """The former owner learns of it when it renews."""
    leases = Leases(store)
    held = leases.acquire(["a", "b"], "first", OVER)
    assert leases.acquire(["a"], "second", TTL) == {"a": 2}
    assert leases.renew("first", held, TTL) == {"a"}
    assert leases.acquire(["b"], "second", TTL) == {}


def test_released_queries_are_free_at_once(store: Store) -> None:
    """The epoch goes on counting, so nothing of the former owner's is ever taken for the new one's."""
    leases = Leases(store)
    leases.acquire(["a"], "first", TTL)
    leases.acquire(["b"], "second", TTL)
    leases.release("first", ["a"])
    assert leases.acquire(["a", "b"], "third", TTL) == {"a": 2}


def test_two_daemons_never_take_the_same(store: Store, state: StateSettings) -> None:
    """Many that ask at the same moment share the queries out, each once."""
    names = [f"q{number}" for number in range(20)]
    taken: list[str] = []
    start = threading.Barrier(4)

    def take(owner: str) -> None:
        mine = Store.open(state)
        start.wait(timeout=30)
        # One by one and all at once: a locked row is passed over, so it is asked for again.
        for _round in range(3):
            taken.extend(Leases(mine).acquire(names, owner, TTL))
        mine.close()

    threads = [threading.Thread(target=take, args=(f"daemon {number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    taken.extend(Leases(store).acquire(names, "last", TTL))
    assert sorted(taken) == sorted(names)


def test_a_daemon_that_lost_its_lease_writes_nothing(store: Store) -> None:
    """Every write of the former owner raises LeaseLost and changes nothing; reading stays possible."""
    leases = Leases(store)
    epoch = leases.acquire(["orders"], "first", OVER)["orders"]
    former = ledger_of(store, lease=Lease("orders", "first", epoch))
    upload = former.begin(chunk("a", "b", mark=1), tag(), NOW)
    single = former.begin(chunk("c", mark=2), tag(), NOW)
    epoch = leases.acquire(["orders"], "second", TTL)["orders"]
    before = dump(store)
    for step in (
        lambda: former.begin_query(Mark((5,))),
        lambda: former.set_safe(Mark((5,)), ""),
        lambda: former.record(chunk(mark=5)),
        lambda: former.begin(chunk("d", mark=5), tag(), NOW),
        lambda: former.sending(upload, NOW),
        lambda: former.not_received(upload),
        lambda: former.accept(upload, receipt(), NOW),
        lambda: former.split(upload, (tag(), tag()), NOW),
        lambda: former.refuse(single, "no", NOW),
    ):
        with pytest.raises(LeaseLost):
            step()
    assert dump(store) == before
    assert former.unsettled() == [upload.id, single.id]
    now = ledger_of(store, lease=Lease("orders", "second", epoch))
    now.accept(upload, receipt(), NOW)


def test_a_ledger_without_its_lease_row_writes_nothing(store: Store) -> None:
    """An epoch that nobody ever took is no lease."""
    with pytest.raises(LeaseLost):
        ledger_of(store, lease=Lease("orders", "me", 1)).begin_query(None)


def test_a_lease_holds_through_a_write_and_can_be_renewed_meanwhile(
    store: Store, state: StateSettings
) -> None:
    """While a write runs nobody takes the query over, though its time is over; its owner may renew it."""
    if not store.database.postgresql:
        return  # SQLite has one writer at a time, and one process: there is no meanwhile
    from syncd.ledger.fleet.leases import check_lease  # noqa: PLC0415 # the one place that looks inside

    leases = Leases(store)
    epoch = leases.acquire(["orders"], "first", OVER)["orders"]
    other = Store.open(state)
    with store.database.write() as connection:
        check_lease(store.database, connection, Lease("orders", "first", epoch))
        assert Leases(other).acquire(["orders"], "second", TTL) == {}
        assert Leases(other).renew("first", {"orders": epoch}, OVER) == frozenset()
    assert Leases(other).acquire(["orders"], "second", TTL) == {"orders": 2}
    other.close()


def test_leases_run_by_the_clock_of_the_database(store: Store, clock: TestClock) -> None:
    """PostgreSQL's own clock counts, not the daemon's; SQLite has only the daemon's."""
    leases = Leases(store)
    leases.acquire(["a"], "first", TTL)
    clock.forward(TTL * 2)
    taken = leases.acquire(["a"], "second", TTL)
    assert taken == ({} if store.database.postgresql else {"a": 2})
