"""The one recovery path: real ledger, real source, real HTTP; every row in the end exactly once."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.metrica.uploads import Uploads
from syncd.model import Receipt
from syncd.model.errors import AccessRefused, NotReceived, OutcomeUnknown, StillUnclear, TooManyRejects
from syncd.model.events import Event
from syncd.pipeline.uploading import settle
from tests.support.centre import SETTLE, Bench, client_id, sell

SECOND = timedelta(seconds=1)


def delivered(emulator: EmulatorServer) -> dict[str, int]:
    """How often each row was received, by its ClientId."""
    return {conversion.id: conversion.times for conversion in emulator.conversions()}


def once(*numbers: int) -> dict[str, int]:
    """These orders, each received once."""
    return {client_id(number): 1 for number in numbers}


UNCLEAR_AND_RECEIVED = [
    {"kind": "drop_after"},
    {"kind": "error_after"},
    {"kind": "error_after", "status": 504},
    {"kind": "bad_json"},
    {"kind": "partial_json", "cut": True},
    {"kind": "hang", "accept": True},
    {"kind": "huge_reply", "size": 40_000_000},
]
UNCLEAR_AND_NOT_RECEIVED = [
    {"kind": "drop_before"},
    {"kind": "drop_before", "read_body": False},
    {"kind": "error_before"},
    {"kind": "error_before", "status": 504, "text": "<html>"},
]


@pytest.mark.parametrize("restarted", [False, True], ids=["same process", "restarted"])
@pytest.mark.parametrize("fault", UNCLEAR_AND_RECEIVED, ids=str)
def test_a_lost_answer_is_found(
    bench: Bench, emulator: EmulatorServer, fault: dict[str, object], *, restarted: bool
) -> None:
    """What Metrica accepted before the answer was lost is adopted by its tag, and not sent again."""
    sell(bench.database, 1, 3)
    emulator.fault(times=1, **fault)  # type: ignore[arg-type]  # the kind is among the options
    with pytest.raises(OutcomeUnknown):
        bench.run()
    assert bench.states() == ["sending"]
    assert bench.rows("SELECT mark FROM syncd_marks WHERE mark IS NOT NULL") == []
    if restarted:
        bench.restart()

    assert bench.run().uploaded == 3

    assert bench.states() == ["accepted"]
    assert delivered(emulator) == once(1, 2, 3)
    (found,) = bench.listener.of(Event.UPLOAD_FOUND)
    assert found["rows"] == 3


@pytest.mark.parametrize("restarted", [False, True], ids=["same process", "restarted"])
@pytest.mark.parametrize("fault", UNCLEAR_AND_NOT_RECEIVED, ids=str)
def test_what_never_arrived_is_sent_again(
    bench: Bench, emulator: EmulatorServer, fault: dict[str, object], *, restarted: bool
) -> None:
    """Not listed: looked for until `metrica.settle` is over, then sent again, nothing read or changed."""
    sell(bench.database, 1, 3)
    emulator.fault(times=1, **fault)  # type: ignore[arg-type]  # the kind is among the options
    with pytest.raises(OutcomeUnknown):
        bench.run()
    bench.database.run("UPDATE orders SET total = '99', changed = changed + 100")
    if restarted:
        bench.restart()

    for wait in (timedelta(0), SETTLE / 2, SETTLE / 2 - 5 * SECOND):
        bench.clock.forward(wait)
        with pytest.raises(StillUnclear) as caught:
            bench.run()
        assert caught.value.retry_at <= bench.clock.now() + SETTLE
        assert emulator.uploads() == []

    bench.clock.forward(10 * SECOND)
    assert bench.run().uploaded == 3
    assert delivered(emulator) == once(1, 2, 3)
    assert {conversion.price for conversion in emulator.conversions()} == {"10"}
    assert len(bench.listener.of(Event.UPLOAD_NOT_FOUND)) == 1


@pytest.mark.parametrize("restarted", [False, True], ids=["same process", "restarted"])
def test_the_lag_is_of_what_was_accepted(bench: Bench, emulator: EmulatorServer, *, restarted: bool) -> None:
    """Rows that were read and not taken are not the newest delivered ones; once taken, they are."""
    sell(bench.database, 1, 3)
    emulator.fault("drop_before", times=1)
    with pytest.raises(OutcomeUnknown):
        bench.run()
    assert bench.report.newest == 0
    if restarted:
        bench.restart()
    with pytest.raises(StillUnclear):
        bench.run()
    bench.clock.forward(SETTLE)
    assert bench.run().newest == 1_767_225_603
    sell(bench.database, 4, 1)
    assert bench.run().newest == 1_767_225_604


def test_a_refused_row_is_not_the_newest(bench: Bench, emulator: EmulatorServer) -> None:
    """Of a file that is halved, what Metrica took counts for the lag."""
    sell(bench.database, 1, 4)
    emulator.fault("reject_ids", ids=[client_id(4)])
    assert bench.run().newest == 1_767_225_603


def test_the_same_tag_and_bytes_are_sent_again(bench: Bench, emulator: EmulatorServer) -> None:
    """The second POST is the first one to the byte, whatever became of the rows or the query meanwhile."""
    sell(bench.database, 1, 2)
    emulator.fault("drop_before", times=1)
    with pytest.raises(OutcomeUnknown):
        bench.run()
    (first,) = bench.listener.of(Event.UPLOAD_STARTED)
    bench.database.run("DELETE FROM orders")
    with pytest.raises(StillUnclear):
        bench.run()
    bench.clock.forward(SETTLE)
    bench.run()
    (upload,) = emulator.uploads()
    assert upload.comment == first["tag"]
    assert upload.size == first["bytes"]
    assert bench.listener.of(Event.UPLOAD_STARTED)[1] == first


def test_a_list_that_shows_it_late(bench: Bench, emulator: EmulatorServer) -> None:
    """An upload that shows in the list only after a while is waited for, and not sent twice."""
    sell(bench.database, 1, 3)
    emulator.fault("list_delay", calls=3, times=1)
    emulator.fault("drop_after", times=1)
    with pytest.raises(OutcomeUnknown):
        bench.run()
    for _ in range(3):
        with pytest.raises(StillUnclear):
            bench.run()
    assert bench.run().uploaded == 3
    assert delivered(emulator) == once(1, 2, 3)


def test_a_slow_list_tells_of_the_moment_it_was_asked(
    bench: Bench, emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that takes all of `settle` to come is no proof that the upload is still not there."""
    find = Uploads.find

    def slow(uploads: Uploads, counter: int, tag: str) -> Receipt | None:
        """The list as it was when asked for, `settle` later."""
        found = find(uploads, counter, tag)
        bench.clock.forward(SETTLE)
        return found

    sell(bench.database, 1, 3)
    emulator.fault("list_delay", calls=1, times=1)
    emulator.fault("drop_after", times=1)
    with pytest.raises(OutcomeUnknown):
        bench.run()
    monkeypatch.setattr(Uploads, "find", slow)
    with pytest.raises(StillUnclear):
        bench.run()
    assert bench.run().uploaded == 3
    assert delivered(emulator) == once(1, 2, 3)


def test_a_list_that_cannot_be_read_proves_nothing(bench: Bench, emulator: EmulatorServer) -> None:
    """While the list fails, nothing is sent again, however long that takes."""
    sell(bench.database, 1, 3)
    emulator.fault("drop_after", times=1)
    with pytest.raises(OutcomeUnknown):
        bench.run()
    emulator.fault("bad_json", on="list", times=2)
    for _ in range(2):
        bench.clock.forward(10 * SETTLE)
        with pytest.raises(OutcomeUnknown):
            bench.run()
    bench.run()
    assert delivered(emulator) == once(1, 2, 3)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "refuse", "status": 401}, AccessRefused),
        ({"kind": "refuse", "status": 403, "error_type": "invalid_token"}, AccessRefused),
        ({"kind": "refuse", "status": 404}, AccessRefused),
        ({"kind": "redirect"}, AccessRefused),
        ({"kind": "exhaust_quota", "quota": "quota_parallel_requests"}, NotReceived),
        ({"kind": "refuse", "status": 429, "error_type": "quota_requests_by_ip"}, NotReceived),
    ],
    ids=str,
)
def test_a_clear_refusal_leaves_it_planned(
    bench: Bench, emulator: EmulatorServer, fault: dict[str, object], error: type[Exception]
) -> None:
    """What Metrica certainly did not take is sent as soon as it can be, without looking it up."""
    sell(bench.database, 1, 3)
    emulator.fault(times=2, **fault)  # type: ignore[arg-type]  # the kind is among the options
    for _ in range(2):
        with pytest.raises(error):
            bench.run()
        assert bench.states() == ["planned"]
    bench.run()
    assert bench.states() == ["accepted"]
    assert delivered(emulator) == once(1, 2, 3)
    assert {request.method for request in emulator.requests()} == {"POST"}


def test_metrica_is_away(bench: Bench, emulator: EmulatorServer) -> None:
    """No connection: planned, and delivered once it is back."""
    sell(bench.database, 1, 3)
    emulator.stop()
    with pytest.raises(NotReceived):
        bench.run()
    assert bench.states() == ["planned"]
    emulator.start()
    bench.run()
    assert delivered(emulator) == once(1, 2, 3)


# --- files refused as a whole ---


def refuse_files_with(emulator: EmulatorServer, *bad: int) -> None:
    """Have every file with one of these orders refused."""
    emulator.fault("reject_ids", ids=[client_id(number) for number in bad])


@pytest.mark.parametrize("bad", [(1,), (7,), (16,), (3, 4), (1, 16), (2, 5, 11)], ids=str)
def test_the_rows_at_fault_are_found(bench: Bench, emulator: EmulatorServer, bad: tuple[int, ...]) -> None:
    """A refused file is halved until the rows at fault are known; each other row is delivered once."""
    sell(bench.database, 1, 16)
    refuse_files_with(emulator, *bad)
    report = bench.run()
    assert (report.uploaded, report.rejected) == (16 - len(bad), len(bad))
    assert delivered(emulator) == once(*(number for number in range(1, 17) if number not in bad))
    assert bench.rejects() == [(f'["{number}"]', "refused_by_metrica") for number in bad]
    assert bench.mark() is not None
    assert len(emulator.requests()) <= 1 + 2 * 4 * len(bad)

    bench.restart()
    report = bench.run()
    assert (report.uploaded, report.rejected) == (0, 0)
    assert delivered(emulator) == once(*(number for number in range(1, 17) if number not in bad))


def test_a_refused_row_that_was_put_right_is_sent(bench: Bench, emulator: EmulatorServer) -> None:
    """Once its line is another one, a refused row is news, and a reject no more."""
    sell(bench.database, 1, 4)
    refuse_files_with(emulator, 2)
    bench.run()
    emulator.clear_faults()
    bench.database.run("UPDATE orders SET total = '11', changed = 50 WHERE n = 2")
    assert bench.run().uploaded == 1
    assert bench.rejects() == []
    assert delivered(emulator) == once(1, 2, 3, 4)


@pytest.mark.parametrize("restarted", [False, True], ids=["same process", "restarted"])
@pytest.mark.parametrize("skip", range(7))
def test_halving_is_interrupted(
    bench: Bench, emulator: EmulatorServer, skip: int, *, restarted: bool
) -> None:
    """An answer lost at any step of the halving changes nothing in the end."""
    sell(bench.database, 1, 8)
    refuse_files_with(emulator, 3)
    emulator.fault("drop_after", times=1, skip=skip)
    with suppress(OutcomeUnknown):  # where the fault came in time
        bench.run()
    if restarted:
        bench.restart()
    with suppress(StillUnclear):
        bench.run()
    bench.clock.forward(2 * SETTLE)
    bench.run()
    assert delivered(emulator) == once(1, 2, 4, 5, 6, 7, 8)
    assert bench.rejects() == [('["3"]', "refused_by_metrica")]
    assert bench.mark() is not None


def test_a_file_that_is_bad_throughout_is_given_up(bench: Bench, emulator: EmulatorServer) -> None:
    """Fifty rows refused one after another: the query stops, the rest stays planned, few requests spent."""
    sell(bench.database, 1, 5000)
    emulator.fault("refuse")
    with pytest.raises(TooManyRejects):
        bench.run()
    assert len(bench.rejects()) == settle.REFUSED_IN_A_ROW
    assert len(emulator.requests()) < 3 * settle.REFUSED_IN_A_ROW
    assert bench.rows("SELECT mark FROM syncd_marks WHERE mark IS NOT NULL") == []

    emulator.clear_faults()
    bench.restart()
    bench.run()
    assert len(delivered(emulator)) == 5000 - settle.REFUSED_IN_A_ROW
    assert set(delivered(emulator).values()) == {1}


def test_many_bad_rows_together_harm_no_others(bench: Bench, emulator: EmulatorServer) -> None:
    """A file of which something was accepted is gone through to its end, however many follow each other."""
    bad = range(20, 20 + settle.REFUSED_IN_A_ROW + 10)
    sell(bench.database, 1, 100)
    refuse_files_with(emulator, *bad)
    bench.run()
    assert len(bench.rejects()) == len(bad)
    assert delivered(emulator) == once(*(set(range(1, 101)) - set(bad)))


def test_the_reject_limit_counts_refusals(bench: Bench, emulator: EmulatorServer) -> None:
    """`reject_limit` rows refused in one run stop the query, also when good rows lie between."""
    bench.restart(reject_limit=3)
    sell(bench.database, 1, 64)
    refuse_files_with(emulator, *range(1, 64, 8))
    with pytest.raises(TooManyRejects, match="reject_limit"):
        bench.run()
    assert len(bench.rejects()) == 3
