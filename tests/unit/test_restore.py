"""What Metrica has and the store does not know, counter by counter."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event as Flag

from syncd.model import Receipt
from syncd.pipeline.uploading.unrecorded import Unrecorded
from tests.support.centre import DEADLINE, Listener


class Lists:
    """Metrica's lists; that of counter 1 comes when it is let go."""

    def __init__(self) -> None:
        self.is_asked, self.may_come = Flag(), Flag()

    @property
    def list_path(self) -> str:
        """The same for all."""
        return ""

    def one(self, counter: int, upload_id: int) -> None:
        """No upload."""

    def pages(self, counter: int, offset: int = 0) -> Iterator[list[Receipt]]:
        """No uploads."""
        if counter == 1:
            self.is_asked.set()
            assert self.may_come.wait(DEADLINE)
        assert offset == 0
        yield from ()

    def page(self, counter: int, offset: int, limit: int) -> list[Receipt]:  # noqa: ARG002 — the protocol's
        """No uploads."""
        return []


class NewStore:
    """A store that knows nothing."""

    def known_tags(self, tags: Sequence[str]) -> Collection[str]:  # noqa: ARG002 — the protocol's
        """None of them."""
        return ()

    def compared_list(self, address: str, counter: int) -> None:
        """Never."""

    def save_compared_list(self, address: str, counter: int, entries: int, newest_id: int) -> None:
        """Nothing is kept."""


def test_a_list_that_is_slow_holds_up_no_other_counter() -> None:
    """Another query of another counter begins meanwhile."""
    lists, unrecorded = Lists(), Unrecorded(NewStore(), Listener())
    with ThreadPoolExecutor(1) as thread:
        slow = thread.submit(unrecorded.of, 1, "slow", lists)
        assert lists.is_asked.wait(DEADLINE)
        assert unrecorded.of(2, "quick", lists) == {}
        assert not slow.done()
        lists.may_come.set()
        assert slow.result(DEADLINE) == {}
