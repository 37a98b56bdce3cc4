"""From where to read again once transactions have ended."""

from __future__ import annotations

from datetime import UTC, datetime

from syncd.model import Mark
from syncd.pipeline.reading.late_commits import LateCommits, TimedMark

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FIRST, SECOND, THIRD = (Mark((number,)) for number in (10, 20, 30))
WRITER = {"1/7": "a writer"}


def again(late: LateCommits) -> TimedMark | None:
    """A function's result, which mypy does not take to be the same the next time."""
    return late.reread_from


def test_one_that_is_open_as_a_run_begins_is_read_again_when_it_ends() -> None:
    """Also in the middle of the run; from the newest mark there was before it was seen."""
    late = LateCommits(None, None)
    late.begin({}, NOW, FIRST)
    late.begin(WRITER, NOW, SECOND)
    assert not again(late)
    late.observe({}, NOW)
    assert again(late) == TimedMark(1, FIRST)
    late.was_read_again()
    assert late.quiet


def test_one_that_began_and_ended_within_a_run_needs_no_other_reading() -> None:
    """Its rows lie behind what the run reads up to, so the next run comes by them."""
    late = LateCommits(None, None)
    late.begin({}, NOW, FIRST)
    late.observe(WRITER, NOW)
    assert late.safe(FIRST) == FIRST
    late.observe({}, NOW)
    assert late.quiet

    late.observe(WRITER, NOW)
    late.begin({}, NOW, SECOND)
    assert late.quiet


def test_one_that_began_within_a_run_and_outlasts_the_next_listing_is_read_again() -> None:
    """The run after may have passed rows of its."""
    late = LateCommits(None, None)
    late.begin({}, NOW, FIRST)
    late.observe(WRITER, NOW)
    late.begin(WRITER, NOW, SECOND)
    late.begin({}, NOW, THIRD)
    assert again(late) == TimedMark(1, FIRST)


def test_one_that_is_prepared_within_a_run_keeps_its_place() -> None:
    """It was open before, under another identity."""
    late = LateCommits(None, None)
    late.begin({}, NOW, FIRST)
    late.begin(WRITER, NOW, SECOND)
    late.observe({"prepared 7 x": "prepared transaction x"}, NOW)
    assert again(late) == TimedMark(1, FIRST)
    late.was_read_again()
    late.observe({}, NOW)
    assert again(late) == TimedMark(1, FIRST)


def test_one_that_was_open_when_there_was_no_row_yet_is_read_again() -> None:
    """From the beginning: others' rows, which came after, may have taken the mark along."""
    late = LateCommits(None, None)
    late.begin(WRITER, NOW, None)
    late.begin({}, NOW, FIRST)
    assert again(late) == TimedMark(0, None)


def test_where_the_list_has_gaps_whoever_is_new_on_it_began_behind_what_is_safe() -> None:
    """Whether it came on it in the run before or only now; it is read again while that is not the mark."""
    late = LateCommits(FIRST, FIRST)
    late.unlisted(FIRST, FIRST)
    late.begin({}, NOW, SECOND)
    assert late.quiet
    late.observe(WRITER, NOW)
    late.unlisted(FIRST, SECOND)
    late.begin({**WRITER, "1/8": "another"}, NOW, THIRD)
    assert again(late) == TimedMark(1, FIRST)
    late.was_read_again()
    assert late.safe(THIRD) == FIRST
    late.observe({}, NOW)
    assert again(late) == TimedMark(1, FIRST)


def test_where_the_list_has_gaps_a_long_load_is_not_read_again_for_each_who_comes_and_goes() -> None:
    """That is the next run's, which reads again from what is safe."""
    late = LateCommits(FIRST, FIRST)
    late.unlisted(FIRST, FIRST)
    late.begin({}, NOW, SECOND)
    late.observe(WRITER, NOW)
    late.observe({}, NOW)
    assert late.quiet
