"""What is told of a contact at a glance is what the full reading makes of it."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.mapping.contacts import _email, _phone
from syncd.mapping.plain_contacts import (
    DUMMIES,
    EMAIL,
    LONGEST_EMAIL,
    LONGEST_PHONE,
    PHONE_SIGNS,
    plain_email,
    plain_phone,
)

national_numbers = st.integers(0, 10**10 - 1).map("{:010}".format) | st.sampled_from(DUMMIES)
digits_of_phones = st.tuples(st.sampled_from(["7", "+7", "8"]), national_numbers).map("".join)
signs = st.lists(st.tuples(st.integers(0, 12), st.sampled_from(PHONE_SIGNS)), max_size=20)


@given(digits_of_phones, signs)
def test_a_plain_phone_is_what_the_numbering_plans_say(digits: str, signs: list[tuple[int, str]]) -> None:
    """With signs anywhere between its digits; what is too long or a dummy is left to the full reading."""
    written = list(digits)
    for place, sign in signs:
        written.insert(place, sign)
    found, read = plain_phone("".join(written)), _phone("".join(written))
    assert found is None or (read is not None and read.text == found and not read.is_cut)
    national = digits[-10:]
    assert (found is None) == (
        national[0] not in "3489" or national in DUMMIES or len(written) > LONGEST_PHONE
    )


def test_every_area_code_of_a_plain_phone() -> None:
    """Each of the 4,000 beginnings, with both ends of its numbers, in each way to write the country."""
    for area, rest, country in product(range(1000), ("0000000", "9999999", "1234567"), ("7", "+7", "8")):
        national = f"{area:03}{rest}"
        found = plain_phone(f"{country}{national}")
        if national[0] not in "3489" or national in DUMMIES:
            assert found is None
        else:
            read = _phone(f"{country}{national}")
            assert read is not None
            assert found == read.text == f"7{national}"


@pytest.mark.parametrize("national", DUMMIES)
def test_a_dummy_is_no_plain_phone(national: str) -> None:
    """Nor is it a phone at all."""
    assert plain_phone(f"+7{national}") is None
    assert _phone(f"+7{national}") is None


@settings(max_examples=50)
@given(st.from_regex(EMAIL, fullmatch=True))
def test_a_plain_mail_is_what_the_full_reading_says(written: str) -> None:
    """In lower case; longer ones are left to the full reading."""
    read = _email(written)
    assert len(written) > LONGEST_EMAIL or read is not None
    assert plain_email(written) == (read.text if read and len(written) <= LONGEST_EMAIL else None)


@pytest.mark.parametrize(
    "written",
    ["", " a@b.ru", "a@b.ru\n", "'a@b.ru'", "a@b", "a@b.ru.", "a@b.ru,c@d.ru", "\u212a@b.ru", 5],
)
def test_other_mails_are_not_plain(written: object) -> None:
    """Not even where they can be read."""
    assert plain_email(written) is None


@pytest.mark.parametrize(
    "written", ["", "79995551111\n", "9995551111", "+375291234567", "\u06679995551111", 79995551111]
)
def test_other_phones_are_not_plain(written: object) -> None:
    """Not even where they can be read."""
    assert plain_phone(written) is None
