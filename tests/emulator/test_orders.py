"""Orders: the endpoint, merge modes, windows, the counter's zone, and the faults on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from syncd.emulator.server import EmulatorServer
from tests.emulator.client import Client, csv

PATH = "/cdp/api/v1/counter/{counter}/data/simple_orders"
HEADER = (
    "id,create_date_time,client_uniq_id,client_ids,emails,phones,order_status,revenue,cost,goals,currency"
)
SAMPLE = "1,{day} 15:00:00,c-1,133591247640966458,mail@yandex.ru,79995551111,PAID,1000,700.5,,RUB"
DAY = 86_400


@pytest.fixture
def send(emulator: EmulatorServer) -> Callable[..., requests.Response]:
    """POST orders with the official sample's header."""
    client = Client(emulator)

    def send(*lines: str, header: str = HEADER, **query: str) -> requests.Response:
        return client.post(PATH, csv(*lines, header=header), **query)

    return send


def today(emulator: EmulatorServer, days_ago: int = 0) -> str:
    """A date of the counter's calendar, or near enough."""
    return datetime.fromtimestamp(emulator.state.now() - (days_ago + 1) * DAY, UTC).strftime("%Y-%m-%d")


def status(response: requests.Response) -> Any:
    """What the reply says of the file."""
    assert response.status_code == 200, response.text
    return response.json()["uploading"]["api_validation_status"]


def test_sample_is_taken_and_shown(emulator: EmulatorServer, send: Callable[..., requests.Response]) -> None:
    """The documented reply, the list, and the order's state over HTTP."""
    line = SAMPLE.format(day=today(emulator))
    reply = send(line, merge_mode="SAVE", delimiter_type="COMMA").json()["uploading"]
    assert reply["api_validation_status"] == "PASSED"
    assert reply["elements_count"] == 1
    assert isinstance(reply["uploading_id"], str)
    listed = requests.get(
        f"{emulator.url}/cdp/api/v1/counter/12345678/last_uploadings",
        params={"limit": "5", "source": "API"},
        headers=Client(emulator).headers,
        timeout=20,
    ).json()["uploadings"]
    assert listed == [reply]
    (order,) = requests.get(f"{emulator.url}/_emulator/orders?id=1", timeout=20).json()["orders"]
    assert (order["order_status"], order["revenue"], order["times"]) == ("PAID", "1000", 1)
    assert order["attached"] is True


def test_merge_modes(emulator: EmulatorServer, send: Callable[..., requests.Response]) -> None:
    """SAVE replaces all, UPDATE the columns given, APPEND adds to columns of several values."""
    day = today(emulator)
    send(f'1,{day},"1,2",500', header="id,create_date_time,client_ids,revenue", merge_mode="SAVE")
    send(f"1,{day},3", header="id,create_date_time,client_ids", merge_mode="APPEND")
    order = emulator.orders()["1"]
    assert (order.values["client_ids"], order.values["revenue"]) == ("1,2,3", "500")
    send(f"1,{day},9,CANCELLED", header="id,create_date_time,client_ids,order_status", merge_mode="UPDATE")
    assert order.values == {"client_ids": "9", "revenue": "500", "order_status": "CANCELLED"}
    send(f"1,{day},9", header="id,create_date_time,client_ids", merge_mode="SAVE")
    assert order.values == {"client_ids": "9"}
    assert order.times == 4
    assert send(SAMPLE, merge_mode="REPLACE").status_code == 400


def test_lines_of_one_id_in_one_file_come_in_any_order(emulator: EmulatorServer) -> None:
    """The newest state may be overwritten by an older one of the same file."""
    with EmulatorServer(seed=1) as server:
        client, seen = Client(server), set()
        for _ in range(20):
            lines = [f"1,2026-01-01,5,{revenue}" for revenue in (100, 200)]
            client.post(PATH, csv(*lines, header="id,create_date_time,client_ids,revenue"))
            seen.add(server.orders()["1"].values["revenue"])
    assert seen == {"100", "200"}
    assert emulator.orders() == {}


@pytest.mark.parametrize(
    "line",
    [
        "1,1481718166,5,PAID,1",
        "1,,5,PAID,1",
        "1,2026-01-01,,PAID,1",
        "1,2026-01-01,x,PAID,1",
        "1,2026-01-01,5,REFUNDED,1",
        "1,2026-01-01,5,PAID,1,5",
        "1,2026-01-01,5,PAID,-1",
        '1,2026-01-01,5,PAID,"1,5"',
    ],
)
def test_a_bad_row_fails_the_file(
    emulator: EmulatorServer, send: Callable[..., requests.Response], line: str
) -> None:
    """200 with FAILED, nothing taken; the switch makes it 400, or leaves the row out."""
    header = "id,create_date_time,client_ids,order_status,revenue"
    good = "2,01.01.2026 10:00,6,,1.5"
    assert status(send(line, good, header=header)) == "FAILED"
    assert emulator.orders() == {}
    emulator.configure(bad_order="refuse_file")
    assert send(line, good, header=header).status_code == 400
    emulator.configure(bad_order="drop_row")
    assert send(line, good, header=header).json()["uploading"]["elements_count"] == 1
    assert list(emulator.orders()) == ["2"]
    assert emulator.orders()["2"].as_json()["order_status"] == "PAID"


def test_windows(emulator: EmulatorServer, send: Callable[..., requests.Response]) -> None:
    """21 days until an order is attached, 111 days in which it may change; its moment never changes."""
    header = "id,create_date_time,client_ids,order_status"
    send(f"new,{today(emulator)},5,PAID", f"old,{today(emulator, 30)},5,PAID", header=header)
    assert [order.is_attached for order in emulator.orders().values()] in ([True, False], [False, True])
    assert emulator.orders()["new"].is_attached
    day = today(emulator)
    emulator.advance(100 * DAY)
    send(f"new,{day},5,CANCELLED", header=header)
    assert emulator.orders()["new"].values["order_status"] == "CANCELLED"
    emulator.advance(12 * DAY)
    send(f"new,{day},5,PAID", f"old,{day},5,SPAM", header=header)
    new, old = emulator.orders()["new"], emulator.orders()["old"]
    assert (new.values["order_status"], new.late_changes) == ("CANCELLED", 1)
    assert (old.values["order_status"], old.moved) == ("SPAM", 1)


def test_create_date_time_is_read_in_the_counters_zone(
    emulator: EmulatorServer, send: Callable[..., requests.Response]
) -> None:
    """A date alone is its 23:59; a moment that comes twice is the earlier one, by the switch."""
    emulator.configure(time_zone_name="Europe/Berlin", time_zone_offset=60)
    header = "id,create_date_time,client_ids"
    send("1,2025-10-26 02:30:00,5", "2,26.10.2025,5", header=header)
    assert emulator.orders()["1"].created_at == 1761438600  # 00:30 UTC
    assert emulator.orders()["2"].created_at == 1761519540  # 22:59 UTC
    emulator.configure(moment_twice="later")
    send("3,2025-10-26 02:30:00,5", header=header)
    assert emulator.orders()["3"].created_at == 1761438600 + 3600


def test_faults_meet_orders_too(emulator: EmulatorServer, send: Callable[..., requests.Response]) -> None:
    """Conditions by id, lost answers and quotas; `entity` picks whom they meet."""
    line = SAMPLE.format(day=today(emulator))
    emulator.fault("reject_ids", ids=["1"], times=1)
    assert status(send(line)) == "FAILED"
    emulator.fault("exhaust_quota", entity="calls")
    assert status(send(line)) == "PASSED"
    emulator.fault("drop_after", entity="orders", times=1)
    with pytest.raises(requests.ConnectionError):
        send(line)
    assert emulator.orders()["1"].times == 2
    with pytest.raises(ValueError, match="entity"):
        emulator.fault("refuse", entity="visits")
