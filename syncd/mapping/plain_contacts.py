"""Mails and phones that are written in a plain form: what `contacts` makes of them is told at a glance. Pure.

Nearly all contacts of a shop are plain, and a look at the numbering plans takes a tenth of a millisecond. The
same patterns are regular expressions of PostgreSQL's, which writes the plain ones by itself (`source.lines`).
`tests/unit/test_plain_contacts.py` holds them against the full reading.
"""

from __future__ import annotations

import re

# Phones of Russia, whose national numbers begin with one of these. All of that length are possible ones, and
# neither 8 nor 7 before them can be read as anything else.
PHONE = r"(?:\+?7|8)[ -]?\(?[3489][0-9]{2}\)?[ -]?[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2}"
PHONE_SIGNS = " +-()"
"""What stands between the digits of such a phone."""
NATIONAL_DIGITS = 10
COUNTRY_CODE = "7"
DUMMIES = tuple(digit * NATIONAL_DIGITS for digit in "3489")
"""National numbers of one digit alone, which stand for "none"."""

# No apostrophe, which may be a quote around the mail. The length makes no label of the domain too long.
_LABEL = "[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*"
EMAIL = rf"[A-Za-z0-9_+-]+(?:[.][A-Za-z0-9_+-]+)*@(?:{_LABEL}[.])+[A-Za-z]{{2,}}"
LONGEST_EMAIL = 64

_PHONE = re.compile(PHONE)
_EMAIL = re.compile(EMAIL)
_NO_SIGNS = str.maketrans("", "", PHONE_SIGNS)


def plain_email(value: object) -> str | None:
    """The one mail address of a cell in lower case; None: it takes a closer look."""
    if isinstance(value, str) and len(value) <= LONGEST_EMAIL and _EMAIL.fullmatch(value):
        return value.lower()
    return None


def plain_phone(value: object) -> str | None:
    """The one phone of a cell as digits with the country code; None: it takes a closer look."""
    if not isinstance(value, str) or not _PHONE.fullmatch(value):
        return None
    national = value.translate(_NO_SIGNS)[-NATIONAL_DIGITS:]
    return None if national in DUMMIES else f"{COUNTRY_CODE}{national}"
