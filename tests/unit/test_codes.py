"""Codes of keys and conversions: one by one, many at a time, in tables or not, they are the same."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.model.conversion_codes import conversion_codes, repeated_places
from syncd.model.joined import JoinedLines
from syncd.model.key_codes import are_numbers, codes_of

NUMBERS = st.one_of(
    st.integers(0, 30), st.integers(995, 1005), st.integers(10**17 - 3, 10**18 + 3), st.integers(10**8, 10**9)
)
KEYS = st.lists(
    st.one_of(
        NUMBERS.map(lambda number: f'["{number}"]'),
        st.sampled_from(['["007"]', '["-5"]', '["1","2"]', '["ü"]', '[""]', '["1x"]', "[]", '["½"]']),
    ),
    min_size=1,
)
TEXTS = st.one_of(
    st.sampled_from(["paid", "order_paid", "a,b", 'say "x"', "1767225600", "ü", "x" * 255, "1" * 29]),
    st.text(st.characters(min_codepoint=33, exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40),
)
MOMENTS = st.one_of(
    st.integers(947_000_000, 99_999_999_999), st.integers(1_767_225_600, 1_767_225_603), st.just(999_999_999)
)
MONEY = st.sampled_from(["10", "1767225600", "", "0.5", "123456789.25"])
CURRENCY = st.sampled_from(["RUB", "", "EUR"])
ROWS = st.lists(st.tuples(TEXTS, TEXTS, MOMENTS, MONEY, CURRENCY), min_size=1, max_size=30)


def line_of(*cells: object) -> str:
    """As the mapping writes it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


def is_number(key: str) -> bool:
    """Whether a key is its own code."""
    digits = key[2:-2]
    return (
        key == f'["{digits}"]'
        and digits.isdecimal()
        and digits.isascii()
        and str(int(digits)) == digits
        and int(digits) < 10**18
    )


@given(KEYS)
def test_a_key_has_its_own_code_whatever_stands_around(keys: list[str]) -> None:
    """Numbers are their code; others are negative."""
    codes = codes_of(keys).tolist()
    assert codes == [codes_of([key]).tolist()[0] for key in keys]
    assert [code for key, code in zip(keys, codes, strict=True) if is_number(key)] == [
        int(key[2:-2]) for key in keys if is_number(key)
    ]
    assert all(code < 0 for key, code in zip(keys, codes, strict=True) if not is_number(key))
    assert are_numbers(JoinedLines(keys)) == all(map(is_number, keys))


@given(ROWS, st.integers(0, 2))
def test_a_conversion_has_its_own_code_whatever_stands_around(
    rows: list[tuple[str, str, int, str, str]], money: int
) -> None:
    """Whether lines are as wide or not, quoted or not; and its Price and Currency do not matter."""
    lines = [line_of(*row[: 3 + money]) for row in rows]
    codes = conversion_codes(lines, money).tolist()
    assert codes == [conversion_codes([line_of(*row[:3])], 0).tolist()[0] for row in rows]
    upper = (1 << 34) - 1  # the bits that a moment has, enough until 2514
    assert [code >> 30 & upper for code in codes] == [row[2] & upper for row in rows]
    heads = [row[:3] for row in rows]
    assert set(repeated_places(conversion_codes(lines, money))) >= {
        place for place, head in enumerate(heads) if heads.count(head) > 1
    }


@pytest.mark.parametrize("width", [1, 8, 18, 29, 111, 255])
def test_pages_of_lines_that_are_as_wide(width: int) -> None:
    """Many blocks of them; no two of ten thousand get one code, and one odd line among them changes none."""
    rows = [
        (f"{n:0{width}}" if width > 4 else "7", "paid", 1_767_225_600 + n, n % 977, "RUB")
        for n in range(10_000)
    ]
    lines = [line_of(*row) for row in rows]
    codes = conversion_codes(JoinedLines.joining(lines), 2).tolist()
    assert len(set(codes)) == len(lines)
    lines[5_000] = line_of("other, and wider", *rows[5_000][1:])
    others = conversion_codes(JoinedLines.joining(lines), 2).tolist()
    assert [place for place in range(len(lines)) if codes[place] != others[place]] == [5_000]


def test_a_number_where_the_moment_stands_in_other_lines() -> None:
    """The same bytes at the same places, in other cells: each line is read by its own commas."""
    shifted = f"{'1' * 29},1767225600,1767225601,7,RUB"
    usual = f"{'1' * 18},order_paid,1767225600,{'7' * 13},RUB"
    codes = conversion_codes([usual, shifted], 2).tolist()
    assert [code >> 30 for code in codes] == [1_767_225_600, 1_767_225_601]
