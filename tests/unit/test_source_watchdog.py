"""One thread that ends whatever outlives its time."""

from __future__ import annotations

import threading

from syncd.source.watchdog import Watchdog


def test_what_lasts_too_long_is_ended() -> None:
    """The earliest comes first, also when it began last."""
    watchdog, order, late = Watchdog(), list[str](), threading.Event()

    def second() -> None:
        order.append("second")
        late.set()

    with (
        watchdog.watching(0.1, second),
        watchdog.watching(600, lambda: order.append("never")),
        watchdog.watching(0.01, lambda: order.append("first")),
    ):
        assert late.wait(60)
    assert order == ["first", "second"]


def test_what_was_left_in_time_is_not_ended() -> None:
    """Neither then nor when another's time is up."""
    watchdog, ended, later = Watchdog(), list[int](), threading.Event()
    for number in range(100):
        with watchdog.watching(0.05, lambda number=number: ended.append(number)):  # type: ignore[misc]  # bound now
            pass
    with watchdog.watching(0.06, later.set):
        assert later.wait(60)
    assert ended == []


def test_one_thread_for_all() -> None:
    """However many blocks there are."""
    watchdog, before = Watchdog(), threading.active_count()
    for _ in range(50):
        with watchdog.watching(600, list), watchdog.watching(601, list):  # type: ignore[arg-type]  # takes anything
            assert threading.active_count() <= before + 1
