"""Mails and phones as people write them → the form that Metrica compares, and its MD5. Pure.

A cell may hold several, separated by commas, semicolons or line ends, or be a list of the database's. What of
a cell cannot be read is left out while something else of it can, since one good phone finds the client.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import md5
from typing import NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, ValidationResult

from syncd.mapping.bad import BadValueError
from syncd.mapping.plain_contacts import plain_email, plain_phone
from syncd.model import Reason

HOME_REGION = "RU"
"""Where a phone without a country code is at home: 8 999 … is +7 999 … there."""
MOST_IN_CELL = 100
"""Values of one cell; more are no contacts of one client."""
LONGEST_CONTACT = 254
"""Characters of a mail address (RFC 5321); no phone is as long."""

_BETWEEN = re.compile(r"[,;\r\n]+")
# Spaces that no trim takes away, as copied text has them: zero width, byte order mark, soft hyphen.
_INVISIBLE = str.maketrans("", "", "\u200b\u200c\u200d\u2060\ufeff\u00ad")
# What RFC 5322 calls dot-atom; Metrica asks for Latin letters.
_LOCAL_PART = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])")
# "доб. 12" after a comma belongs to the number before it.
_EXTENSION_AFTER_COMMA = re.compile(r",\s*(?=(доб|ext|extension|вн)\b)", re.IGNORECASE)
_LONGEST_NUMBER = 10**18
"""A phone that comes as a number has no more digits."""


class Read(NamedTuple):
    """One contact, and whether something was cut off it."""

    text: str
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Contacts:
    """What one cell holds."""

    values: tuple[str, ...] = ()
    """Normalised, each once, in the order of the cell."""
    left_out: int = 0
    """Values that cannot be read, beside others that can."""
    cut: int = 0
    """Phones whose extension was cut off."""


def read_emails(value: object) -> Contacts:
    """The mail addresses of a cell: trimmed, lower case, the domain in its Latin form.

    Raises:
        BadValueError: EMAIL_UNREADABLE, when the cell is filled and no address of it can be read.
    """
    if (plain := plain_email(value)) is not None:
        return Contacts((plain,))
    return _read(value, _email, Reason.EMAIL_UNREADABLE)


def read_phones(value: object) -> Contacts:
    """The phones of a cell as digits with the country code, without a plus: 79995551111.

    Raises:
        BadValueError: PHONE_UNREADABLE, when the cell is filled and no number of it can be read.
    """
    if (plain := plain_phone(value)) is not None:
        return Contacts((plain,))
    return _read(value, _phone, Reason.PHONE_UNREADABLE)


def digest(contact: str) -> str:
    """The MD5 that Metrica compares: of the normalised contact, in hexadecimal digits."""
    return md5(contact.encode(), usedforsecurity=False).hexdigest()


def split_cell(value: object) -> Sequence[object]:
    """The values of a cell that may hold several, blank ones left out."""
    if value is None:
        return ()
    if isinstance(value, str):
        parts = (part.translate(_INVISIBLE).strip() for part in _BETWEEN.split(value))
        return [part.strip("\"' ") for part in parts if part]
    if isinstance(value, list | tuple | set | frozenset):
        return [part for one in value for part in split_cell(one)]
    return (value,)


def _read(value: object, read: Callable[[object], Read | None], unreadable: Reason) -> Contacts:
    if isinstance(value, str):
        value = _EXTENSION_AFTER_COMMA.sub(" ", value)
    parts = split_cell(value)
    if not parts:
        return Contacts()
    if len(parts) > MOST_IN_CELL:
        raise BadValueError(unreadable)
    found = [one for one in map(read, parts) if one is not None]
    if not found:
        raise BadValueError(unreadable)
    values = _each_once(one.text for one in found)
    return Contacts(values, len(parts) - len(found), sum(one.is_cut for one in found))


def _each_once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _email(value: object) -> Read | None:
    if not isinstance(value, str) or len(value) > LONGEST_CONTACT:
        return None
    local, at, domain = value.lower().rpartition("@")
    if not at or not _LOCAL_PART.fullmatch(local):
        return None
    try:
        domain = domain.rstrip(".").encode("idna").decode()
    except UnicodeError:
        return None
    return Read(f"{local}@{domain}") if _DOMAIN.fullmatch(domain) else None


def _phone(value: object) -> Read | None:
    text = _phone_text(value)
    number = None if text is None else _parsed(text)
    if text is None or number is None:
        return None
    digits = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
    return Read(digits, bool(number.extension))


def _phone_text(value: object) -> str | None:
    """The value as text; None where it is none, such as a float, whose digits may be lost."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_CONTACT else None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    if not 0 < value < _LONGEST_NUMBER or value != int(value):
        return None
    return str(int(value))


def _parsed(text: str) -> PhoneNumber | None:
    """The number; one of another country may come without its plus."""
    for written in (text, f"+{text}"):
        try:
            number = phonenumbers.parse(written, HOME_REGION)
        except NumberParseException:
            continue
        possible = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
        # Zeros and the like stand for "none"; all who have none would be one client.
        if possible and len(set(str(number.national_number))) > 1:
            return number
    return None
