"""The real client over real HTTP: which error each trouble becomes, and that no token is ever in one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.metrica import uploads as uploads_module
from syncd.metrica.client import MetricaClient
from syncd.metrica.token import OAuthToken
from syncd.model import Receipt
from syncd.model.errors import (
    AccessRefused,
    FileRefused,
    MetricaError,
    NotReceived,
    OutcomeUnknown,
    TokenRefused,
)
from syncd.model.events import Event
from tests.support.centre import COUNTER, TOKEN, Listener, metrica_client
from tests.support.client import BODY, OTHER, TAG, failure, upload, uploads_of
from tests.support.raw_http import RawServer, answer


@pytest.fixture
def client(emulator: EmulatorServer) -> Iterator[MetricaClient]:
    """A client of the emulator, with a short time-out."""
    with closing(metrica_client(emulator.url, timeout=2.0)) as client:
        yield client


@pytest.mark.parametrize(
    ("fault", "expected", "received"),
    [
        ({"kind": "refuse"}, FileRefused, False),
        ({"kind": "refuse", "status": 401}, TokenRefused, False),
        ({"kind": "refuse", "status": 403}, AccessRefused, False),
        ({"kind": "refuse", "status": 403, "error_type": "invalid_token"}, TokenRefused, False),
        ({"kind": "refuse", "status": 404}, AccessRefused, False),
        ({"kind": "refuse", "status": 429}, NotReceived, False),
        ({"kind": "refuse", "status": 400, "message": "Ошибка"}, FileRefused, False),
        ({"kind": "refuse", "status": 413, "text": "<html>"}, FileRefused, False),
        ({"kind": "refuse", "status": 502, "text": "<html>"}, OutcomeUnknown, False),
        ({"kind": "drop_before"}, OutcomeUnknown, False),
        ({"kind": "drop_before", "read_body": False}, OutcomeUnknown, False),
        ({"kind": "drop_after"}, OutcomeUnknown, True),
        ({"kind": "error_before"}, OutcomeUnknown, False),
        ({"kind": "error_after"}, OutcomeUnknown, True),
        ({"kind": "error_after", "status": 504}, OutcomeUnknown, True),
        ({"kind": "hang", "accept": True}, OutcomeUnknown, True),
        ({"kind": "hang", "accept": False}, OutcomeUnknown, False),
        ({"kind": "bad_json"}, OutcomeUnknown, True),
        ({"kind": "partial_json"}, OutcomeUnknown, True),
        ({"kind": "partial_json", "cut": True}, OutcomeUnknown, True),
        ({"kind": "redirect"}, AccessRefused, False),
        ({"kind": "redirect", "status": 307}, AccessRefused, False),
        ({"kind": "huge_reply", "size": 40_000_000}, OutcomeUnknown, True),
        ({"kind": "huge_reply"}, OutcomeUnknown, True),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_every_fault_has_its_class(
    emulator: EmulatorServer,
    client: MetricaClient,
    fault: dict[str, object],
    expected: type[MetricaError],
    *,
    received: bool,
) -> None:
    """What Metrica may have is unclear; what it certainly refused, or never had, is not; time is bounded."""
    emulator.fault(times=1, **fault)  # type: ignore[arg-type]  # the kind is among the options
    began = time.monotonic()
    error = failure(lambda: upload(client))
    assert type(error) is expected
    assert time.monotonic() - began < 15
    # Another client: this one takes a spent quota to heart.
    with closing(metrica_client(emulator.url)) as another:
        assert (uploads_of(another).find(COUNTER, TAG) is not None) is received


@pytest.mark.parametrize("operation", ["list", "counter", "goals"])
@pytest.mark.parametrize(
    "kind", ["drop_before", "hang", "bad_json", "partial_json", "redirect", "error_before"]
)
def test_reading_fails_in_the_same_way(
    emulator: EmulatorServer, client: MetricaClient, operation: str, kind: str
) -> None:
    """Reading the list, the counter or the goals raises MetricaError and nothing else."""
    emulator.fault(kind, on=operation, times=1)
    calls: dict[str, Callable[[], object]] = {
        "list": lambda: uploads_of(client).find(COUNTER, TAG),
        "counter": lambda: client.counter(COUNTER),
        "goals": lambda: client.goals(COUNTER),
    }
    failure(calls[operation])
    calls[operation]()


@pytest.mark.parametrize(
    ("quota", "until_midnight"),
    [
        ("quota_requests_by_uid", True),
        ("quota_requests_by_counter_id", True),
        ("quota_requests_by_ip", False),
        ("quota_parallel_requests", False),
        ("quota_delegate_requests", False),
        ("quota_grants_requests", False),
    ],
)
def test_quotas(emulator: EmulatorServer, client: MetricaClient, quota: str, *, until_midnight: bool) -> None:
    """A spent daily quota says when it begins anew; the others leave it to the usual pauses."""
    emulator.fault("exhaust_quota", quota=quota, times=1)
    error = failure(lambda: upload(client))
    assert isinstance(error, NotReceived)
    assert (error.error_type, error.http_status) == (quota, 429)
    assert (error.retry_at is not None) is until_midnight
    if error.retry_at is not None:
        assert error.retry_at > datetime.now(UTC)
        assert (error.retry_at.hour, error.retry_at.minute) == (0, 0)


def test_retry_after(emulator: EmulatorServer, client: MetricaClient) -> None:
    """A Retry-After is heeded, though no document promises one."""
    emulator.configure(retry_after=90)
    emulator.fault("exhaust_quota", quota="quota_parallel_requests", times=1)
    error = failure(lambda: upload(client))
    assert isinstance(error, NotReceived)
    assert error.retry_at is not None
    assert 60 < (error.retry_at - datetime.now(UTC)).total_seconds() <= 90


def test_a_minimal_reply(emulator: EmulatorServer, client: MetricaClient) -> None:
    """`id` and `status` alone are a good answer."""
    emulator.fault("minimal_reply")
    receipt = upload(client)
    assert (receipt.status, receipt.comment) == ("UPLOADED", "")


# --- the token ---


def test_a_new_token_is_taken_up(emulator: EmulatorServer) -> None:
    """When the API refuses the token it is read again, once, and the request is made with the new one."""
    emulator.configure(tokens=[OTHER])
    tokens = iter([TOKEN, OTHER])
    with closing(metrica_client(emulator.url, read=lambda: next(tokens))) as client:
        assert upload(client).status == "UPLOADED"
        assert uploads_of(client).find(COUNTER, TAG) is not None
    assert [request.status for request in emulator.requests()] in ([401, 200, 200], [403, 200, 200])


def test_the_same_token_is_not_tried_twice(emulator: EmulatorServer) -> None:
    """A refused token that has not changed costs one request."""
    emulator.configure(tokens=[OTHER])
    with closing(metrica_client(emulator.url)) as client:
        assert type(failure(lambda: upload(client))) is TokenRefused
    assert len(emulator.requests()) == 1


def test_a_refused_new_token_ends_it(emulator: EmulatorServer) -> None:
    """Two different refused tokens are two requests, not an endless row."""
    emulator.configure(tokens=["y0_a-third-one"])
    tokens = iter([TOKEN, OTHER])
    with closing(metrica_client(emulator.url, read=lambda: next(tokens))) as client:
        assert type(failure(lambda: upload(client))) is TokenRefused
    assert len(emulator.requests()) == 2


def test_a_token_that_the_answer_repeats_is_hidden() -> None:
    """A server that quotes the token in its message does not bring it into an error."""
    body = f'{{"errors": [{{"error_type": "invalid_token", "message": "bad {TOKEN}"}}]}}'.encode()
    with (
        RawServer(answer(body, status="403 Forbidden")) as server,
        closing(metrica_client(server.url)) as client,
    ):
        error = failure(lambda: upload(client))
    assert "invalid_token" in str(error)


def test_the_token_has_no_repr() -> None:
    """Whoever prints it sees nothing."""
    token = OAuthToken(lambda: TOKEN)
    token.value()
    assert TOKEN not in f"{token!r} {token}"


def test_netrc_is_ignored(emulator: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ~/.netrc entry for the host does not replace the token."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    emulator.configure(tokens=[TOKEN])
    with closing(metrica_client(emulator.url)) as client:
        assert upload(client).status == "UPLOADED"


def test_a_redirect_does_not_carry_the_token_away(emulator: EmulatorServer, client: MetricaClient) -> None:
    """The other host is never spoken to."""
    with RawServer(answer(b"{}")) as other:
        emulator.fault("redirect", location=f"{other.url}/steal")
        error = failure(lambda: upload(client))
        assert "redirect" in str(error)
        assert other.requests == []


# --- the way to the server ---


# --- the wire ---


def test_the_request_on_the_wire() -> None:
    """Byte for byte as the API's page has it: path, parameters, header, one part named `file`."""
    with (
        RawServer(answer(b'{"uploading": {"id": 7, "status": "UPLOADED"}}')) as server,
        closing(metrica_client(server.url)) as client,
    ):
        assert upload(client) == Receipt(7, "UPLOADED")
    (request,) = server.requests
    head, _, content = request.partition(b"\r\n\r\n")
    first, *rest = head.decode("ascii").split("\r\n")
    headers = dict(line.split(": ", 1) for line in rest)
    path = f"/management/v1/counter/101/offline_conversions/upload?comment={TAG}&client_id_type=CLIENT_ID"
    assert first == f"POST {path} HTTP/1.1"
    assert headers["Authorization"] == f"OAuth {TOKEN}"
    assert headers["Content-Length"] == str(len(content))
    kind, boundary = headers["Content-Type"].split("; boundary=")
    assert kind == "multipart/form-data"
    assert (
        content
        == (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="data.csv"\r\n'
            f"Content-Type: text/csv\r\n\r\n{BODY.decode()}\r\n--{boundary}--\r\n"
        ).encode()
    )


def test_no_parameter_for_several_kinds_of_id() -> None:
    """Without a client_id_type only the comment is in the query."""
    with (
        RawServer(answer(b'{"uploading": {"id": 7, "status": "UPLOADED"}}')) as server,
        closing(metrica_client(server.url)) as client,
    ):
        uploads_of(client).upload(
            COUNTER, [BODY], tag=TAG, header="PurchaseId,Target,DateTime", fence=lambda: None
        )
    assert server.requests[0].split(b" ")[1].endswith(b"/upload?comment=" + TAG.encode())


# --- the list ---


def test_the_list_is_read_to_its_end(
    emulator: EmulatorServer, client: MetricaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many pages it has, in either order, every upload is found and nothing is made up."""
    monkeypatch.setattr(uploads_module, "LIST_PAGE", 2)
    tags = [f"syncd{number:032x}" for number in range(5)]
    ids = [upload(client, tag).id for tag in tags]
    for order in ("newest_first", "oldest_first"):
        emulator.configure(list_order=order)
        found = [uploads_of(client).find(COUNTER, tag) for tag in tags]
        assert [receipt.id for receipt in found if receipt] == ids
        assert uploads_of(client).find(COUNTER, "syncd" + "f" * 32) is None
        listed = [receipt.id for page in uploads_of(client).pages(COUNTER) for receipt in page]
        assert sorted(listed) == sorted(ids)


def test_every_request_is_told(emulator: EmulatorServer) -> None:
    """Each request, also one that got no answer, is an event with its code, for the metrics."""
    listener = Listener()
    with closing(metrica_client(emulator.url, listener=listener)) as client:
        upload(client)
        emulator.fault("drop_before", times=1)
        failure(lambda: upload(client))
    told = [(event["method"], event["code"]) for event in listener.of(Event.API_REQUEST)]
    assert told == [("POST", "200"), ("POST", "none")]
