"""Faults on demand: what each does to a request, and whether the upload was taken."""

from __future__ import annotations

import json
import math
import threading
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from syncd.emulator.faults import KINDS, Call, Faults, Operation
from syncd.emulator.server import EmulatorServer
from syncd.emulator.settings import EmulatorSettings
from tests.emulator.client import Client, csv, ids_of, refused, uploaded
from tests.support.waiting import eventually

UPLOAD = Call("upload", 1, "abc")
BROKEN = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


def _faults() -> Faults:
    """No faults yet, and a chance that is always a half."""
    return Faults(lambda: 0.5)


def _taken(faults: Faults, call: Call = UPLOAD) -> list[str]:
    """The kinds that a request meets."""
    return [fault.kind for fault in faults.take(call)]


# --- which requests a fault meets ---------------------------------------------------------------------------


def test_faults_are_used_up_first_in_first() -> None:
    """The earliest fault decides an answer until it is used up, then the next one does."""
    faults = _faults()
    faults.add({"kind": "drop_after", "times": 1})
    faults.add({"kind": "refuse", "times": 2})
    assert [_taken(faults) for _ in range(4)] == [["drop_after"], ["refuse"], ["refuse"], []]


def test_conditions_go_with_any_answer() -> None:
    """A slow request may be cut as well."""
    faults = _faults()
    faults.add({"kind": "slow", "seconds": 1})
    faults.add({"kind": "drop_after", "times": 1})
    assert [_taken(faults) for _ in range(2)] == [["slow", "drop_after"], ["slow"]]


@pytest.mark.parametrize(
    ("options", "operation", "met"),
    [
        ({}, "upload", True),
        ({}, "list", False),
        ({"on": "list"}, "list", True),
        ({"on": "any"}, "goals", True),
        ({"counter": 1}, "upload", True),
        ({"counter": 2}, "upload", False),
        ({"comment": "b"}, "upload", True),
        ({"comment": "x"}, "upload", False),
        ({"probability": 0.4}, "upload", False),
        ({"probability": 0.6}, "upload", True),
        ({"times": 0}, "upload", False),
    ],
)
def test_a_fault_meets_what_it_names(options: dict[str, object], operation: Operation, met: bool) -> None:  # noqa: FBT001 - a table of cases
    """Operation, counter, comment and chance pick the requests."""
    faults = _faults()
    faults.add({"kind": "refuse", **options})
    assert _taken(faults, Call(operation, 1, "abc")) == (["refuse"] if met else [])


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 12))
def test_skip_and_times_count_matching_requests(skip: int, times: int, requests_made: int) -> None:
    """`skip` requests pass, the next `times` are met, all others pass."""
    faults = _faults()
    fault = faults.add({"kind": "refuse", "skip": skip, "times": times})
    met = [bool(_taken(faults)) for _ in range(requests_made)]
    assert met == [skip <= place < skip + times for place in range(requests_made)]
    assert fault.met == sum(met)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"kind": "nonsense"},
        {"kind": "refuse", "on": "nothing"},
        {"kind": "refuse", "tims": 1},
        {"kind": "refuse", "times": "1"},
        {"kind": "refuse", "times": True},
        {"kind": "exhaust_quota", "quota": "x"},
        {"kind": "reject_ids", "ids": "1"},
        {"kind": "refuse", "times": -1},
        {"kind": "refuse", "skip": -1},
        {"kind": "refuse", "counter": -1},
        {"kind": "refuse", "probability": 7},
        {"kind": "refuse", "probability": -0.5},
        {"kind": "refuse", "probability": math.nan},
        {"kind": "refuse", "status": 99},
        {"kind": "refuse", "status": 0},
        {"kind": "error_after", "status": 1000},
        {"kind": "redirect", "status": 200},
        {"kind": "redirect", "location": "https://a.example/\r\nx: y"},
        {"kind": "slow", "seconds": -1},
        {"kind": "slow", "seconds": math.inf},
        {"kind": "list_delay", "calls": -1},
        {"kind": "huge_reply", "size": -3},
    ],
)
def test_a_fault_that_does_not_exist_is_refused(emulator: EmulatorServer, options: dict[str, object]) -> None:
    """A slip in a fault is told, instead of a test that tests nothing."""
    *_, last = options or {"kind": None}
    with pytest.raises(ValueError, match=last):
        _faults().add(options)
    answer = requests.post(f"{emulator.url}/_emulator/faults", data=json.dumps(options), timeout=20)
    assert answer.status_code == 400
    assert last in answer.json()["error"]
    assert emulator.state.faults.all() == []


def test_every_kind_can_be_asked_for(emulator: EmulatorServer) -> None:
    """All kinds of the documentation are taken over HTTP, listed, and deleted."""
    base = f"{emulator.url}/_emulator/faults"
    made = [requests.post(base, json={"kind": kind, "times": 1}, timeout=20).json()["id"] for kind in KINDS]
    assert [fault["kind"] for fault in requests.get(base, timeout=20).json()["faults"]] == list(KINDS)
    assert requests.delete(f"{base}/{made[0]}", timeout=20).json() == {"deleted": 1}
    assert requests.delete(base, timeout=20).json() == {"deleted": len(KINDS) - 1}


# --- what it does: the request is not carried out -----------------------------------------------------------


def test_refuse_answers_as_told(emulator: EmulatorServer) -> None:
    """`refuse` gives a status and error_type in the documented shape, and takes nothing."""
    emulator.fault("refuse", times=1, status=403, error_type="access_denied", message="No")
    client = Client(emulator)
    assert refused(client.upload(), 403, "access_denied") == "No"
    assert emulator.uploads() == []
    uploaded(client.upload())


@pytest.mark.parametrize(
    ("status", "error_type"), [(500, "backend_error"), (503, "backend_error"), (504, "timeout")]
)
def test_error_before_takes_nothing(emulator: EmulatorServer, status: int, error_type: str) -> None:
    """A 5xx may mean that nothing was taken."""
    emulator.fault("error_before", status=status)
    refused(Client(emulator).upload(), status, error_type)
    assert emulator.uploads() == []


def test_exhaust_quota_answers_429(emulator: EmulatorServer) -> None:
    """Any documented quota can be exhausted."""
    emulator.fault("exhaust_quota", quota="quota_requests_by_counter_id", on="any", times=2)
    client = Client(emulator)
    refused(client.upload(), 429, "quota_requests_by_counter_id")
    refused(client.get(), 429, "quota_requests_by_counter_id")
    uploaded(client.upload())


@pytest.mark.parametrize("read_body", [True, False])
def test_drop_before_takes_nothing(emulator: EmulatorServer, read_body: bool) -> None:  # noqa: FBT001 - a table of cases
    """The connection is cut and the file not taken, read to its end or not."""
    emulator.fault("drop_before", times=1, read_body=read_body)
    client = Client(emulator)
    with pytest.raises(BROKEN):
        client.upload(csv(*["1,G,1481718166,,"] * 200_000))
    assert emulator.uploads() == []
    assert emulator.requests()[-1].status is None
    uploaded(client.upload())


def test_redirect_points_elsewhere(emulator: EmulatorServer) -> None:
    """A redirect takes nothing; whoever follows it would carry the token away."""
    emulator.fault("redirect", location="http://elsewhere.invalid/")
    answer = Client(emulator).upload()
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://elsewhere.invalid/")
    assert emulator.uploads() == []


def test_reject_ids_refuses_files_that_hold_them(emulator: EmulatorServer) -> None:
    """Any file that holds one of the ids is invalid_uploading; others pass."""
    emulator.fault("reject_ids", ids=["7"], times=1)
    client = Client(emulator)
    uploaded(client.upload(csv("1,G,1481718166,,")))
    refused(client.upload(csv("1,G,1481718166,,", "7,G,1481718166,,")), 400, "invalid_uploading")
    uploaded(client.upload(csv("7,G,1481718166,,")))
    assert len(emulator.uploads()) == 2


# --- what it does: the request is carried out, the answer spoilt --------------------------------------------


def test_drop_after_takes_the_file(emulator: EmulatorServer) -> None:
    """The file is taken and listed under its comment, but nobody is told [I, after a timeout]."""
    emulator.fault("drop_after", times=1)
    client = Client(emulator)
    with pytest.raises(BROKEN):
        client.upload(comment="tag1")
    assert [upload["comment"] for upload in client.list()] == ["tag1"]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_error_after_takes_the_file(emulator: EmulatorServer, status: int) -> None:
    """A 5xx may mean that the file was taken all the same."""
    emulator.fault("error_after", status=status, text="<html>Bad gateway</html>")
    answer = Client(emulator).upload()
    assert (answer.status_code, answer.text) == (status, "<html>Bad gateway</html>")
    assert len(emulator.uploads()) == 1


@pytest.mark.parametrize("kind", ["bad_json", "partial_json"])
def test_an_unreadable_answer_is_200(emulator: EmulatorServer, kind: str) -> None:
    """The file is taken, the answer is 200 and no JSON."""
    emulator.fault(kind)
    answer = Client(emulator).upload()
    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()
    assert len(emulator.uploads()) == 1


def test_an_answer_may_end_midway(emulator: EmulatorServer) -> None:
    """The file is taken, the answer stops short of its Content-Length."""
    emulator.fault("partial_json", cut=True)
    with pytest.raises(BROKEN):
        Client(emulator).upload()
    assert len(emulator.uploads()) == 1


def test_a_minimal_reply_has_id_and_status(emulator: EmulatorServer) -> None:
    """All fields but id and status may be missing."""
    emulator.fault("minimal_reply", on="any")
    client = Client(emulator)
    assert set(uploaded(client.upload(comment="a"))) == {"id", "status"}
    assert [set(upload) for upload in client.list()] == [{"id", "status"}]
    assert client.get().json()["counter"]["id"]


def test_drop_rows_shows_in_line_quantity(emulator: EmulatorServer) -> None:
    """Rows that did not pass validation are missing from line_quantity."""
    emulator.fault("drop_rows", ids=["7"])
    upload = uploaded(Client(emulator).upload(csv("1,G,1481718166,,", "7,G,1481718166,,")))
    assert (upload["source_quantity"], upload["line_quantity"]) == (2, 1)
    assert [conversion.id for conversion in emulator.conversions()] == ["1"]


def test_list_delay_hides_a_new_upload() -> None:
    """An upload may come late into the list; that it comes at once is only seen, not documented."""
    moment = [1_700_000_000.0]
    with EmulatorServer(EmulatorSettings(), now=lambda: moment[0]) as emulator:
        client = Client(emulator)
        emulator.fault("list_delay", seconds=30, times=1)
        upload = uploaded(client.upload())["id"]
        assert client.list() == []
        assert client.one(upload).status_code == 200
        moment[0] += 31
        assert ids_of(client.list()) == [upload]
        emulator.fault("list_delay", calls=2)
        late = uploaded(client.upload())["id"]
        assert [late in ids_of(client.list()) for _ in range(3)] == [False, False, True]


def test_a_huge_reply_ends_where_it_should(emulator: EmulatorServer) -> None:
    """A body of a given size comes whole; the endless one ends when the client leaves."""
    emulator.fault("huge_reply", size=1_000_000, times=1)
    emulator.fault("huge_reply")
    client = Client(emulator)
    assert len(client.upload().content) > 1_000_000
    url = f"{client.base}/offline_conversions/upload"
    files: dict[str, Any] = {"file": csv("1,G,1481718166,,")}
    with requests.post(url, headers=client.headers, files=files, stream=True, timeout=20) as answer:
        assert (
            sum(len(piece) for _, piece in zip(range(100), answer.iter_content(65_536), strict=False)) > 10**6
        )
    assert len(emulator.uploads()) == 2


# --- waiting ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("accept", "taken"), [(True, 1), (False, 0)])
@pytest.mark.parametrize("kind", ["hang", "slow"])
def test_a_client_that_gives_up(emulator: EmulatorServer, kind: str, accept: bool, taken: int) -> None:  # noqa: FBT001 - a table of cases
    """A client that times out cannot know whether its file was taken: both happen [I, after a timeout]."""
    emulator.fault(kind, accept=accept, **({"seconds": 60} if kind == "slow" else {}))
    client = Client(emulator)
    client.timeout = 0.3
    with pytest.raises(requests.ReadTimeout):
        client.upload()
    eventually(lambda: emulator.state.running("secret-token") == 0, seconds=20)
    assert len(emulator.uploads()) == taken


def test_a_hanging_request_goes_on_when_the_fault_is_deleted(emulator: EmulatorServer) -> None:
    """Deleting a fault lets go of what hangs on it, used up or not."""
    emulator.fault("hang", accept=False, times=1)
    answers: list[requests.Response] = []
    thread = threading.Thread(target=lambda: answers.append(Client(emulator).upload()))
    thread.start()
    eventually(lambda: emulator.state.running("secret-token") == 1, seconds=20)
    assert emulator.uploads() == []
    emulator.clear_faults()
    thread.join()
    uploaded(answers[0])


def test_slow_answers_in_the_end(emulator: EmulatorServer) -> None:
    """A slow answer is late, and right."""
    emulator.fault("slow", seconds=0.2, times=1)
    answer = Client(emulator).upload()
    uploaded(answer)
    assert answer.elapsed.total_seconds() >= 0.2
