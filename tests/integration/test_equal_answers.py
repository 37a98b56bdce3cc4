"""The same unclear answer to every POST: after a few it is said what else it may be."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.model.errors import OutcomeUnknown
from syncd.model.events import Event
from tests.support.centre import COUNTER, Bench, open_shop, sell
from tests.support.servers import Database


def test_a_wrong_request_is_thought_of(tmp_path: Path, sqlite_db: Database, emulator: EmulatorServer) -> None:
    """Two equal answers are bad luck; with the third the request's parameters are shown."""
    open_shop(sqlite_db)
    bench = Bench(sqlite_db, emulator.url, tmp_path)
    sell(sqlite_db, 1)
    emulator.fault("error_before", status=503, error_type="backend_error", times=3)
    words = []
    for _ in range(3):
        with pytest.raises(OutcomeUnknown) as told:
            bench.run()
        words.append(str(told.value))
        bench.clock.forward(timedelta(minutes=5))
    assert ["id_type" in one for one in words] == [False, False, True]
    assert f"counter {COUNTER}" in words[2]
    assert "ClientId,Target,DateTime" in words[2]
    assert "id_type" in bench.listener.of(Event.UPLOAD_UNCLEAR)[2]["error"]
    assert bench.run().uploaded == 1
