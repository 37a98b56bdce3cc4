"""How daemons share the queries out: each computes the same plan from the same tables, so none leads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta

from syncd.ledger.fleet.leases import Fleet

ORPHANED = timedelta(seconds=5)
"""A query that is free for so long is taken by whoever sees it: the one whose turn it was may be dead."""


@dataclass(slots=True)
class Shares:
    """What one daemon does now."""

    take: list[str] = field(default_factory=list)
    give: list[str] = field(default_factory=list)


def plan(me: str, fleet: Fleet, held: Collection[str], idle: Collection[str]) -> Shares:
    """Divide the queries so that no daemon has two more than another that could run one of them.

    What is free goes to whoever has least; then those who have most give to those who have least. As all
    compute the same, no two give for the same want. Nothing moves when the shares are even, so queries
    stay where they are.

    Args:
        me: This daemon, one of the live ones.
        fleet: What the store says.
        held: The queries that this daemon holds, by its own knowledge.
        idle: Those of them that it can give away now, having no run going on.
    """
    shares = Shares()
    stock = {owner: list[str]() for owner in sorted(fleet.daemons)}
    for query, owner in sorted(fleet.held.items()):
        if owner in stock and owner != me:
            stock[owner].append(query)
    stock[me] = sorted(held)
    load = {owner: len(queries) for owner, queries in stock.items()}
    free = frozenset().union(*fleet.daemons.values()) - fleet.held.keys() - frozenset(held)
    able_to = {query: [one for one, wants in fleet.daemons.items() if query in wants] for query in free}
    # First those with the least choice.
    for query, able in sorted(able_to.items(), key=lambda item: (len(item[1]), item[0])):
        taker = min(able, key=lambda owner: (load[owner], owner))
        load[taker] += 1
        orphaned = fleet.free_for.get(query, timedelta(0)) > ORPHANED
        if taker == me or (orphaned and me in able):
            shares.take.append(query)
    stock[me] = sorted(idle)
    while move := _move(fleet, stock, load):
        giver, taker, query = move
        stock[giver].remove(query)
        load[giver] -= 1
        load[taker] += 1
        if giver == me:
            shares.give.append(query)
    return shares


def _move(fleet: Fleet, stock: dict[str, list[str]], load: dict[str, int]) -> tuple[str, str, str] | None:
    """The next query to move from one who has most to one who has least; None when all is even."""
    for giver in sorted(stock, key=lambda owner: (-load[owner], owner)):
        for taker in sorted(stock, key=lambda owner: (load[owner], owner)):
            if load[giver] - load[taker] <= 1:
                break
            query = next((query for query in stock[giver] if query in fleet.daemons[taker]), None)
            if query is not None:
                return giver, taker, query
    return None
