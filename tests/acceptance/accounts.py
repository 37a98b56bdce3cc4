"""What must be true at the end, whatever happened before: held against the emulator and the state store."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.support.servers import Database


@dataclass(frozen=True, slots=True)
class Accounts:
    """The books of one query: the shop it reads, the state store, and the counter at the emulator."""

    shop: Database
    state: Database
    emulator: EmulatorServer
    counter: int
    tables: str = "syncd_"
    """What stands before the names of the state store's tables."""
    query: str = "paid_orders"

    def uploads(self) -> int:
        """How many files the counter has accepted."""
        return sum(upload.counter == self.counter for upload in self.emulator.uploads())

    def settle(
        self,
        delivered: Collection[int],
        *,
        last: int,
        refused: Collection[int] = (),
        repeated: Collection[int] = (),
    ) -> None:
        """Every order is accounted for exactly once, and nothing is open.

        Args:
            delivered: Orders that Metrica must have, each once, received once.
            last: The order at which the mark must stand.
            refused: Orders that must be rejects instead.
            repeated: Those delivered that may have been received twice (overwritten, so still one each): the
                exception of docs/guarantees.md, an upload listed later than `settle`.
        """
        found = {int(one.id) - 10**17: one for one in self.emulator.conversions(self.counter)}
        assert len(found) == len(self.emulator.conversions(self.counter)), "an order is two conversions"
        assert sorted(found) == sorted(delivered)
        often = {number: one.times for number, one in found.items() if one.times > 1}
        assert set(often) <= set(repeated), f"received more than once: {often}"
        assert set(often.values()) <= {2}, f"received more than twice: {often}"
        self._settle_state(delivered, refused)
        ((mark,),) = self._rows("SELECT mark FROM {}marks WHERE query = '{}'")
        assert str(mark).replace(" ", "").endswith(f'["int","{last}"]]'), mark

    def _settle_state(self, delivered: Collection[int], refused: Collection[int]) -> None:
        """The state store says the same as Metrica, and nothing in it is open."""
        states = self._rows("SELECT state, count(*) FROM {}uploads WHERE query = '{}' GROUP BY state")
        assert not {state for state, _ in states} & {"planned", "sending"}, states
        keys = self._rows(
            "SELECT d.key, u.tag FROM {0}deliveries d JOIN {0}uploads u ON u.id = d.upload_id"
            " WHERE d.query = '{1}'"
        )
        assert sorted(str(key) for key, _ in keys) == sorted(f'["{number}"]' for number in delivered)
        tags = {upload.comment for upload in self.emulator.uploads() if upload.counter == self.counter}
        assert {tag for _, tag in keys} <= tags, "delivered in an upload that Metrica does not have"
        rejects = self._rows("SELECT key FROM {}rejects WHERE query = '{}'")
        assert sorted(str(key) for (key,) in rejects) == sorted(f'["{number}"]' for number in refused)

    def _rows(self, statement: str) -> list[tuple[object, ...]]:
        """The rows of a statement over the state store."""
        return self.state.rows(statement.format(self.tables, self.query))


def misplaced(database: Database, number: int) -> None:
    """An order without a mark: it has no place in the query's order and ends as a reject."""
    shop.sell(database, number, 1)
    database.run(f"UPDATE orders SET updated_at = NULL WHERE order_id = {number}")
