"""What runs take from the answers to `syncd probe`."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.model.probed import Probed, probed_of

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("answer", "settle"),
    [
        ("0 s", 60),
        ("30 s", 60),
        ("31 s", 62),
        ("600 s", 1200),
        ("not within 1 h", 7200),
        ("unclear", 60),
        ("", 60),
    ],
)
def test_a_lost_upload_is_looked_for_twice_as_long_as_the_list_took(answer: str, settle: int) -> None:
    """And never shorter than the configuration says."""
    assert probed_of({"list_delay": answer}).settle(MINUTE) == timedelta(seconds=settle)


def test_each_answer_is_taken_from_its_question() -> None:
    """Others change nothing."""
    answers = {"list_cap": "100", "client_id_type": "refused", "bad_row": "refuse_file"}
    assert probed_of(answers) == Probed(None, 100, refuses_id_parameter=True)
    assert probed_of({"list_cap": "not reached with 12 uploads", "client_id_type": "ignored"}) == Probed()


@given(st.dictionaries(st.sampled_from(["list_delay", "list_cap", "client_id_type"]), st.text(max_size=30)))
def test_no_words_do_harm(answers: dict[str, str]) -> None:
    """A raw word that nobody foresaw is no answer."""
    found = probed_of(answers)
    assert found.settle(MINUTE) >= MINUTE
    assert found.list_page is None or found.list_page > 0
