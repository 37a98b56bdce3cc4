"""Calls: a client rang, once."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial

from syncd.language import N_
from syncd.mapping import fields
from syncd.mapping.bad import BadValueError
from syncd.mapping.contacts import read_phones
from syncd.mapping.currency import currency
from syncd.mapping.kinds.conversions import id_parameter
from syncd.mapping.moments import moment
from syncd.model import Reason
from syncd.model.endpoints import Endpoint
from syncd.model.kinds import WINDOWS, CallColumn, QueryKind, UploadColumn
from syncd.model.settings import QuerySettings
from syncd.model.upload_kind import Reader, UploadKind

LONGEST_URL = 2048
"""Characters."""
_MOST = 10**9
_YES = frozenset({"1", "t", "true", "y", "yes"})
_NO = frozenset({"0", "f", "false", "n", "no"})
_DIGITS = re.compile("[0-9]{1,9}")


class Calls(UploadKind):
    """The kind `calls`."""

    name = "calls"
    columns = tuple(CallColumn)
    client_columns = frozenset(
        {CallColumn.CLIENT_ID, CallColumn.USER_ID, CallColumn.YCLID, CallColumn.STATIC_CALL}
    )
    required = frozenset({CallColumn.DATETIME})
    moment = CallColumn.DATETIME
    private_columns = frozenset({CallColumn.PHONE_NUMBER})
    spare_columns = frozenset({CallColumn.PHONE_NUMBER})
    window = WINDOWS[QueryKind.CALLS]
    on_change = "ignore"
    is_overwritten = False  # nothing is documented about a call that is sent again
    changing_words = N_("detail of the call")
    identity_words = N_("id or DateTime")
    endpoint = Endpoint(
        "/management/v1/counter/{counter}/offline_conversions/upload_calls",
        "/management/v1/counter/{counter}/offline_conversions/calls_uploadings",
    )

    def readers(self, query: QuerySettings) -> Mapping[UploadColumn, Reader]:
        """The function that reads each column."""
        return {
            CallColumn.CLIENT_ID: fields.digits_id,
            CallColumn.USER_ID: fields.text_id,
            CallColumn.YCLID: fields.digits_id,
            CallColumn.DATETIME: partial(moment, query.timezone),
            CallColumn.STATIC_CALL: flag,
            CallColumn.PRICE: fields.price,
            CallColumn.CURRENCY: currency,
            CallColumn.PHONE_NUMBER: phone,
            CallColumn.TALK_DURATION: duration,
            CallColumn.HOLD_DURATION: duration,
            CallColumn.CALL_MISSED: flag,
            CallColumn.TAG: fields.text_id,
            CallColumn.FIRST_TIME_CALLER: flag,
            CallColumn.URL: url,
            CallColumn.CALL_TRACKER_URL: url,
        }

    def parameters(self, query: QuerySettings, header: str, tag: str) -> dict[str, str]:
        """The tag, the goal's name for where there is none yet, and the kind of id where there is one."""
        goal = {"new_goal_name": query.goal_name} if query.goal_name else {}
        return {"comment": tag} | goal | id_parameter(header)

    def names_client(self, texts: Sequence[str]) -> bool:
        """Whether an id is filled, or the call is static; a StaticCall of 0 says nothing."""
        return any(text not in {"", "0"} for text in texts)


def flag(value: object) -> str:
    """1, 0, or "" where it is not known.

    Raises:
        BadValueError: FLAG_UNREADABLE.
    """
    if value is None:
        return ""
    text = str(int(value)) if isinstance(value, bool) else _plain(value).lower()
    if text in _YES:
        return "1"
    if text in _NO:
        return "0"
    if text:
        raise BadValueError(Reason.FLAG_UNREADABLE)
    return ""


def duration(value: object) -> str:
    """Whole seconds; parts of a second are cut off an interval. "" where there is none.

    Raises:
        BadValueError: DURATION_UNREADABLE.
    """
    if value is None:
        return ""
    if isinstance(value, timedelta):
        value = value // timedelta(seconds=1)
    text = "" if isinstance(value, bool) else _plain(value)
    if _DIGITS.fullmatch(text):
        return str(int(text))
    if isinstance(value, str) and not text:
        return ""
    raise BadValueError(Reason.DURATION_UNREADABLE)


def phone(value: object) -> str:
    """The first number of the cell with its plus; "" where there is none.

    Raises:
        BadValueError: PHONE_UNREADABLE.
    """
    values = read_phones(value).values
    return f"+{values[0]}" if values else ""


def url(value: object) -> str:
    """An address.

    Raises:
        BadValueError: as `fields.text_id`.
    """
    return fields.text_id(value, longest=LONGEST_URL)


def _plain(value: object) -> str:
    """The value as text, a whole number without a fraction."""
    if isinstance(value, float | Decimal) and math.isfinite(value) and -_MOST < value < _MOST:
        return str(int(value)) if value == int(value) else str(value)
    return str(value).strip()


KIND = Calls()
