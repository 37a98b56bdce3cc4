"""Threads that are used again."""

from __future__ import annotations

import threading
from queue import SimpleQueue

import pytest

from syncd.service.workers import Workers
from tests.support.waiting import eventually


def test_a_thread_is_used_again() -> None:
    """Work that comes when a thread has none is done by that thread."""
    workers, seen = Workers(), SimpleQueue[threading.Thread]()
    workers.start(lambda: seen.put(threading.current_thread()))
    first = seen.get()
    eventually(lambda: workers._idle)  # noqa: SLF001 — that it waits shows nowhere else
    workers.start(lambda: seen.put(threading.current_thread()))
    assert seen.get() is first


def test_work_never_waits_for_work() -> None:
    """While some of it hangs, all other work begins at once."""
    workers, hang, done = Workers(), threading.Event(), SimpleQueue[int]()
    for _ in range(20):
        workers.start(hang.wait)  # type: ignore[arg-type]  # its answer is of no interest
    for number in range(20):
        workers.start(lambda number=number: done.put(number))  # type: ignore[misc]  # mypy and defaults
    assert sorted(done.get(timeout=60) for _ in range(20)) == list(range(20))
    hang.set()


def test_a_limit_of_threads_makes_work_wait_and_loses_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """250 runs in a pool of 8 of which the system gives 5, after none at all: each is done, 5 at a time."""
    workers, given, done = Workers(most=8), [0], SimpleQueue[int]()
    start = threading.Thread.start

    def start_sparingly(thread: threading.Thread) -> None:
        given[0] += 1
        if given[0] == 1 or given[0] > 6:  # the first is refused, then five are given
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_sparingly)
    for number in range(250):
        workers.start(lambda number=number: done.put(number))  # type: ignore[misc]  # mypy and defaults
    workers.add_thread()
    assert sorted(done.get(timeout=60) for _ in range(250)) == list(range(250))


def test_all_work_is_done_while_threads_come_and_go() -> None:
    """Threads that end for want of work lose none that comes at that very moment."""
    workers, done = Workers(idle_seconds=0.0), SimpleQueue[int]()
    for number in range(2000):
        workers.start(lambda number=number: done.put(number))  # type: ignore[misc]  # mypy and defaults
    assert sorted(done.get(timeout=60) for _ in range(2000)) == list(range(2000))
    eventually(lambda: not workers._idle)  # noqa: SLF001 — the same
