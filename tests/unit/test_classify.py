"""What an answer of the API means: by `error_type` and status, never by the message (docs/metrica.md, 3)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.metrica.classify import error_of
from syncd.model.errors import (
    AccessRefused,
    FileRefused,
    MetricaError,
    NotReceived,
    OutcomeUnknown,
    TokenRefused,
)
from syncd.model.quota import next_midnight

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)

DOCUMENTED = [
    ("backend_error", 503, OutcomeUnknown),
    ("timeout", 504, OutcomeUnknown),
    ("quota_requests_by_ip", 429, NotReceived),
    ("quota_parallel_requests", 429, NotReceived),
    ("quota_requests_by_uid", 429, NotReceived),
    ("quota_requests_by_counter_id", 429, NotReceived),
    ("quota_delegate_requests", 429, NotReceived),
    ("quota_grants_requests", 429, NotReceived),
    ("invalid_parameter", 400, FileRefused),
    ("missing_parameter", 400, FileRefused),
    ("invalid_uploading", 400, FileRefused),
    ("invalid_json", 400, FileRefused),
    ("limit_exceeded", 400, FileRefused),
    ("filter_limits", 400, FileRefused),
    ("query_error", 400, FileRefused),
    ("too_much_rows", 400, FileRefused),
    ("unauthorized", 401, TokenRefused),
    ("invalid_token", 403, TokenRefused),
    ("access_denied", 403, AccessRefused),
    ("counter_in_connect", 403, AccessRefused),
    ("not_found", 404, AccessRefused),
    ("not_acceptable", 406, AccessRefused),
    ("conflict", 409, AccessRefused),
]
"""The whole documented table."""

BARE = [
    (201, OutcomeUnknown),
    (202, OutcomeUnknown),
    (204, OutcomeUnknown),
    (400, FileRefused),
    (401, TokenRefused),
    (402, AccessRefused),
    (403, AccessRefused),
    (404, AccessRefused),
    (405, AccessRefused),
    (407, AccessRefused),
    (408, OutcomeUnknown),
    (409, AccessRefused),
    (410, AccessRefused),
    (413, FileRefused),
    (415, AccessRefused),
    (418, AccessRefused),
    (420, NotReceived),
    (422, FileRefused),
    (429, NotReceived),
    (451, AccessRefused),
    (500, OutcomeUnknown),
    (501, OutcomeUnknown),
    (502, OutcomeUnknown),
    (503, OutcomeUnknown),
    (504, OutcomeUnknown),
    (520, OutcomeUnknown),
    (599, OutcomeUnknown),
]
"""Statuses without a readable body, as a proxy in between gives them."""

NO_BODY = [
    b"",
    b"<html><body>Bad Gateway</body></html>",
    b"\xff\xfe\x00",
    b"null",
    b"[]",
    b"7",
    b'"text"',
    b"{}",
    b'{"errors": null}',
    b'{"errors": []}',
    b'{"errors": {}}',
    b'{"errors": ["invalid_token"]}',
    b'{"errors": [{"error_type": 5, "message": ["x"]}]}',
    b'{"errors": [{"error_type": {"a": 1}}], "message": 4}',
    b'{"errors": [{"error_type": "invented_in_2030", "message": "x"}]}',
    b'{"errors": [',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"9" * 10_000,
    b'{"errors": [{"error_type": "\\ud800", "message": "\\ud800"}]}',
]
"""Bodies that say nothing of use."""


def body(error_type: str, message: str = "Something") -> bytes:
    """The documented error body."""
    document = {"errors": [{"error_type": error_type, "message": message}], "message": message}
    return json.dumps(document).encode()


def kind_of(status: int, content: bytes) -> type[MetricaError]:
    """The class of the error."""
    return type(error_of(status, content, None, NOW))


@pytest.mark.parametrize(("error_type", "status", "expected"), DOCUMENTED)
def test_the_documented_table(error_type: str, status: int, expected: type[MetricaError]) -> None:
    """Every documented type has its class, and the error carries type, status and the API's words."""
    error = error_of(status, body(error_type), None, NOW)
    assert type(error) is expected
    assert (error.error_type, error.http_status) == (error_type, status)
    assert str(error) == f"HTTP {status} {error_type}: Something"


def test_a_message_steers_no_terminal() -> None:
    """What Metrica says, or a proxy for it, is shown on terminals and pages: without escape sequences."""
    error = error_of(400, body("invalid_parameter", "a\x1b[2J\x9b1m\x07\0b \n c"), None, NOW)
    assert str(error) == "HTTP 400 invalid_parameter: a?[2J?1m??b c"


@pytest.mark.parametrize(("error_type", "status", "expected"), DOCUMENTED)
def test_messages_decide_nothing(error_type: str, status: int, expected: type[MetricaError]) -> None:
    """A Russian message, or one that speaks of something else, changes no class."""
    for message in ("Неавторизованный пользователь", "invalid_token quota timeout", "", "x" * 1_000_000):
        assert kind_of(status, body(error_type, message)) is expected


@pytest.mark.parametrize(("status", "expected"), BARE)
@pytest.mark.parametrize("content", NO_BODY)
def test_the_bare_status_decides(status: int, content: bytes, expected: type[MetricaError]) -> None:
    """Without a known type the status alone does."""
    assert kind_of(status, content) is expected


@pytest.mark.parametrize(
    ("error_type", "status", "expected"),
    [
        ("invalid_token", 400, TokenRefused),
        ("access_denied", 400, AccessRefused),
        ("invalid_parameter", 422, FileRefused),
        ("quota_parallel_requests", 403, NotReceived),
        ("backend_error", 400, OutcomeUnknown),
        ("timeout", 200, OutcomeUnknown),
        ("invalid_uploading", 500, OutcomeUnknown),
        ("invalid_token", 502, OutcomeUnknown),
    ],
)
def test_type_before_status(error_type: str, status: int, expected: type[MetricaError]) -> None:
    """The type wins, but a server's own failure (5xx) is never taken for a clear refusal."""
    assert kind_of(status, body(error_type)) is expected


@pytest.mark.parametrize(
    ("error_type", "retry_after", "expected"),
    [
        ("quota_requests_by_uid", None, MIDNIGHT),
        ("quota_requests_by_uid", "5", MIDNIGHT),
        ("quota_requests_by_counter_id", None, MIDNIGHT),
        ("quota_requests_by_ip", None, None),
        ("quota_requests_by_ip", "5", NOW + timedelta(seconds=5)),
        ("quota_parallel_requests", None, None),
        ("quota_parallel_requests", "0", NOW),
        ("quota_parallel_requests", "-1", None),
        ("quota_parallel_requests", "soon", None),
        ("quota_parallel_requests", "²", None),
        ("quota_parallel_requests", "Sun, 01 Mar 2026 12:00:05 GMT", NOW + timedelta(seconds=5)),
        ("quota_parallel_requests", "Wed, 21 Oct 2015 07:28:00 GMT", NOW),
        ("quota_parallel_requests", "Wed, 21 Oct 2026 07:28:00 GMT", NOW + timedelta(days=1)),
        ("quota_parallel_requests", "Mon, 01 Jan 0001 00:00:00 +2300", NOW),
        ("quota_parallel_requests", "9" * 10_000, NOW + timedelta(days=1)),
        ("quota_delegate_requests", None, None),
    ],
)
def test_when_a_quota_is_free_again(
    error_type: str, retry_after: str | None, expected: datetime | None
) -> None:
    """Daily quotas at 00:00 GMT; others by Retry-After where it can be read, else by the usual pauses."""
    error = error_of(429, body(error_type), retry_after, NOW)
    assert isinstance(error, NotReceived)
    assert error.retry_at == expected


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 — bounds
def test_midnight_is_ahead(now: datetime) -> None:
    """The next 00:00 GMT lies ahead, at most a day."""
    midnight = next_midnight(now)
    assert timedelta(0) < midnight - now <= timedelta(days=1)
    assert (midnight.hour, midnight.minute, midnight.second, midnight.microsecond) == (0, 0, 0, 0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["errors", "error_type", "message", "code"]), inner)
    ),
)


@given(st.integers(100, 999), JSON.map(lambda value: json.dumps(value).encode()) | st.binary(), st.text())
def test_any_answer_gives_one_line(status: int, content: bytes, retry_after: str) -> None:
    """Whatever a server answers, the text of the error is one short line, as logs and databases take it."""
    error = error_of(status, content, retry_after, NOW)
    assert type(error) in (NotReceived, OutcomeUnknown, FileRefused, AccessRefused, TokenRefused)
    assert len(str(error)) < 400
    assert "\n" not in str(error)
    assert b"\0" not in str(error).encode()
