"""Reads the next page while the one before is checked, recorded and uploaded."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from time import sleep

from syncd.model import Mark, Page, TextPage

AnyPage = Page | TextPage

GIVE_WAY = 0.001
"""Seconds that Python's lock is left to the thread that asks for the next page, which needs it to ask.

Else it waits until a page is through a regular expression, and the database with it: a tenth of the time.
"""


class ReadAhead:
    """Pages one after the other, each asked for before the one before it is worked on.

    Args:
        read: Reads at most so many rows from a mark on. It is called from another thread, one call at a time.
        most: How many rows a chunk takes; no page is larger.
        page_rows: How many rows a page has at most.
    """

    def __init__(self, read: Callable[[Mark | None, int], AnyPage], most: int, page_rows: int) -> None:
        self._read = read
        self._most = most
        self._page_rows = page_rows
        self._next: Future[AnyPage] | None = None

    def next(self, after: Mark | None, wanted: int) -> AnyPage:
        """The page behind `after`, which is the mark of the page before, of at most `wanted` rows.

        It may be larger where the page before brought less news than it has rows.
        """
        begun, self._next = self._next, None
        page = begun.result() if begun is not None else self._read(after, min(wanted, self._page_rows))
        if not page.exhausted:
            left = wanted - (len(page.rows) if isinstance(page, Page) else len(page.keys))
            self._begin(page.mark or after, min(left if left > 0 else self._most, self._page_rows))
        return page

    def close(self) -> None:
        """Wait until the page that is on its way, if any, is there or has failed; nobody wants it."""
        begun, self._next = self._next, None
        if begun is not None:
            begun.exception()

    def _begin(self, after: Mark | None, limit: int) -> None:
        """In a daemon thread, so that a database that hangs keeps no process from ending."""
        future: Future[AnyPage] = Future()
        self._next = future

        def work() -> None:
            try:
                future.set_result(self._read(after, limit))
            except BaseException as error:  # noqa: BLE001 — whoever asks for the page is told
                future.set_exception(error)

        Thread(target=work, name="read ahead", daemon=True).start()
        sleep(GIVE_WAY)
