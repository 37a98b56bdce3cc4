"""The lock of a SQLite store: one daemon, known by name, freed however it ends."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from syncd.ledger import Store
from syncd.ledger.schema.version import HEAD
from syncd.model.errors import StateInUse, StateUnavailable
from syncd.model.settings import StateSettings

HOLDER = """
import sys
from pydantic import SecretStr
from syncd.ledger import Store
from syncd.model.settings import StateSettings

lock = Store.open(StateSettings(url=SecretStr(sys.argv[1]))).lock()
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def holder(url: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock of the store."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def store_at(path: Path) -> Store:
    """A store in this file, not migrated."""
    return Store.open(StateSettings(url=SecretStr(f"sqlite:///{path}")))


def test_a_second_process_is_refused_by_name(tmp_path: Path) -> None:
    """StateInUse tells the id of the process that holds the lock; also by another path to the file."""
    path = tmp_path / "state.db"
    path.touch()
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with holder(f"sqlite:///{path}") as other:
        for way in (path, link):
            with pytest.raises(StateInUse, match=rf"process {other.pid} "):
                store_at(way).lock().acquire()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_the_lock_is_free_when_its_holder_is_gone(tmp_path: Path, sign: signal.Signals) -> None:
    """However the process ended, the next one gets the lock."""
    path = tmp_path / "state.db"
    with holder(f"sqlite:///{path}") as other:
        other.send_signal(sign)
        other.wait(timeout=30)
        with store_at(path).lock():
            pass


def test_asking_whether_it_is_held(tmp_path: Path) -> None:
    """It makes no file, and tells of any process; a store in memory cannot be asked about."""
    lock = store_at(tmp_path / "state.db").lock()
    assert lock.is_held() is False
    assert list(tmp_path.iterdir()) == []
    with holder(f"sqlite:///{tmp_path / 'state.db'}") as other:
        assert lock.is_held() is True
        other.kill()
        other.wait(timeout=30)
        assert lock.is_held() is False
    assert Store.open(StateSettings(url=SecretStr("sqlite://"))).lock().is_held() is None


def test_who_asks_stands_in_nobodys_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that starts just while somebody asks waits a moment."""
    lock = store_at(tmp_path / "state.db").lock()
    with lock:
        pass
    asking = os.open(tmp_path / "state.db.lock", os.O_RDONLY)
    fcntl.flock(asking, fcntl.LOCK_SH)
    monkeypatch.setattr("syncd.ledger.lock.pause", lambda _seconds: os.close(asking))
    with lock:
        assert lock.is_held() is True


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    """Within one process too a second holder is refused, until the first lets go."""
    store = store_at(tmp_path / "state.db")
    with store.lock(), pytest.raises(StateInUse):
        store.lock().acquire()
    lock = store.lock()
    lock.acquire()
    lock.acquire()
    lock.release()
    lock.release()
    with store.lock():
        pass


def test_a_store_in_memory_needs_no_lock() -> None:
    """Nobody else can see it."""
    store = Store.open(StateSettings(url=SecretStr("sqlite://")))
    with store.lock(), store.lock():
        assert store.migrate() == (None, HEAD)


def test_a_lock_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A path that cannot be opened is StateUnavailable, naming it."""
    (tmp_path / "state.db.lock").mkdir()
    with pytest.raises(StateUnavailable, match=r"state\.db\.lock"):
        store_at(tmp_path / "state.db").lock().acquire()
