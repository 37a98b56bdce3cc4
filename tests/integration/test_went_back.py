"""The source is put back to an older state, and its ids begin again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from syncd.emulator.server import EmulatorServer
from syncd.model.events import Event
from syncd.monitoring.overview import overview
from tests.support.centre import Bench, ids, open_shop, sell, sent
from tests.support.servers import Database


def test_a_restored_source_is_told(sqlite_db: Database, emulator: EmulatorServer, tmp_path: Path) -> None:
    """In the log and in `status`, with what to do; not for a single row that was deleted."""
    open_shop(sqlite_db)
    bench = Bench(sqlite_db, emulator.url, tmp_path, overlap="auto")
    sell(sqlite_db, 1, 25)
    bench.run()

    def words() -> str:
        report = overview(bench.resources.store, [bench.query], bench.clock)
        return " ".join(map(str, report.queries[0].findings))

    sqlite_db.run("DELETE FROM orders WHERE n = 25")
    bench.run()
    assert not bench.listener.of(Event.SOURCE_WENT_BACK)
    sqlite_db.run("DELETE FROM orders WHERE n > 5")
    sell(sqlite_db, 6, 6, client="999")
    bench.clock.forward(timedelta(minutes=6))
    for _ in range(3):
        bench.run()
    (told,) = bench.listener.of(Event.SOURCE_WENT_BACK)
    assert (told["mark"], told["newest"]) == (["25", "25"], ["11", "11"])
    assert "syncd rewind orders" in str(told["action"])
    assert "syncd rewind orders" in words()
    sell(sqlite_db, 26, 1)
    bench.run()
    assert "rewind" not in words()
    assert sent(emulator) == ids(*range(1, 27))
    bench.close()
