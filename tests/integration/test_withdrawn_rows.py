"""Rows that waited for their DateTime are looked up before they go."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.inspect.explain import Explainer
from syncd.model import RowFate
from syncd.model.events import Event
from tests.support.centre import Bench, ids, open_shop, sell, sent
from tests.support.servers import Database


@pytest.mark.parametrize("key", [("n",), ("changed", "n")])
def test_a_row_that_waited_is_looked_up(
    sqlite_db: Database, emulator: EmulatorServer, tmp_path: Path, key: tuple[str, ...]
) -> None:
    """Deleted or cancelled it is not sent, and `explain` can tell; changed it goes as it is now."""
    open_shop(sqlite_db)
    sql = "SELECT n, changed, client, target, paid, total FROM orders WHERE total <> '-'"
    bench = Bench(sqlite_db, emulator.url, tmp_path, overlap="auto", sql=sql, key=key)
    bench.clock.ahead = -timedelta(days=2)  # Metrica goes by the true time
    due = int((bench.clock.now() + timedelta(days=1)).timestamp())
    sell(sqlite_db, 1, 6, paid=due)
    assert bench.run().waiting == 6
    sqlite_db.run(
        "DELETE FROM orders WHERE n = 1",
        "UPDATE orders SET total = '-' WHERE n = 2",
        "UPDATE orders SET total = '8' WHERE n = 3",
        f"UPDATE orders SET paid = {due + 86_400} WHERE n = 4",
        "UPDATE orders SET total = 'x' WHERE n = 5",
    )
    bench.clock.forward(timedelta(days=1, minutes=1))
    assert bench.run().uploaded == 2
    assert sent(emulator) == ids(3, 6)
    assert [row.price for row in emulator.conversions()] == ["8", "10"]
    (told,) = bench.listener.of(Event.ROWS_WITHDRAWN)
    assert told["rows"] == 2
    assert bench.rows("SELECT count(*) FROM syncd_waiting") == [(1,)]
    assert bench.rows("SELECT reason FROM syncd_rejects WHERE dropped_at IS NULL") == [
        ("price_not_a_number",)
    ]

    explain = Explainer(bench.query, bench.source, bench.resources.store, bench.ledger, bench.clock)
    words = ["1"] * len(key)
    assert explain.explain(words)[0].fate is RowFate.WITHDRAWN
    sell(sqlite_db, 7, 1)
    bench.restart()
    sqlite_db.run("UPDATE orders SET total = '10', changed = 8 WHERE n = 2")  # it was a mistake
    if key == ("n",):
        assert bench.run().uploaded == 2
        assert sorted(sent(emulator)) == ids(2, 3, 6, 7)
        assert explain.explain(["2"])[0].fate is RowFate.DELIVERED
    bench.close()
