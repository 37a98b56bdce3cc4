"""Calls: the endpoint, its lists, static calls."""

from __future__ import annotations

import pytest
import requests

from syncd.emulator.server import EmulatorServer
from tests.emulator.client import Client, csv, uploaded

PATH = "/management/v1/counter/{counter}/offline_conversions/upload_calls"
HEADER = "ClientId,DateTime,StaticCall,PhoneNumber,TalkDuration,CallMissed"


def test_calls_are_taken_listed_and_counted(emulator: EmulatorServer) -> None:
    """The reply and the lists tell static from dynamic calls; the goal's first name stays."""
    client = Client(emulator)
    content = csv("5,1481718166,0,+79995551111,12,0", ",1481718167,1,,,", header=HEADER)
    reply = uploaded(client.post(PATH, content, comment="tag1", new_goal_name="Phone call"))
    assert (reply["type"], reply["static_calls_quantity"], reply["dynamic_calls_quantity"]) == ("CALLS", 1, 1)
    listed = client.get("/offline_conversions/calls_uploadings").json()["uploadings"]
    assert [(one["comment"], one["status"], one["linked_quantity"]) for one in listed] == [
        ("tag1", "PROCESSED", 1)
    ]
    assert client.get(f"/offline_conversions/calls_uploading/{reply['id']}").json()["uploading"] == listed[0]
    assert client.one(reply["id"]).status_code == 400
    assert client.list() == []
    uploaded(client.post(PATH, content, new_goal_name="Other"))
    inside = requests.get(f"{emulator.url}/_emulator/calls", timeout=20).json()
    assert inside["goals"] == {"12345678": "Phone call"}
    assert [call["times"] for call in inside["calls"]] == [2, 2]
    assert emulator.conversions() == []


def test_static_calls_alone_end_as_linkage_failure(emulator: EmulatorServer) -> None:
    """As documented, though their data is in the reports."""
    client = Client(emulator)
    uploaded(client.post(PATH, csv(",1481718167,1,,,", header=HEADER)))
    (listed,) = client.get("/offline_conversions/calls_uploadings").json()["uploadings"]
    assert listed["status"] == "LINKAGE_FAILURE"


@pytest.mark.parametrize(
    "line",
    [
        ",1481718166,0,,,",
        "5,99999999999,0,,,",
        "5,1481718166,2,,,",
        "5,1481718166,0,89995551111,,",
        "5,1481718166,0,,1.5,",
        "5,x,0,,,",
        "5,1481718166",
    ],
)
def test_a_bad_call_refuses_the_file(emulator: EmulatorServer, line: str) -> None:
    """As for conversions."""
    response = Client(emulator).post(PATH, csv(line, header=HEADER))
    assert (response.status_code, response.json()["errors"][0]["error_type"]) == (400, "invalid_uploading")
