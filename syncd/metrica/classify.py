"""What an answer of the API means for the daemon. Pure.

Decided by `error_type` and the HTTP status, never by the message: messages may be Russian and change
(docs/metrica.md, 3).
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from syncd.metrica.clean import clean
from syncd.model.errors import (
    AccessRefused,
    FileRefused,
    MetricaError,
    NotReceived,
    OutcomeUnknown,
    TokenRefused,
)
from syncd.model.quota import next_midnight

UNTIL_MIDNIGHT = frozenset({"quota_requests_by_uid", "quota_requests_by_counter_id"})
"""Daily quotas: spent until 00:00 GMT (docs/metrica.md)."""

TOO_FAST = frozenset({"quota_requests_by_ip", "quota_parallel_requests"})
"""Quotas of the moment."""

BUSY_TYPES = UNTIL_MIDNIGHT | {
    *TOO_FAST,
    "quota_delegate_requests",
    "quota_grants_requests",
}
TOO_LARGE = "answer_too_large"
"""In place of Metrica's `error_type` where an answer is larger than any: of a list, a smaller page may do."""
UNCLEAR_TYPES = frozenset({"backend_error", "timeout"})
FILE_TYPES = frozenset(
    {
        "invalid_parameter",
        "missing_parameter",
        "invalid_uploading",
        "invalid_json",
        "limit_exceeded",
        "filter_limits",
        "query_error",
        "too_much_rows",
    }
)
TOKEN_TYPES = frozenset({"unauthorized", "invalid_token"})
ACCESS_TYPES = frozenset(
    {
        "access_denied",
        "counter_in_connect",
        "not_found",
        "not_acceptable",
        "conflict",
    }
)

_LONGEST_WAIT = timedelta(days=1)
_MESSAGE_LENGTH = 300
_TYPE_LENGTH = 64


def error_of(status: int, body: bytes, retry_after: str | None, now: datetime) -> MetricaError:
    """The error that an answer other than a good 200 stands for.

    Args:
        status: The HTTP status.
        body: The answer's body, possibly no JSON at all.
        retry_after: The `Retry-After` header, seconds or a date, if there was one; not documented, so only a
            hint.
        now: The moment, aware, UTC.
    """
    error_type, message = _read_errors(body)
    text = f"HTTP {status}" + (f" {error_type}" if error_type else "") + (f": {message}" if message else "")
    kind = _kind(status, error_type)
    if kind is NotReceived:
        return NotReceived(
            text,
            http_status=status,
            error_type=error_type,
            retry_at=_retry_at(error_type, retry_after, now),
        )
    return kind(text, http_status=status, error_type=error_type)


def _kind(status: int, error_type: str) -> type[MetricaError]:
    """The class by `error_type` where it is a known one, else by the status alone."""
    if error_type in BUSY_TYPES or status in (420, 429):
        return NotReceived
    if error_type in UNCLEAR_TYPES or status >= 500 or status == 408 or status < 300:  # noqa: PLR2004 — HTTP
        return OutcomeUnknown
    if error_type in TOKEN_TYPES or (status == 401 and error_type not in ACCESS_TYPES):  # noqa: PLR2004 — HTTP
        return TokenRefused
    if error_type in ACCESS_TYPES:
        return AccessRefused
    if error_type in FILE_TYPES or status in (400, 413, 422):
        # 413 comes from proxies in between: halves may pass where the whole did not.
        return FileRefused
    return AccessRefused


def _retry_at(error_type: str, retry_after: str | None, now: datetime) -> datetime | None:
    if error_type in UNTIL_MIDNIGHT:
        return next_midnight(now)
    if retry_after is None:
        return None
    if retry_after.isdecimal():
        return now + min(timedelta(seconds=int(retry_after[:9])), _LONGEST_WAIT)
    with suppress(ValueError, TypeError, OverflowError):  # no date either, or one without a zone
        return max(now, min(parsedate_to_datetime(retry_after).astimezone(UTC), now + _LONGEST_WAIT))
    return None


def _read_errors(body: bytes) -> tuple[str, str]:
    """(`error_type`, message) of the documented error body; empty texts where it is something else."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(document, dict):
        return "", ""
    errors = document.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else {}
    first = first if isinstance(first, dict) else {}
    error_type = first.get("error_type")
    message = first.get("message") or document.get("message")
    return (
        clean(error_type, _TYPE_LENGTH) if isinstance(error_type, str) else "",
        clean(" ".join(message.split()), _MESSAGE_LENGTH) if isinstance(message, str) else "",
    )
