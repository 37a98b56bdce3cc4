"""Who is let in, and how often: 401, 403, 404 and 429."""

from __future__ import annotations

import threading

import pytest
import requests

from syncd.emulator.quotas import UsedQuotas
from syncd.emulator.replies import Refusal
from syncd.emulator.server import EmulatorServer
from syncd.emulator.settings import EmulatorSettings
from tests.emulator.client import COUNTER, Client, refused
from tests.support.waiting import eventually


@pytest.mark.parametrize("header", [None, "", "OAuth", "OAuth  ", "Token x", "Bearer x", "oauth x"])
def test_a_missing_or_malformed_header_is_401(emulator: EmulatorServer, header: str | None) -> None:
    """Without `Authorization: OAuth <token>` the answer is 401 unauthorized."""
    client = Client(emulator)
    client.headers = {} if header is None else {"Authorization": header}
    refused(client.upload(), 401, "unauthorized")
    refused(client.get("/goals"), 401, "unauthorized")
    assert emulator.uploads() == []


def test_the_token_is_not_taken_from_the_address(emulator: EmulatorServer) -> None:
    """A token in the URL has been refused since 2019 [D, banner]."""
    response = requests.get(
        f"{emulator.url}/management/v1/counter/1", params={"oauth_token": "x"}, timeout=20
    )
    refused(response, 401, "unauthorized")


def test_an_unknown_token_is_403(emulator: EmulatorServer) -> None:
    """A token that is not valid is 403 invalid_token."""
    emulator.configure(tokens=["good"])
    assert refused(Client(emulator, "bad").upload(), 403, "invalid_token") == "Invalid oauth_token"
    assert Client(emulator, "good").upload().status_code == 200


@pytest.mark.parametrize(("status", "error_type"), [(401, "unauthorized"), (403, "invalid_token")])
def test_an_expired_token_is_a_switch(emulator: EmulatorServer, status: int, error_type: str) -> None:
    """Documents say 401, replies seen say 403: both can be had."""
    emulator.configure(expired_tokens=["old"], expired_token=status)
    refused(Client(emulator, "old").upload(), status, error_type)


def test_a_token_without_access_is_403(emulator: EmulatorServer) -> None:
    """A good token at a counter that is not its own is access_denied."""
    emulator.configure(tokens={"mine": [COUNTER], "theirs": [1], "all": None})
    assert Client(emulator, "mine").upload().status_code == 200
    assert Client(emulator, "all").upload().status_code == 200
    assert refused(Client(emulator, "theirs").upload(), 403, "access_denied") == "Access is denied"


def test_viewing_is_not_uploading(emulator: EmulatorServer) -> None:
    """The token's account needs edit access for an upload."""
    emulator.configure(permission="view")
    assert Client(emulator).get().json()["counter"]["permission"] == "view"
    refused(Client(emulator).upload(), 403, "access_denied")


def test_an_unknown_counter_is_404(emulator: EmulatorServer) -> None:
    """When counters are listed, another one is not_found."""
    emulator.configure(counters=[1])
    refused(Client(emulator).get(), 404, "not_found")
    refused(Client(emulator).upload(), 404, "not_found")


def test_the_day_of_a_user_ends_at_midnight_gmt() -> None:
    """5000 requests a day and user, again from 00:00 GMT; here three."""
    moment = [86_400.0 * 20_000 + 86_390]
    settings = EmulatorSettings(requests_per_day_by_uid=3)
    with EmulatorServer(settings, now=lambda: moment[0]) as emulator:
        client = Client(emulator)
        for _ in range(3):
            assert client.upload().status_code == 200
        refused(client.upload(), 429, "quota_requests_by_uid")
        assert Client(emulator, "somebody-else").upload().status_code == 200
        moment[0] += 11
        assert client.upload().status_code == 200


def test_reads_and_writes_are_counted_apart_or_together(emulator: EmulatorServer) -> None:
    """Quotas are counted per method group; a switch counts them together."""
    emulator.configure(requests_per_day_by_uid=1)
    client = Client(emulator)
    assert client.upload().status_code == 200
    assert client.get().status_code == 200
    emulator.configure(quota_groups="together")
    emulator.clear()
    assert client.upload().status_code == 200
    refused(client.get(), 429, "quota_requests_by_uid")


def test_a_counter_has_its_own_day(emulator: EmulatorServer) -> None:
    """5000 requests a day and counter, whoever asks; here one."""
    emulator.configure(requests_per_day_by_counter=1)
    assert Client(emulator, "a").upload().status_code == 200
    refused(Client(emulator, "b").upload(), 429, "quota_requests_by_counter_id")
    assert Client(emulator, "b", counter=2).upload().status_code == 200


def test_a_fourth_parallel_request_is_refused(emulator: EmulatorServer) -> None:
    """A user has three requests at a time."""
    emulator.fault("hang", times=3, on="list")
    client = Client(emulator)
    threads = [
        threading.Thread(target=client.get, args=("/offline_conversions/uploadings",)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    eventually(lambda: emulator.state.running("secret-token") == 3, seconds=20)
    refused(client.get(), 429, "quota_parallel_requests")
    assert Client(emulator, "somebody-else").get().status_code == 200
    emulator.clear_faults()
    for thread in threads:
        thread.join()
    assert client.get().status_code == 200


def test_requests_per_second_of_an_address() -> None:
    """30 requests a second and address, when the switch is on; here two."""
    quotas, settings = UsedQuotas(), EmulatorSettings(requests_per_second_by_ip=2)
    quotas.by_ip("a", 10.0, settings)
    quotas.by_ip("a", 10.9, settings)
    quotas.by_ip("b", 10.9, settings)
    with pytest.raises(Refusal, match="Quota"):
        quotas.by_ip("a", 10.95, settings)
    quotas.by_ip("a", 11.1, settings)


def test_retry_after_is_a_switch(emulator: EmulatorServer) -> None:
    """No document names Retry-After; it is sent only when asked for [N, open question 8]."""
    emulator.configure(requests_per_day_by_uid=0)
    assert "Retry-After" not in Client(emulator).upload().headers
    emulator.configure(retry_after=7)
    assert Client(emulator).upload().headers["Retry-After"] == "7"


def test_bearer_is_a_switch(emulator: EmulatorServer) -> None:
    """`Bearer` is not documented, so it is taken only when asked for [N, open question 8]."""
    emulator.configure(bearer="accepted")
    client = Client(emulator)
    client.headers = {"Authorization": "Bearer x"}
    assert client.upload().status_code == 200
