"""A transaction of the ledger that is cut at any statement leaves the store as it was."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event

from syncd.ledger import Leases, QueryLedger, Store
from syncd.ledger.rows import RunRow
from syncd.model import Mark, Upload, UploadState
from syncd.model.errors import SyncdError
from syncd.model.keys import key_text
from syncd.model.settings import StateSettings
from tests.support.fix_ledger import NOW, bad, chunk, dump, ledger_of, receipt, row, tag

Step = Callable[[QueryLedger, Upload, Upload], object]
"""One step on an open upload of several rows and an open upload of one row."""

STEPS: dict[str, Step] = {
    "begin_query": lambda ledger, _many, _one: ledger.begin_query(Mark((3,)), [key_text(["p"])]),
    "set_safe": lambda ledger, _many, _one: ledger.set_safe(Mark((1,)), ""),
    "record": lambda ledger, _many, _one: ledger.record(
        chunk(mark=9, rejects=[bad("r")], waiting=[row("w")])
    ),
    "begin": lambda ledger, _many, _one: ledger.begin(
        chunk("x", mark=9, rejects=[bad("r")], waiting=[row("w")]), tag(), NOW
    ),
    "sending": lambda ledger, many, _one: ledger.sending(many, NOW),
    "not_received": lambda ledger, many, _one: ledger.not_received(many),
    "accept": lambda ledger, many, _one: ledger.accept(many, receipt(), NOW),
    "split": lambda ledger, many, _one: ledger.split(many, (tag(), tag()), NOW),
    "refuse": lambda ledger, _many, one: ledger.refuse(one, "no", NOW),
    "follow": lambda ledger, _many, _one: ledger.follow(
        ledger.followed()[0], UploadState.PROCESSED, receipt(), NOW
    ),
}


class CutError(Exception):
    """The transaction is cut here."""


@contextmanager
def cut_at(store: Store, number: int) -> Iterator[list[str]]:
    """Fail the statement of that number (from 0) that is run inside; gives the statements run."""
    ran: list[str] = []

    def before(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        ran.append(statement)
        if len(ran) == number + 1:
            raise CutError

    event.listen(store.database.engine, "before_cursor_execute", before)
    try:
        yield ran
    finally:
        event.remove(store.database.engine, "before_cursor_execute", before)


def prepare(ledger: QueryLedger) -> tuple[Upload, Upload]:
    """A store with something in every table; gives an upload of several rows, and one of one."""
    ledger.begin_query(Mark((0,)))
    ledger.accept(ledger.begin(chunk("a"), tag(), NOW), receipt(), NOW)
    ledger.record(chunk(mark=1, rejects=[bad("b")], waiting=[row("c"), row("e")]))
    many = ledger.begin(chunk("b", "c", "d", mark=2), tag(), NOW)
    return many, ledger.begin(chunk("e", mark=3), tag(), NOW)


@pytest.mark.parametrize("name", STEPS)
def test_a_step_that_is_cut_leaves_no_trace(store: Store, name: str) -> None:
    """Whichever statement fails, nothing has changed, and the step can be taken again."""
    lease = Leases(store)
    epoch = lease.acquire(["orders"], "me", timedelta(minutes=5))["orders"]
    assert epoch == 1
    ledger = ledger_of(store)
    many, one = prepare(ledger)
    before = dump(store)
    number, done = 0, False
    while not done:
        with cut_at(store, number) as ran:
            try:
                STEPS[name](ledger, many, one)
            except CutError:
                number += 1
            else:
                done = True
        if not done:
            assert dump(store) == before, ran[-1]
    assert number > 1
    assert dump(store) != before


def test_saving_runs_that_is_cut_leaves_no_trace(store: Store) -> None:
    """The runs of a round are saved together."""
    store.save_runs([RunRow("a"), RunRow("b")])
    before = dump(store)
    with cut_at(store, 1), pytest.raises(CutError):
        store.save_runs([RunRow("a", failures=1), RunRow("b", failures=1)])
    assert dump(store) == before


KILLED = """
import os, signal, sys
from datetime import datetime, UTC
from pydantic import SecretStr
from sqlalchemy import event
from syncd.ledger import QueryLedger, Store
from syncd.model import Receipt
from syncd.model.places import Place
from syncd.model.settings import StateSettings

url, schema, upload, number = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
store = Store.open(StateSettings(url=SecretStr(url), schema_name=schema))
ledger = QueryLedger(store, "orders", "fingerprint", place=Place("", 77))
loaded = ledger.load(upload)
left = number

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def before(*_):
    global left
    if left == 0:
        die()
    left -= 1

event.listen(store.database.engine, "before_cursor_execute", before)
event.listen(store.database.engine, "commit", die)  # comes before the commit itself
ledger.accept(loaded, Receipt(1, "UPLOADED"), datetime.now(UTC))
"""


def test_kill_9_inside_accept_leaves_no_trace(store: Store, state: StateSettings) -> None:
    """Killed at any statement, or just before the commit, the upload is open and the mark stands."""
    ledger = ledger_of(store)
    many, _one = prepare(ledger)
    before = dump(store)
    for number in (1, 3, 5, 100):
        arguments = [state.url.get_secret_value(), state.schema_name, str(many.id), str(number)]
        killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False, timeout=60)
        assert killed.returncode == -signal.SIGKILL
        assert dump(store) == before
    ledger.accept(many, receipt(), NOW)
    assert ledger.unsettled() != []


def test_a_failed_commit_is_told_and_can_be_repeated(store: Store) -> None:
    """An upload whose acceptance failed in whatever way is accepted later, once."""
    ledger = ledger_of(store)
    many, _one = prepare(ledger)
    for number in range(3):
        with cut_at(store, number), pytest.raises(CutError):
            ledger.accept(many, receipt(), NOW)
    ledger.accept(many, receipt(), NOW)
    after = dump(store)
    ledger.accept(many, receipt(), NOW)
    assert dump(store) == after
    with pytest.raises(SyncdError):
        ledger.not_received(many)
