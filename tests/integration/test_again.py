"""The rows of one upload sent again: the same lines, counted once, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.model.errors import NotReceived, OutcomeUnknown, UsageError
from syncd.model.events import Event
from tests.support.centre import SETTLE, Bench, client_id, open_shop, sell
from tests.support.servers import Database


@pytest.fixture
def bench(sqlite_db: Database, emulator: EmulatorServer, tmp_path: Path) -> Iterator[Bench]:
    """Three orders, delivered by upload 1."""
    open_shop(sqlite_db)
    sell(sqlite_db, 1, 3)
    bench = Bench(sqlite_db, emulator.url, tmp_path)
    bench.run()
    yield bench
    bench.close()


def files(emulator: EmulatorServer) -> list[bytes | None]:
    """What was received, oldest first."""
    return [upload.content for upload in emulator.uploads()]


def test_the_same_lines_go_again(bench: Bench, emulator: EmulatorServer) -> None:
    """The same file under another tag, recorded as `resend` of the first; the totals count its rows once."""
    mark = bench.mark()

    assert bench.resend(1) == 3

    first, second = emulator.uploads()
    assert first.content == second.content
    assert first.comment != second.comment
    assert bench.rows("SELECT origin, parent_id, state FROM syncd_uploads WHERE id = 2") == [
        ("resend", 1, "accepted")
    ]
    assert bench.mark() == mark
    assert bench.totals().rows == 3
    assert bench.run().uploaded == 0
    assert bench.resend(2) == 3
    assert bench.rows("SELECT parent_id FROM syncd_uploads WHERE id = 3") == [(1,)]


def test_it_stays_one_conversion(bench: Bench, emulator: EmulatorServer) -> None:
    """Metrica has received each row twice, and holds one conversion of each."""
    bench.resend(1)
    assert {one.id: one.times for one in emulator.conversions()} == {client_id(n): 2 for n in (1, 2, 3)}


def test_old_money_is_not_put_back(bench: Bench, emulator: EmulatorServer) -> None:
    """A row whose Price was delivered anew by a later upload is left out."""
    bench.restart(on_change="resend")
    bench.database.run("UPDATE orders SET total = '99', changed = 50 WHERE n = 2")
    assert bench.run().uploaded == 1

    assert bench.resend(1) == 2

    prices = {one.id: one.price for one in emulator.conversions()}
    assert prices[client_id(2)] in ("99", "99.00")


def test_nothing_current_sends_nothing(bench: Bench, emulator: EmulatorServer) -> None:
    """Where later uploads carried all its rows anew, there is nothing to send again."""
    bench.restart(on_change="resend")
    bench.database.run("UPDATE orders SET total = '99', changed = changed + 50")
    bench.run()
    assert bench.resend(1) == 0
    assert len(files(emulator)) == 2


def test_rejects_of_its_keys_stay(bench: Bench) -> None:
    """A newer form of a delivered row that was rejected is a reject still after the old one went again."""
    bench.database.run("UPDATE orders SET client = '5', changed = 50 WHERE n = 2")
    bench.run()
    before = bench.rejects()
    assert [reason for _, reason in before] == ["identity_changed"]
    bench.resend(1)
    assert bench.rejects() == before


def test_a_lost_answer_is_looked_up(bench: Bench, emulator: EmulatorServer) -> None:
    """An unclear outcome is settled by the next run of the query; Metrica gets it once."""
    emulator.fault("drop_after", times=1)
    with pytest.raises(OutcomeUnknown):
        bench.resend(1)
    bench.restart()
    bench.run()
    assert bench.states() == ["accepted", "accepted"]
    assert len(files(emulator)) == 2
    assert bench.totals().rows == 3


@pytest.mark.parametrize("fault", [{"kind": "exhaust_quota", "quota": "quota_parallel_requests"}])
def test_what_was_not_received_goes_with_the_next_run(
    bench: Bench, emulator: EmulatorServer, fault: dict[str, str]
) -> None:
    """It is recorded, so the next run sends it although nobody asks again."""
    emulator.fault(times=1, **fault)
    with pytest.raises(NotReceived):
        bench.resend(1)
    assert bench.states() == ["accepted", "planned"]
    bench.clock.forward(SETTLE)
    bench.run()
    assert bench.states() == ["accepted", "accepted"]


def test_a_refused_one_is_given_up_whole(bench: Bench, emulator: EmulatorServer) -> None:
    """Metrica refuses it: one request, no reject, and its rows are delivered as before."""
    emulator.fault("reject_ids", ids=[client_id(2)])
    bench.resend(1)
    assert bench.states() == ["accepted", "refused"]
    assert bench.rejects() == []
    (told,) = bench.listener.of(Event.RESEND_REFUSED)
    assert told["rows"] == 3
    assert bench.run().uploaded == 0


def test_what_cannot_go_again_says_so(bench: Bench, emulator: EmulatorServer) -> None:
    """A halved upload, a refused one and one of another counter are usage errors that say what to do."""
    emulator.fault("reject_ids", ids=[client_id(4)])
    sell(bench.database, 4, 2)
    bench.run()
    states = dict(bench.rows("SELECT state, id FROM syncd_uploads"))
    with pytest.raises(UsageError, match="halves"):
        bench.resend(int(str(states["split"])))
    with pytest.raises(UsageError, match="rejects retry"):
        bench.resend(int(str(states["refused"])))
    bench.restart(counter=55)
    with pytest.raises(UsageError, match="counter 101"):
        bench.resend(1)
