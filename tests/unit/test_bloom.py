"""Filters of codes: whoever is in is never missed, and hardly anybody else is taken for one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from syncd.ledger.bloom import filter_of, may_be_in

CODES = st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 50), min_size=1, max_size=200)


@given(CODES, CODES)
def test_no_code_is_missed(held: list[int], others: list[int]) -> None:
    """Each code of the filter is found, wherever it stands among those asked for."""
    asked = np.array(others + held, np.int64)
    found = may_be_in(filter_of(np.array(held, np.int64)), asked).tolist()
    assert {place for place, code in enumerate(asked.tolist()) if code in held} <= set(found)


def test_few_others_are_taken_for_one() -> None:
    """One in 1,000, be they in no order or numbers in a row."""
    for codes in (np.random.default_rng(7).integers(-(2**63), 2**63 - 1, 120_000), np.arange(120_000)):
        wrong = may_be_in(filter_of(codes[:20_000]), codes[20_000:])
        assert len(wrong) < 200


def test_filters_are_stable() -> None:
    """They are stored: another version of syncd, or of its libraries, must read them alike."""
    assert filter_of(np.array([1, -959056372728020320, 2**62], np.int64)).hex() == "a40002207f46"
