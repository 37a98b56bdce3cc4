"""How daemons share the queries: the plan alone, for any fleet, and the tables that it is made from."""

from __future__ import annotations

import itertools
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from syncd.ledger import Leases, Store
from syncd.ledger.fleet.leases import Fleet
from syncd.ledger.fleet.sharing import ORPHANED, plan
from tests.support.fix_ledger import TestClock

TTL = timedelta(minutes=5)
NAMES = [f"q{number}" for number in range(12)]


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """Any daemons, each able to run some of the queries, which any of them or a dead one may hold."""
    some = st.frozensets(st.sampled_from(NAMES), min_size=1)
    daemons = draw(st.dictionaries(st.sampled_from("abcd"), some, min_size=1))
    held = draw(st.dictionaries(st.sampled_from(NAMES), st.sampled_from([*daemons, "dead"])))
    held = {query: owner for query, owner in held.items() if query in daemons.get(owner, NAMES)}
    return Fleet(daemons, held, {})


def after(fleet: Fleet) -> Fleet:
    """The fleet after each daemon has done what it plans, all of them at the same moment."""
    held = dict(fleet.held)
    for owner in fleet.daemons:
        mine = {query for query, holder in fleet.held.items() if holder == owner}
        shares = plan(owner, fleet, mine, mine)
        for query in shares.give:
            assert held.pop(query) == owner
        for query in shares.take:
            assert query not in held, "two daemons planned to take the same"
            held[query] = owner
    return Fleet(fleet.daemons, held, {})


@given(fleets())
def test_all_is_even_and_taken_within_a_few_rounds(fleet: Fleet) -> None:
    """What one gives, another takes; then nothing moves, all is taken, and nobody has two too many."""
    settled = fleet
    for _round in range(6):
        settled = after(settled)
    assert after(settled) == settled
    wanted = frozenset().union(*fleet.daemons.values())
    assert wanted <= settled.held.keys()
    load = {owner: list(settled.held.values()).count(owner) for owner in fleet.daemons}
    for one, other in itertools.permutations(fleet.daemons, 2):
        movable = [q for q, owner in settled.held.items() if owner == one and q in fleet.daemons[other]]
        assert not movable or load[one] - load[other] <= 1


@given(st.integers(1, 6), st.integers(0, 40))
def test_equal_daemons_get_fair_shares(daemons: int, queries: int) -> None:
    """Nobody has more than ceil(queries / daemons); who was alone gives to all who came."""
    names = frozenset(f"q{number}" for number in range(queries))
    fleet = Fleet({f"d{n}": names for n in range(daemons)}, dict.fromkeys(names, "d0"), {})
    settled = after(after(fleet))
    counts = [list(settled.held.values()).count(owner) for owner in fleet.daemons]
    assert sum(counts) == queries
    assert max(counts) <= -(-queries // daemons)


def test_a_query_with_a_run_going_on_is_not_given_away() -> None:
    """Others go in its place; when all are busy, none."""
    both = frozenset("abcd")
    fleet = Fleet({"old": both, "new": both}, dict.fromkeys("abcd", "old"), {})
    assert plan("old", fleet, "abcd", "cd").give == ["c", "d"]
    assert plan("old", fleet, "abcd", "").give == []


def test_an_orphaned_query_is_taken_by_whoever_sees_it() -> None:
    """The one whose turn it was may be dead, though its time is not over yet."""
    able = frozenset({"q"})
    for free_for, taken in ((timedelta(0), []), (ORPHANED * 2, ["q"])):
        fleet = Fleet({"a": able, "b": able}, {}, {"q": free_for})
        assert plan("a", fleet, [], []).take == ["q"]
        assert plan("b", fleet, [], []).take == taken


def test_the_store_tells_who_is_there(store: Store, clock: TestClock) -> None:
    """Live daemons with what they could run, also those that hold nothing; who holds what; since when not."""
    leases = Leases(store)
    leases.announce("a", ["x", "y"], TTL)
    leases.announce("b", ["y"], TTL)
    leases.announce("dead", ["x"], -TTL)
    leases.acquire(["x", "y"], "a", TTL)
    leases.release("a", ["y"])
    clock.forward(timedelta(seconds=1))
    fleet = leases.fleet()
    assert fleet.daemons == {"a": {"x", "y"}, "b": {"y"}}
    assert fleet.held == {"x": "a"}
    assert list(fleet.free_for) == ["y"]
    assert fleet.free_for["y"] > timedelta(0)

    leases.withdraw("b")
    leases.forget_dead(timedelta(hours=1))
    leases.announce("a", ["x"], TTL)
    assert leases.fleet().daemons == {"a": {"x"}}
