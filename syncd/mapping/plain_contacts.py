"""Mails and phones that are written in a plain form: what `contacts` makes of them is told at a glance. Pure.

Nearly all contacts of a shop are plain, and a look at the numbering plans takes a tenth of a millisecond. The
same patterns are regular expressions of PostgreSQL's, which writes the plain ones by itself (`source.lines`).
`tests/unit/test_plain_contacts.py` holds them against the full reading.
"""

from __future__ import annotations

import re

# Phones of Russia, whose national numbers begin with one of these. All of that length are possible ones, and
# neither 7 nor 8 before them can be read as anything else, wherever signs stand between the digits.
PHONE_SIGNS = " ()-"
PHONE_BEGINNINGS = tuple(country + digit for country in ("7", "+7", "8") for digit in "3489")
"""Of a phone without its signs, before the last nine digits."""
LAST_DIGITS = 9
NATIONAL_DIGITS = 10
COUNTRY_CODE = "7"
LONGEST_PHONE = 32
DUMMIES = tuple(digit * NATIONAL_DIGITS for digit in "3489")
"""National numbers of one digit alone, which stand for "none"."""

# No apostrophe, which may be a quote around the mail. The length makes no label of the domain too long.
_LABEL = "[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*"
EMAIL = rf"[A-Za-z0-9_+-]+(?:[.][A-Za-z0-9_+-]+)*@(?:{_LABEL}[.])+[A-Za-z]{{2,}}"
LONGEST_EMAIL = 64

_PHONE = re.compile(rf"(?:{'|'.join(map(re.escape, PHONE_BEGINNINGS))})[0-9]{{{LAST_DIGITS}}}")
_EMAIL = re.compile(EMAIL)
_NO_SIGNS = str.maketrans("", "", PHONE_SIGNS)


def plain_email(value: object) -> str | None:
    """The one mail address of a cell in lower case; None: it takes a closer look."""
    if isinstance(value, str) and len(value) <= LONGEST_EMAIL and _EMAIL.fullmatch(value):
        return value.lower()
    return None


def plain_phone(value: object) -> str | None:
    """The one phone of a cell as digits with the country code; None: it takes a closer look."""
    if not isinstance(value, str) or len(value) > LONGEST_PHONE:
        return None
    text = value.translate(_NO_SIGNS)
    national = text[-NATIONAL_DIGITS:]
    return f"{COUNTRY_CODE}{national}" if _PHONE.fullmatch(text) and national not in DUMMIES else None
