"""A counter with a long history, and lists as no document describes them: cost and safety stay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.metrica.client import MetricaClient
from syncd.model.places import address_of
from syncd.pipeline.uploading.unrecorded import Unrecorded
from tests.support.centre import COUNTER, Bench, Listener, metrica_client, open_shop, sell
from tests.support.client import TAG, upload, uploads_of
from tests.support.servers import Database

LONG = 100_000


@pytest.fixture
def client(emulator: EmulatorServer) -> Iterator[MetricaClient]:
    """The real client."""
    client = metrica_client(emulator.url, timeout=60)
    yield client
    client.close()


def looks(emulator: EmulatorServer) -> list[str]:
    """The paths by which Metrica was asked what it has."""
    return [request.path for request in emulator.requests() if "/uploading" in request.path]


@pytest.mark.parametrize("order", ["newest_first", "oldest_first"])
def test_cost_does_not_grow_with_the_history(
    tmp_path: Path, sqlite_db: Database, emulator: EmulatorServer, client: MetricaClient, order: str
) -> None:
    """One upload is followed by its id; the list is read once in a store's life, then what came since."""
    emulator.configure(list_order=order)
    emulator.state.add_history(COUNTER, LONG)
    open_shop(sqlite_db)
    bench = Bench(sqlite_db, emulator.url, tmp_path)
    sell(sqlite_db, 1)
    bench.run()
    for _ in range(3):
        bench.clock.forward(timedelta(hours=1))
        bench.run()
    assert 1 <= len(looks(emulator)) <= 3
    assert not [path for path in looks(emulator) if path.endswith("/uploadings")]

    address, listener = address_of(emulator.url), Listener()
    assert Unrecorded(bench.store, listener, address).of(COUNTER, "orders", uploads_of(client)) == {}
    whole = len(looks(emulator))
    sell(sqlite_db, 2)
    bench.run()
    lost = upload(client)
    found = Unrecorded(bench.store, listener, address).of(COUNTER, "orders", uploads_of(client))
    assert [receipt.id for receipt in found.values()] == [lost.id]
    assert len(looks(emulator)) - whole <= 6


def test_entries_may_be_anything(emulator: EmulatorServer, client: MetricaClient) -> None:
    """Other programs' uploads have no status, a text as id, no sense: ours is found, by tag and by id."""
    odd: list[Any] = [
        {"id": 1},
        {"id": "2", "status": None, "comment": 7},
        {"id": "x", "status": "PROCESSED"},
        {"status": {"deep": [None, {"er": 1}]}, "id": [1]},
        {},
        None,
        "text",
    ]
    emulator.state.add_history(COUNTER, 3, odd)
    sent = upload(client)
    emulator.configure(list_cap=2)
    for order in ("newest_first", "oldest_first"):
        emulator.configure(list_order=order)
        assert uploads_of(client).find(COUNTER, TAG) == uploads_of(client).one(COUNTER, sent.id)
        assert uploads_of(client).find(COUNTER, "syncd" + "f" * 32) is None
        assert sum(len(page) for page in uploads_of(client).pages(COUNTER)) == 3 + len(odd) + 1
    assert uploads_of(client).one(COUNTER, 1) is None


def test_a_page_that_is_too_large_is_asked_for_in_parts(
    emulator: EmulatorServer, client: MetricaClient
) -> None:
    """An answer beyond what is read at all: fewer at once, and every entry is seen."""
    emulator.state.add_history(COUNTER, 0, [{"id": n, "pad": "x" * 400_000} for n in range(60)])
    sent = upload(client)
    emulator.configure(list_order="oldest_first")
    assert uploads_of(client).find(COUNTER, TAG) is not None
    found = [receipt.id for page in uploads_of(client).pages(COUNTER) for receipt in page]
    assert found == [*range(60), sent.id]


def test_a_list_that_repeats_itself_ends(emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that ignores `offset` gives the same page for ever; it is read twice at most."""
    client = metrica_client(emulator.url)
    pages: list[int] = []

    def same(*arguments: Any) -> dict[str, Any]:
        pages.append(int(arguments[-1]["offset"]))
        return {"uploadings": [{"id": 1}, {"id": 2}]}

    monkeypatch.setattr(client, "request", same)
    assert len(list(uploads_of(client).pages(COUNTER))) == 1
    assert pages == [0, 2]
    client.close()
