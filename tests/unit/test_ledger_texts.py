"""What the ledger writes into columns comes back exactly, and is text that every database takes."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Dialect, make_url

from syncd.ledger.entries import mark_of, mark_text, plain
from syncd.ledger.packing import packed, unpacked
from syncd.ledger.types import Moment
from syncd.model import Mark
from syncd.model.keys import key_text

encodable = st.text(st.characters(exclude_categories=["Cs"]))
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=zones)  # noqa: DTZ001 — bounds are naive


def dialect_of(kind: str) -> Dialect:
    """SQLAlchemy's idea of a database."""
    return make_url(f"{kind}://").get_dialect()()


@given(st.lists(st.lists(encodable, min_size=1, max_size=3), min_size=1))
def test_keys_survive_packing(values: list[list[str]]) -> None:
    """Whatever a key holds, newlines included, its text is one line; older stores have zlib."""
    keys = [key_text(value) for value in values]
    assert unpacked(packed(keys)) == keys
    assert unpacked(zlib.compress("\n".join(keys).encode(), 1)) == keys


@given(st.text())
def test_plain_texts_suit_every_database(text: str) -> None:
    """No NUL, nothing that UTF-8 cannot carry; a harmless text stays as it is; doing it twice is once."""
    made = plain(text)
    assert "\0" not in made
    made.encode()
    assert plain(made) == made
    if "\0" not in text and text.isprintable():
        assert made == text


@given(moments)
def test_moments_come_back(moment: datetime) -> None:
    """In SQLite a moment is text in UTC; in PostgreSQL the driver's own."""
    kind = Moment()
    for dialect in (dialect_of("sqlite"), dialect_of("postgresql+psycopg")):
        stored = kind.process_bind_param(moment, dialect)
        back = kind.process_result_value(stored, dialect)
        assert back == moment
        assert back is not None
        assert back.tzinfo is UTC


@given(moments, moments)
def test_moments_sort_as_text(first: datetime, second: datetime) -> None:
    """SQLite compares the texts, so they must sort like the moments."""
    kind, dialect = Moment(), dialect_of("sqlite")
    texts = [kind.process_bind_param(moment, dialect) for moment in (first, second)]
    assert (texts[0] < texts[1]) == (first < second)


def test_moments_need_a_zone() -> None:
    """A naive datetime is a fault, not a guess; null stays null."""
    kind, dialect = Moment(), dialect_of("sqlite")
    with pytest.raises(ValueError, match="aware"):
        kind.process_bind_param(datetime(2026, 1, 1), dialect)  # noqa: DTZ001 — the fault under test
    assert kind.process_bind_param(None, dialect) is None
    assert kind.process_result_value(None, dialect) is None


def test_marks_may_be_absent() -> None:
    """Null stands for no mark."""
    assert mark_text(None) is None
    assert mark_of(None) is None
    assert mark_of(mark_text(Mark((1, "x")))) == Mark((1, "x"))
