"""Rejects: of a row that cannot be sent its key, the value at fault and its values, safe to store anywhere.

Nothing here raises, whatever the row holds: the reject of a bad row must not fail for the badness of the row.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from hashlib import blake2b

from syncd.mapping.bad import BadValueError
from syncd.model import Reason, keys

HIDDEN = "(hidden)"
"""In the place of what nobody is to see, such as a client's phone."""
LONGEST_VALUE = 200
"""The most characters of a value that are kept."""
KEY_BYTES = 2000
"""The longest key: PostgreSQL cannot index more than about 2700 bytes, and the state store looks keys up."""

_MOST_EXPONENT = 1000
# Unicode's category Cc, as PostgreSQL stores no NUL and terminals obey the others, and lone surrogates, which
# cannot be stored as UTF-8.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def usable_key(values: Sequence[object]) -> str:
    """The key's canonical text (`keys.key_text`), seen to be one that every state store can hold.

    Raises:
        BadValueError: KEY_NULL, TEXT_TOO_LONG, TEXT_CONTROL_CHARACTERS (no UTF-8), or TEXT_TYPE (no text).
    """
    for value in values:
        if value is None:
            raise BadValueError(Reason.KEY_NULL)
        # Written out in full, 1E+999999999 would be a gigabyte.
        if isinstance(value, Decimal) and abs(value.adjusted()) > _MOST_EXPONENT:
            raise BadValueError(Reason.TEXT_TOO_LONG)
    try:
        key = keys.key_text(values)
        size = len(key) if key.isascii() else len(key.encode())
    except UnicodeEncodeError:
        raise BadValueError(Reason.TEXT_CONTROL_CHARACTERS) from None
    except (ValueError, TypeError, OverflowError):
        raise BadValueError(Reason.TEXT_TYPE) from None
    if size > KEY_BYTES:
        raise BadValueError(Reason.TEXT_TOO_LONG)
    return key


def reject_key(values: Sequence[object], row: Sequence[object]) -> str:
    """A key for a row that has no usable one: the key's values as far as they go, then a digest of the row.

    `["4711",null,"row:6f1d…"]`: null shows what is missing; the digest keeps rows apart, and the same row the
    same. One text longer than the query's real keys, so it never equals one.
    """
    shown = [_shown_or_null(value) for value in values]
    return json.dumps([*shown, f"row:{_digest(row)}"], ensure_ascii=False, separators=(",", ":"))


def row_json(columns: Sequence[str], row: Sequence[object]) -> str:
    """The row as a JSON object, column name to text or null; a name that comes twice gets a number."""
    shown: dict[str, str | None] = {}
    for position, (column, value) in enumerate(zip(columns, row, strict=False), start=1):
        name = column if column not in shown else f"{column} ({position})"
        shown[name] = _shown_or_null(value)
    return json.dumps(shown, ensure_ascii=False)


def hide_contacts(header: str, line: str, private: Collection[str]) -> str:
    """A CSV line with a sign in the place of each filled cell of the private columns."""
    names = header.split(",")
    if not set(names) & set(private):
        return line
    (cells,) = csv.reader([line], strict=True)
    told = [HIDDEN if name in private and cell else cell for name, cell in zip(names, cells, strict=True)]
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(told)
    return text.getvalue()


def shown(value: object) -> str:
    """A value as text of at most 200 characters without control characters or lone surrogates; null is ""."""
    if value is None:
        return ""
    text = _raw(value)
    if len(text) <= LONGEST_VALUE:
        text = _UNSAFE.sub(_escaped, text)
    else:
        # Cut first: escaping a long text whole would be wasted.
        text = _UNSAFE.sub(_escaped, text[:LONGEST_VALUE]) + "…"
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _shown_or_null(value: object) -> str | None:
    return None if value is None else shown(value)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"  # noqa: PLR2004 - the end of \x escapes


def _raw(value: object) -> str:
    """The text of any value; str(Decimal) keeps the exponent, so no text is longer than its value."""
    try:
        if isinstance(value, bytes | bytearray | memoryview):
            return bytes(value).hex()
        return str(value)
    except Exception:  # noqa: BLE001 - a driver's type that cannot be shown must not stop the other rows
        return f"<{type(value).__name__}>"


def _digest(row: Iterable[object]) -> str:
    """16 hexadecimal digits of all values in full, with their types, so that 1 and "1" differ."""
    digest = blake2b(digest_size=8)
    for value in row:
        text = f"{type(value).__name__}:{_raw(value)}".encode(errors="surrogatepass")
        digest.update(f"{len(text)}:".encode())
        digest.update(text)
    return digest.hexdigest()
