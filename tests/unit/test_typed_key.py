"""A key or mark as a person types it: every form that a command prints is taken."""

from __future__ import annotations

import pytest

from syncd.inspect.typed_key import typed_values
from syncd.model.errors import UsageError


@pytest.mark.parametrize(
    "arguments", [["1", "Ж-0005"], ["1, Ж-0005"], ["1,Ж-0005"], ['["1", "Ж-0005"]'], ['[1,"Ж-0005"]']]
)
def test_every_form_of_a_key(arguments: list[str]) -> None:
    """Word by word, as tables print it, as JSON."""
    assert typed_values(arguments, 2) == ["1", "Ж-0005"]


def test_one_column_is_one_value() -> None:
    """A comma in it is part of it; JSON is taken all the same."""
    assert typed_values(["a, b"], 1) == ["a, b"]
    assert typed_values(['["a, b"]'], 1) == ["a, b"]
    assert typed_values(["[a"], 1) == ["[a"]
    assert typed_values(["1, #ab"], 1, most=2) == ["1", "#ab"]
    assert typed_values(["[null]"], 1) == ["null"]


def test_what_can_be_cut_in_two_ways_is_refused() -> None:
    """Nobody guesses which comma is meant."""
    with pytest.raises(UsageError, match="one by one"):
        typed_values(["a, b, c"], 2)
