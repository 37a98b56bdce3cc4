"""Where a query stood some time ago."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from syncd.model import Mark
from syncd.trail import STEPS, Trail

BACK = timedelta(minutes=2)
SECONDS = BACK.total_seconds()
STEP = SECONDS / STEPS


@given(st.lists(st.tuples(st.floats(0, 90), st.booleans()), max_size=200))
def test_it_never_says_more_than_was_reached_by_then_and_comes_to_rest(
    steps: list[tuple[float, bool]],
) -> None:
    """Whatever it says was reached `back` ago or before; in the end it says the mark."""
    trail, now, number, reached = Trail(), 0.0, 0, [(0.0, 0)]
    trail.begin(Mark((0,)), now, BACK)
    for pause, moves in steps:
        now += pause
        trail.begin(Mark((number,)), now, BACK)
        stood = trail.stood(now - SECONDS)
        then = max((mark for at, mark in reached if at <= now - SECONDS), default=-1)
        assert (-1 if stood is None else stood.values[0]) <= then  # type: ignore[operator]
        number += moves
        trail.note(Mark((number,)), now, BACK)
        reached.append((now, number))
    for _ in range(3):
        now += STEP
        trail.begin(Mark((number,)), now, BACK)
    assert trail.stood(now) == Mark((number,))


def test_one_that_was_moved_by_somebody_else_has_no_past() -> None:
    """A rewind, or a run that failed on its way."""
    trail = Trail()
    trail.begin(Mark((7,)), 0, BACK)
    trail.note(Mark((9,)), 1000, BACK)
    trail.begin(Mark((3,)), 2000, BACK)
    assert trail.stood(1999) is None
    assert trail.stood(2000) == Mark((3,))


def test_it_follows_a_mark_that_never_rests() -> None:
    """Within a step or two: what is read again is no more than it must be."""
    trail = Trail()
    for second in range(600):
        trail.begin(Mark((second,)), second, BACK)
        trail.note(Mark((second + 1,)), second + 0.5, BACK)
        stood = trail.stood(second - SECONDS)
        if second >= SECONDS:
            assert stood is not None
            assert second - SECONDS - 2 * STEP <= stood.values[0] <= second - SECONDS  # type: ignore[operator]
