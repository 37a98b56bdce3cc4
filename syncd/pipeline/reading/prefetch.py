"""Reads the next page of a scan while the one before is checked, recorded and uploaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from importlib import import_module
from threading import Thread

from syncd.model import Page, TextPage
from syncd.model.clock import pause
from syncd.pipeline.ports import Scan

AnyPage = Page | TextPage

GIVE_WAY = 0.001
"""Seconds that Python's lock is left to the thread that asks for the next page, which needs it to ask.

Else it waits until a page is through a regular expression, and the database with it: a tenth of the time.
"""

SOON = 0.02
"""Seconds in which a page that has few rows is there."""


def prefetched(
    scan: Scan[AnyPage], wanted: Callable[[], int], most: int, *, is_first_load: bool = False
) -> Iterator[AnyPage]:
    """The pages of a scan, each asked for before the one before it is worked on.

    A page that nobody waits for any more ends by itself: the scan has its cursor to itself.

    Args:
        scan: It is asked from another thread, for one page at a time.
        wanted: How many rows the page may have that is given next; at least one.
        most: How many rows a page has at most.
        is_first_load: There are many rows to come, for all that is known.
    """
    limit = min(wanted(), most)
    scan.page_rows = limit
    page = _first(scan) if is_first_load else next(scan)
    while not page.exhausted:
        left = limit - (len(page.rows) if isinstance(page, Page) else len(page.keys))
        scan.page_rows = left if left > 0 else most
        begun = _begun(scan)
        yield page
        page, limit = begun.result(), min(wanted(), most)
    yield page


def _first(scan: Scan[AnyPage]) -> AnyPage:
    """The first page of a first load; where it takes its time, what codes keys is loaded meanwhile."""
    page = _begun(scan)
    if not wait([page], timeout=SOON).done:
        import_module("syncd.model.key_codes")  # numpy, 80 ms, which a poll that finds nothing goes without
    return page.result()


def _begun(scan: Scan[AnyPage]) -> Future[AnyPage]:
    """The next page, on its way in a daemon thread: a database that hangs keeps no process from ending."""
    future: Future[AnyPage] = Future()

    def work() -> None:
        try:
            future.set_result(next(scan))
        except BaseException as error:  # noqa: BLE001 — whoever asks for the page is told
            future.set_exception(error)

    Thread(target=work, name="read ahead", daemon=True).start()
    pause(GIVE_WAY)
    return future
