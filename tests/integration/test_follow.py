"""What Metrica made of the uploads is asked for beside the rows, never in their way."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from syncd.emulator.server import EmulatorServer
from syncd.model.events import Event
from syncd.pipeline.uploading.unrecorded import Unrecorded
from tests.acceptance import shop
from tests.support.process import Process
from tests.support.servers import Database


def a_process(folder: Path, database: Database, emulator: EmulatorServer) -> Process:
    """The paid orders of a shop with some."""
    shop.open_shop(database)
    shop.sell(database, 1, 4)
    query = shop.query()["paid_orders"]
    assert isinstance(query, dict)
    return Process(folder, database.url, emulator.url, query)


def test_links_are_recorded_when_metrica_tells(
    sqlite_db: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """After the first look the store knows the final status and how many rows were linked."""
    emulator.configure(visitors="even")
    with a_process(tmp_path, sqlite_db, emulator) as syncd:
        syncd.run()
        syncd.clock.ahead += timedelta(hours=1)
        syncd.run()
        (upload,) = syncd.resources.store.uploads()
        assert (upload.state, upload.linked, upload.user_not_found) == ("processed", 2, 2)
        assert len(syncd.told.of(Event.UPLOAD_FOLLOWED)) == 1


def test_a_list_that_is_refused_does_not_stop_the_rows(
    sqlite_db: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """A token that may upload but not read: told, asked again half an hour later, and rows go on."""
    emulator.fault("refuse", on="one", status=403, error_type="access_denied", times=1)
    with a_process(tmp_path, sqlite_db, emulator) as syncd:
        syncd.run()
        syncd.clock.ahead += timedelta(hours=1)
        shop.sell(sqlite_db, 5, 1)
        assert syncd.run().uploaded == 1
        assert len(syncd.told.of(Event.LIST_FAILED)) == 1
        syncd.run()
        assert len(syncd.told.of(Event.LIST_FAILED)) == 1
        syncd.clock.ahead += timedelta(hours=1)
        syncd.run()
        assert len(syncd.told.of(Event.UPLOAD_FOLLOWED)) == 2


def test_an_upload_only_token_sends_rows(
    sqlite_db: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """The list is asked for at the start as well; where it is refused, rows are sent all the same."""
    emulator.fault("refuse", on="list", status=403, error_type="access_denied")
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 4)
    query = shop.query()["paid_orders"]
    assert isinstance(query, dict)
    with Process(tmp_path, sqlite_db.url, emulator.url, query) as syncd:
        found = Unrecorded(syncd.resources.store, syncd.told)
        assert found.of(1, "orders", syncd.resources.uploads(syncd.query)) == {}
        assert syncd.told.of(Event.LIST_FAILED)
        assert syncd.run().uploaded == 4
