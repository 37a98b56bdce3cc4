"""What Metrica has and the store does not know, counter by counter."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event as Flag

from syncd.model import Receipt
from syncd.pipeline.uploading.unrecorded import Unrecorded
from tests.support.centre import DEADLINE, Listener


class Lists:
    """Metrica's lists; that of counter 1 comes when it is let go."""

    def __init__(self) -> None:
        self.is_asked, self.may_come = Flag(), Flag()

    def all_uploads(self, counter: int) -> dict[int, Receipt]:
        """No uploads."""
        if counter == 1:
            self.is_asked.set()
            assert self.may_come.wait(DEADLINE)
        return {}


def test_a_list_that_is_slow_holds_up_no_other_counter() -> None:
    """Another query of another counter begins meanwhile."""
    lists, unrecorded = Lists(), Unrecorded(lambda _: [], Listener())
    with ThreadPoolExecutor(1) as thread:
        slow = thread.submit(unrecorded.of, 1, "slow", lists)
        assert lists.is_asked.wait(DEADLINE)
        assert unrecorded.of(2, "quick", lists) == {}
        assert not slow.done()
        lists.may_come.set()
        assert slow.result(DEADLINE) == {}
