"""A state store that lost its last commits under a running daemon: nothing is sent twice, and it is told."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Event as Flag

from syncd.emulator.server import EmulatorServer
from syncd.model import RunReport
from syncd.model.events import Event
from syncd.model.places import address_of
from syncd.pipeline.uploading.unrecorded import Unrecorded
from syncd.service.bookkeeper import Bookkeeper
from syncd.service.runner import QueryRunner
from tests.support.centre import Bench, open_shop, sell, sent
from tests.support.servers import Database


def test_a_copy_that_lags(tmp_path: Path, sqlite_db: Database, emulator: EmulatorServer) -> None:
    """The tables are as they were two uploads ago: what came since is found at Metrica by its tags."""
    open_shop(sqlite_db)
    bench = Bench(sqlite_db, emulator.url, tmp_path)
    unrecorded = Unrecorded(bench.store, bench.listener, address_of(emulator.url))
    run = QueryRunner(
        bench.resources,
        bench.query,
        Bookkeeper(bench.store, bench.listener, ["orders"], shared=False),
        Flag(),
        timedelta(minutes=5),
        lambda: unrecorded.of(bench.query.counter, "orders", bench.resources.uploads(bench.query)),
        unrecorded.forget,
    )
    sell(sqlite_db, 1, 3)
    run(RunReport("orders"))
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(bench.state)) as live, closing(sqlite3.connect(copy)) as lagging:
        live.backup(lagging)
    for first in (4, 6):
        sell(sqlite_db, first, 2)
        run(RunReport("orders"))
    with closing(sqlite3.connect(bench.state)) as live, closing(sqlite3.connect(copy)) as lagging:
        lagging.backup(live)
    sell(sqlite_db, 8, 2)

    run(RunReport("orders"))

    assert len(sent(emulator)) == len(set(sent(emulator))) == 9
    assert len(bench.listener.of(Event.STATE_WENT_BACK)) == 1
    assert len(bench.listener.of(Event.UPLOAD_FOUND)) == 2
    run(RunReport("orders"))
    assert len(sent(emulator)) == 9
