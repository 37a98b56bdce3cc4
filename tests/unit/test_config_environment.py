"""The environment in the file: what is replaced, and what never is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.config import parse
from syncd.config.environment import substitute
from syncd.config.words import Substituted, Wrong
from syncd.model.settings import Settings

TEXT = """
metrica: {{token: "${{TOKEN}}", daily_requests: "${{N}}"}}
databases: {{crm: {{url: "sqlite:///c.db"}}}}
queries: {{one: {{counter: "${{N}}", id_type: YCLID, sql: {sql}, mark: id, enabled: "${{ON}}",
  every: "${{EVERY}}"}}}}
"""


def read(sql: str = "SELECT 1", **environ: str) -> Settings:
    """A file full of variables."""
    variables = {"TOKEN": "abc", "N": "42", "ON": "false", "EVERY": "7m", **environ}
    return parse(TEXT.format(sql=sql), "f.yaml", variables)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${A}", "1"),
        ("x${A}y${B}z", "x1y2z"),
        ("${NONE:-default}", "default"),
        ("${EMPTY:-default}", "default"),
        ("${EMPTY}", ""),
        ("${NONE:-}", ""),
        ("${NONE:-a:-b}", "a:-b"),
        ("$${A}", "${A}"),
        ("$$${A}", "$${A}"),
        ("$A $$ {A} $", "$A $$ {A} $"),
        ("$${", "${"),
    ],
)
def test_substitution(text: str, expected: str) -> None:
    """`${…}` is replaced, `$${` is a literal `${`, everything else stays."""
    assert substitute(text, {"A": "1", "B": "2", "EMPTY": ""}) == expected


def test_numbers_booleans_and_durations() -> None:
    """Where a number, a boolean or a duration is wanted, a text from the environment says one."""
    query = read().queries["one"]
    assert (query.counter, query.enabled, query.every.total_seconds()) == (42, False, 420)
    assert read().metrica.daily_requests == 42


ANY_TEXT = st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@given(value=ANY_TEXT)
def test_a_value_never_changes_the_file(value: str) -> None:
    """Whatever the environment holds, `: #` and line breaks included, arrives as it is, and only once."""
    if value.strip():
        assert read(sql='"${SQL}"', SQL=value).queries["one"].sql == value


@given(text=st.text(alphabet="${}:-AB x"))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text leads to anything but its replacement or Wrong; without `${` it is the same text."""
    try:
        result = substitute(text, {"A": "1"})
    except Wrong:
        assert "${" in text
    else:
        assert isinstance(result, Substituted) or result == text.replace("$${", "${")


def test_every_missing_name_is_told() -> None:
    """A text with several unset names names them all."""
    with pytest.raises(Wrong, match=re.escape("A, B are not set in the environment")):
        substitute("${A}${B}${A}", {})


@pytest.mark.parametrize("text", ["${UNSET:-${A}}", "${A:-${UNSET:-x}}", "${A", "${}", "${A-x}", "${1}"])
def test_what_is_not_written_as_promised(text: str) -> None:
    """A default that wants filling in itself is refused like a name that is none, not taken as it is."""
    with pytest.raises(Wrong, match="is not followed by a name and"):
        substitute(text, {"A": "1"})


@pytest.mark.parametrize("value", ["\udcff", "a\0"])
def test_bytes_that_are_no_text(value: str) -> None:
    """A variable that is no UTF-8 is refused by name."""
    with pytest.raises(Wrong, match="A is no UTF-8 text"):
        substitute("${A}", {"A": value})
