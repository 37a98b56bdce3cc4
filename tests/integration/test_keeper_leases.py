"""The bookkeeper on a shared store: its leases in time, in a race, and when the store does not answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from pydantic import SecretStr

from syncd.ledger import Leases, Store, impatient
from syncd.ledger.fleet.leases import Fleet
from syncd.model import RunReport
from syncd.model.errors import LeaseLost, StateUnavailable
from syncd.model.events import Event
from syncd.model.settings import StateSettings
from syncd.service import lease_holder
from syncd.service.bookkeeper import Bookkeeper
from syncd.service.daemon import RunOutcome, Turn
from tests.support.centre import Listener, query_of
from tests.support.servers import Database
from tests.support.waiting import eventually

NAMES = ["a", "b", "c", "d"]
DEADLINE = 30.0


class Silence:
    """A TCP proxy before PostgreSQL's socket that can take bytes and pass none on. A context manager."""

    def __init__(self, server: str) -> None:
        """`server`: the directory of PostgreSQL's socket."""
        self._server = str(next(Path(server).glob(".s.PGSQL.*[0-9]")))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._speaking = threading.Event()
        self._speaking.set()
        self._sockets: list[socket.socket] = []

    def begin(self) -> None:
        """From now on nothing passes, and no connection is closed."""
        self._speaking.clear()

    def end(self) -> None:
        """Everything passes again."""
        self._speaking.set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        for one in [self._listener, *self._sockets]:
            with suppress(OSError):  # it may be closed already, which is what is wanted
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._server)
            self._sockets += [client, server]
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                self._speaking.wait()
                sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


@pytest.fixture
def state(postgres: Database) -> StateSettings:
    """An empty store of this version."""
    settings = StateSettings(url=SecretStr(postgres.url), schema_name="syncd_test")
    store = Store.open(settings)
    store.migrate()
    store.close()
    return settings


class Keepers:
    """Bookkeepers on one store, each with connections of its own as in a process of its own."""

    def __init__(self, state: StateSettings) -> None:
        self._state = state
        self._open: list[tuple[Bookkeeper, Store]] = []

    def start(self, state: StateSettings | None = None, *, stays: bool = True) -> tuple[Bookkeeper, Listener]:
        """One more, running."""
        store, listener = Store.open(state or self._state), Listener()
        one = Bookkeeper(store, listener, NAMES, shared=True, stays=stays)
        one.start()
        self._open.append((one, store))
        return one, listener

    def fleet(self) -> Fleet:
        """Who is there, as the store knows it."""
        return Leases(self._open[0][1]).fleet()

    def close(self) -> None:
        """End all."""
        for one, store in self._open:
            one.close()
            store.close()


@pytest.fixture
def keepers(state: StateSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keepers]:
    """`keepers.start()`; leases run out within two seconds; all are ended after the test."""
    monkeypatch.setattr(lease_holder, "LEASE", timedelta(seconds=2))
    monkeypatch.setattr(lease_holder, "BEAT", timedelta(seconds=0.2))
    some = Keepers(state)
    yield some
    some.close()


def turn_of(name: str) -> Turn:
    """A query's place in a daemon's schedule; its run is the test's affair."""
    return Turn(query_of("sqlite://", name=name), lambda _report: None, datetime.now(UTC))


def outcome(**figures: int) -> RunOutcome:
    """A good run that did this."""
    now = datetime.now(UTC)
    return RunOutcome(RunReport("", **figures), now, now, None)


def held(one: Bookkeeper) -> list[str]:
    """The queries whose record a bookkeeper keeps, which are those it holds."""
    return sorted(one.rows())


def test_shares_are_even_and_handed_over_at_once(keepers: Keepers) -> None:
    """One takes all; another gets half; when that ends, the first has all again before any lease ran out."""
    first, _ = keepers.start()
    assert held(first) == NAMES
    second, _ = keepers.start()
    eventually(lambda: (len(held(first)), len(held(second))) == (2, 2))
    second.close()
    eventually(lambda: held(first) == NAMES)


def test_a_query_goes_when_its_run_is_over_and_takes_its_record_along(keepers: Keepers) -> None:
    """Busy queries stay; the record of a quiet run, not yet written, reaches the next owner all the same."""
    first, listener = keepers.start()
    turns = [turn_of(name) for name in NAMES]
    assert all(first.mine(turn) for turn in turns)
    second, _ = keepers.start()
    eventually(lambda: len(keepers.fleet().daemons) == 2)
    assert held(first) == NAMES
    for turn in turns:
        first.started(turn, datetime.now(UTC))
        first.finished(turn, outcome(read=7))
    eventually(lambda: len(held(second)) == 2)
    assert {row.read for row in second.rows().values()} == {7}
    assert len(listener.of(Event.LEASE_GIVEN)) == 2


def test_a_lease_that_was_lost_and_taken_again_does_not_revive_an_old_run(
    keepers: Keepers, state: StateSettings
) -> None:
    """The run began under another epoch: it may not send, and until it ends the query is not taken back."""
    one, listener = keepers.start()
    turn = turn_of("a")
    assert one.mine(turn)
    old = one.lease("a")
    one.check("a", old)
    store = Store.open(state)
    epoch = old.epoch if old else 0
    with store.database.write() as connection:
        table = store.database.tables.leases
        connection.execute(table.update().where(table.c.query == "a").values(owner="other", epoch=epoch + 1))
    listener.wait_for(Event.LEASE_LOST, query="a")
    with pytest.raises(LeaseLost):
        one.check("a", old)
    Leases(store).release("other", ["a"])
    store.close()
    # Beats go by and leave it, since the old run has not ended.
    count = len(listener.of(Event.LEASE_TAKEN))
    assert not one.mine(turn)
    one.finished(turn, outcome())
    listener.wait_for(Event.LEASE_TAKEN, count + 1)
    new = one.lease("a")
    assert new is not None
    assert new.epoch == epoch + 2
    with pytest.raises(LeaseLost):
        one.check("a", old)
    one.check("a", new)


def test_a_store_that_falls_silent(
    keepers: Keepers, state: StateSettings, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leases run out here no later than there, the thread does not hang, and all goes on afterwards.

    Nothing is closed or refused: bytes just do not pass, which neither TCP nor the server can tell.
    """
    monkeypatch.setattr(impatient, "ANSWER_WITHIN", 1.0)
    with Silence(postgres_server) as silence:
        url = state.url.get_secret_value().split("?")[0].replace("@/", f"@127.0.0.1:{silence.port}/")
        cut_off, listener = keepers.start(StateSettings(url=SecretStr(url), schema_name=state.schema_name))
        turn = turn_of("a")
        assert cut_off.mine(turn)
        cut_off.finished(turn, outcome())
        silence.begin()
        listener.wait_for(Event.STATE_TROUBLE)
        eventually(lambda: not cut_off.mine(turn))
        with pytest.raises(LeaseLost):
            cut_off.lease("a")
        other, _ = keepers.start()
        eventually(lambda: held(other) == NAMES)
        silence.end()
        listener.wait_for(Event.LEASE_LOST, 4)
        eventually(lambda: (len(held(cut_off)), len(held(other))) == (2, 2))


def test_every_statement_is_answered_or_given_up(
    state: StateSettings, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new statement and a commit under way end as StateUnavailable; then all works again."""
    monkeypatch.setattr(impatient, "ANSWER_WITHIN", 0.5)
    with Silence(postgres_server) as silence:
        url = state.url.get_secret_value().split("?")[0].replace("@/", f"@127.0.0.1:{silence.port}/")
        store = Store.open(
            StateSettings(url=SecretStr(f"{url}?connect_timeout=2"), schema_name=state.schema_name)
        )
        store.check_version()
        silence.begin()
        with pytest.raises(StateUnavailable):
            store.runs()
        silence.end()
        assert store.runs() == {}
        with pytest.raises(StateUnavailable, match="no answer within"):
            fall_silent_before_the_commit(store, silence)
        silence.end()
        assert store.runs() == {}
        store.close()


def fall_silent_before_the_commit(store: Store, silence: Silence) -> None:
    """A transaction whose commit is not answered."""
    with store.database.write() as connection:
        connection.exec_driver_sql("SELECT 1")
        silence.begin()


def test_once_takes_what_is_free_and_says_who_has_the_rest(keepers: Keepers) -> None:
    """It does not count as a daemon to share with, and gives back each query that is done."""
    daemon, _ = keepers.start()
    once, _ = keepers.start(stays=False)
    turn = turn_of("a")
    lease = daemon.lease("a")
    assert lease
    assert not once.mine(turn)
    assert once.elsewhere(turn) is None
    eventually(lambda: once.elsewhere(turn) is not None)
    assert lease.owner in str(once.elsewhere(turn))
    assert held(daemon) == NAMES

    daemon.close()
    eventually(lambda: held(once) == NAMES)
    assert once.mine(turn)
    turn.done = True
    once.finished(turn, outcome())
    eventually(lambda: "a" not in held(once))


def test_a_store_of_our_own_needs_no_leases(tmp_path: Path) -> None:
    """On SQLite every query is ours, without a lease to show."""
    store = Store.open(StateSettings(url=SecretStr(f"sqlite:///{tmp_path}/state.db")))
    store.migrate()
    one = Bookkeeper(store, Listener(), NAMES, shared=False)
    one.start()
    turn = turn_of("a")
    assert one.mine(turn)
    one.started(turn, datetime.now(UTC))
    one.finished(turn, outcome(read=1))
    assert one.lease("a") is None
    one.check("a", None)
    one.close()
    assert store.leases() == {}
    assert store.runs()["a"].read == 1
    store.close()
