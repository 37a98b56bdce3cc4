"""Other queries while the daemon runs: what did not change is left alone, and none is run twice at a time."""

from __future__ import annotations

from datetime import timedelta
from threading import Event as Flag

from syncd.model import RunReport
from syncd.model.errors import TooManyRejects
from syncd.model.events import Event
from syncd.model.settings import QuerySettings
from tests.integration.test_daemon import Loop, Run, going, nothing, raising
from tests.support.centre import DEADLINE, query_of
from tests.support.waiting import eventually

LONG = timedelta(hours=1)


class Held:
    """A run that goes on until the test lets it end."""

    def __init__(self) -> None:
        """Nothing has begun."""
        self.begun, self.release, self.runs = Flag(), Flag(), 0

    def __call__(self, _report: RunReport) -> None:
        """One run."""
        self.runs += 1
        self.begun.set()
        assert self.release.wait(DEADLINE)


def change(loop: Loop, runs: dict[str, Run]) -> None:
    """Have these queries from now on."""
    queries: dict[str, tuple[QuerySettings, Run]] = {
        name: (query_of("sqlite://", name=name, every=LONG), run) for name, run in runs.items()
    }
    loop.daemon.change(queries)


def names(loop: Loop) -> list[str]:
    """The queries that the daemon has."""
    return [turn.query.name for turn in loop.daemon.turns]


def test_what_did_not_change_goes_on() -> None:
    """A run that is going on is neither ended nor begun a second time by a change of others."""
    held = Held()
    with going(Loop({"stays": held, "goes": nothing}, every=LONG)) as loop:
        loop.listener.wait_for(Event.QUERY_FINISHED, query="goes")
        assert held.begun.wait(DEADLINE)
        change(loop, {"stays": held, "comes": nothing})
        loop.listener.wait_for(Event.QUERY_FINISHED, query="comes")
        assert loop.daemon.running() == ["stays"]
        assert held.runs == 1
        assert (loop.notebook.there, loop.notebook.gone) == (["comes"], ["goes"])
        held.release.set()
        loop.listener.wait_for(Event.QUERY_FINISHED, query="stays")
        assert names(loop) == ["stays", "comes"]


def test_a_running_query_that_changes_runs_anew_after_its_end() -> None:
    """The old run ends first; then, and not before, the new one begins, at once."""
    old, new = Held(), Held()
    with going(Loop({"orders": old}, every=LONG)) as loop:
        assert old.begun.wait(DEADLINE)
        change(loop, {"orders": new, "mark": nothing})
        loop.listener.wait_for(Event.QUERY_FINISHED, query="mark")  # the change was taken
        assert (old.runs, new.runs) == (1, 0)
        old.release.set()
        assert new.begun.wait(DEADLINE)
        assert loop.daemon.running() == ["orders"]
        new.release.set()
        loop.listener.wait_for(Event.QUERY_FINISHED, 2, query="orders")
        assert (old.runs, new.runs) == (1, 1)


def test_a_running_query_that_goes_leaves_after_its_end() -> None:
    """Its run ends by itself; only then is it let go of."""
    held = Held()
    with going(Loop({"orders": held}, every=LONG)) as loop:
        assert held.begun.wait(DEADLINE)
        change(loop, {"mark": nothing})
        loop.listener.wait_for(Event.QUERY_FINISHED, query="mark")
        assert loop.notebook.gone == []
        held.release.set()
        eventually(lambda: loop.notebook.gone == ["orders"])
        assert names(loop) == ["mark"]


def test_a_query_that_goes_and_comes_back_while_it_runs_is_not_run_twice() -> None:
    """Two changes during one run: the last one counts."""
    old, new = Held(), Held()
    with going(Loop({"orders": old}, every=LONG)) as loop:
        assert old.begun.wait(DEADLINE)
        change(loop, {})
        change(loop, {"orders": new, "mark": nothing})
        loop.listener.wait_for(Event.QUERY_FINISHED, query="mark")
        assert (old.runs, new.runs) == (1, 0)
        old.release.set()
        assert new.begun.wait(DEADLINE)
        assert loop.notebook.gone == []
        new.release.set()
        loop.listener.wait_for(Event.QUERY_FINISHED, 2, query="orders")


def test_what_was_halted_runs_again() -> None:
    """A reload is a person who acted, also where the query itself is as it was."""
    failing = raising(TooManyRejects("too many"))
    with going(Loop({"orders": failing}, every=LONG)) as loop:
        loop.listener.wait_for(Event.QUERY_HALTED, 1, query="orders")
        change(loop, {"orders": failing})
        loop.listener.wait_for(Event.QUERY_HALTED, 2, query="orders")
        change(loop, {"orders": nothing})
        (recovered,) = loop.listener.wait_for(Event.QUERY_RECOVERED)
    assert recovered["failures"] == 2


def test_no_query_left_ends_nothing() -> None:
    """A daemon whose last query is gone waits for the next change."""
    with going(Loop({"orders": nothing}, every=LONG)) as loop:
        loop.listener.wait_for(Event.QUERY_FINISHED, query="orders")
        change(loop, {})
        eventually(lambda: names(loop) == [])
        change(loop, {"orders": nothing})
        loop.listener.wait_for(Event.QUERY_FINISHED, 2, query="orders")
        assert loop.thread.is_alive()
