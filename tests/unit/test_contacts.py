"""Mails and phones in the form that Metrica compares."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.mapping.bad import BadValueError
from syncd.mapping.contacts import Contacts, digest, read_emails, read_phones


def test_documented_vectors() -> None:
    """The MD5 of a mail and of a phone are those of Metrica's documentation."""
    assert digest("mail@yandex.ru") == "3c56ff8fef0f6c65b36b2d25720fe276"
    assert digest("79995551111") == "f09f2c3d48f31e2a802944ade2e5aec5"


@pytest.mark.parametrize(
    "written",
    [
        "79995551111",
        "+79995551111",
        "89995551111",
        "8 (999) 555-11-11",
        "+7 999 555 11 11",
        "9995551111",
        " 8-999-555-11-11\u200b",
        79995551111,
        Decimal(89995551111),
        ["+7 999 555-11-11"],
    ],
)
def test_phone_is_read_however_it_is_written(written: object) -> None:
    """Brackets, plus, blanks and the Russian 8 all come to the digits of the documents."""
    assert read_phones(written) == Contacts(("79995551111",))


@pytest.mark.parametrize("written", ["8 (495) 123-45-67 доб. 12", "84951234567 ext 4", "84951234567, доб. 3"])
def test_extension_is_cut_off_with_a_note(written: str) -> None:
    """An extension names a desk, not a client's phone."""
    assert read_phones(written) == Contacts(("74951234567",), cut=1)


def test_phone_of_another_country() -> None:
    """A country code counts with and without its plus."""
    assert read_phones("+375 29 123-45-67").values == read_phones("375291234567").values == ("375291234567",)


@pytest.mark.parametrize(
    "written", ["abc", "123", "0000000000", "1234567", 79995551111.0, True, b"79995551111"]
)
def test_what_is_no_phone(written: object) -> None:
    """Local numbers, words, zeros and floats are no phone of a client."""
    with pytest.raises(BadValueError, match="phone_unreadable"):
        read_phones(written)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (" Mail@Yandex.RU ", "mail@yandex.ru"),
        ("user@почта.рф", "user@xn--80a1acny.xn--p1ai"),
        ("User.Name+tag@Sub.Example.COM", "user.name+tag@sub.example.com"),
        ("a@b.ru.", "a@b.ru"),
    ],
)
def test_mail_is_trimmed_lowered_and_latin(written: str, read: str) -> None:
    """The domain in other letters is written as the network knows it."""
    assert read_emails(written) == Contacts((read,))


@pytest.mark.parametrize("written", ["no", "a@b", "почта@mail.ru", "a b@c.ru", "a@b@", "@b.ru", 5, "a@-b.ru"])
def test_what_is_no_mail(written: object) -> None:
    """A local part of other letters, and what has no domain, is refused."""
    with pytest.raises(BadValueError, match="email_unreadable"):
        read_emails(written)


def test_several_in_a_cell() -> None:
    """Each counts once; what cannot be read is left out while others can."""
    assert read_emails('"A@b.ru, a@B.ru;c@d.ru"') == Contacts(("a@b.ru", "c@d.ru"))
    assert read_phones("8 999 555-11-11, none") == Contacts(("79995551111",), left_out=1)
    assert read_phones(["89995551111", None]).values == ("79995551111",)


@pytest.mark.parametrize("empty", [None, "", " ", ",", [], [None]])
def test_an_empty_cell_is_no_contact(empty: object) -> None:
    """Nothing is wrong with it."""
    assert read_emails(empty) == read_phones(empty) == Contacts()


@given(st.one_of(st.text(), st.integers(), st.floats(), st.binary(), st.decimals()))
def test_nothing_else_comes_out(value: object) -> None:
    """Whatever a cell holds, it is digits, or an address in Latin letters, or refused."""
    for read, form in ((read_phones, r"[0-9]{7,15}"), (read_emails, r"[\x21-\x7e]+@[a-z0-9.-]+")):
        try:
            values = read(value).values
        except BadValueError:
            continue
        assert all(re.fullmatch(form, one) for one in values)
        assert read(",".join(values)).values == values
