"""Databases promise no order of what an aggregate puts together, so nothing may depend on it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Connection

from syncd.emulator.server import EmulatorServer
from syncd.source.lines import WRITERS, TextRow, Wanted
from tests.support.centre import Bench, client_id, sell


@pytest.mark.parametrize("chunk_rows", [7, 25, 1000])
def test_every_line_is_sent_once(
    bench: Bench, emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch, chunk_rows: int
) -> None:
    """Also where the last row of the page before, which comes again, is not the first of a page."""
    sqlite, pages = WRITERS["sqlite"], []

    def read(connection: Connection, wanted: Wanted) -> TextRow:
        row = sqlite.read(connection, wanted)
        pairs = list(zip(row.keys.split("\n"), row.lines.split("\n"), strict=True))
        pairs = pairs[2::-1] + pairs[3:]
        pages.append(len(pairs))
        return replace(
            row, keys="\n".join(pair[0] for pair in pairs), lines="\n".join(pair[1] for pair in pairs)
        )

    monkeypatch.setitem(WRITERS, "sqlite", replace(sqlite, read=read, rows=10))
    bench.restart(chunk_rows=chunk_rows)
    sell(bench.database, 1, 200)
    assert bench.run().uploaded == 200
    sell(bench.database, 201, 50)
    assert bench.run().uploaded == 50
    lines = [
        line for upload in emulator.uploads() for line in (upload.content or b"").decode().splitlines()[1:]
    ]
    assert sorted(line.split(",")[0] for line in lines) == sorted(map(client_id, range(1, 251)))
    assert len(pages) > 10
