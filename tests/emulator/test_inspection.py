"""What tests and the demonstration can see of the emulator and set in it."""

from __future__ import annotations

from collections import Counter

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from syncd.emulator.faults import Call
from syncd.emulator.server import EmulatorServer
from syncd.emulator.settings import RULES, EmulatorSettings, as_json, changed
from syncd.emulator.state import EmulatorState
from tests.emulator.client import COUNTER, SAMPLE, Client, csv, uploaded


def test_a_row_sent_again_overwrites_its_money(emulator: EmulatorServer) -> None:
    """The same id, Target and DateTime with another Price is one conversion, overwritten."""
    client = Client(emulator)
    client.upload(csv("1,G,1481718166,10,RUB"))
    client.upload(csv("1,G,1481718166,0.5,EUR", "1,G,1481718167,7,RUB"))
    shown = requests.get(
        f"{emulator.url}/_emulator/conversions", params={"counter": COUNTER}, timeout=20
    ).json()
    last = emulator.uploads()[-1].id
    common = {"counter": COUNTER, "id_column": "ClientId", "id": "1", "Target": "G", "upload": last}
    assert shown["conversions"] == [
        {**common, "DateTime": 1481718166, "Price": "0.5", "Currency": "EUR", "times": 2},
        {**common, "DateTime": 1481718167, "Price": "7", "Currency": "RUB", "times": 1},
    ]


def test_counters_do_not_share_conversions(emulator: EmulatorServer) -> None:
    """The same row at two counters is two conversions [I]."""
    Client(emulator).upload()
    Client(emulator, counter=2).upload()
    assert [(one.counter, one.times) for one in emulator.conversions()] == [(COUNTER, 1), (2, 1)]
    assert len(emulator.conversions(2)) == 1


_line = st.tuples(st.integers(1, 4), st.sampled_from(["A", "B"]), st.integers(1, 3), st.integers(0, 99))


@given(st.lists(st.lists(_line, min_size=1, max_size=8), min_size=1, max_size=6), st.booleans())
def test_conversions_are_the_last_word_on_each_identity(
    files: list[list[tuple[int, str, int, int]]],
    look_often: bool,  # noqa: FBT001 - a drawn value
) -> None:
    """However rows are repeated within and between files, the last price stands, and repeats are counted."""
    state = EmulatorState(EmulatorSettings())
    expected: dict[tuple[str, str, int], str] = {}
    times: Counter[tuple[str, str, int]] = Counter()
    for lines in files:
        content = csv(*(f"{who},{goal},{moment},{price},RUB" for who, goal, moment, price in lines))
        state.accept(Call("upload", 1), content, "", [])
        if look_often:
            state.conversions()
        for who, goal, moment, price in lines:
            expected[str(who), goal, moment] = str(price)
            times[str(who), goal, moment] += 1
    found = {(one.id, one.target, one.moment): (one.price, one.times) for one in state.conversions()}
    assert found == {identity: (price, times[identity]) for identity, price in expected.items()}
    summary = state.summary()
    assert summary["conversions"] == len(expected)
    assert summary["rows"] == sum(times.values())


def test_the_exact_bytes_are_kept(emulator: EmulatorServer) -> None:
    """The file of an upload can be had back byte for byte."""
    content = csv(SAMPLE).replace(b"\n", b"\r\n")
    upload = uploaded(Client(emulator).upload(content))["id"]
    assert requests.get(f"{emulator.url}/_emulator/uploads/{upload}/file", timeout=20).content == content


def test_discard_counts_only(emulator: EmulatorServer) -> None:
    """With `discard` uploads are checked and counted, and no row is kept."""
    emulator.configure(discard=True)
    upload = uploaded(Client(emulator).upload())["id"]
    assert requests.get(f"{emulator.url}/_emulator/uploads/{upload}/file", timeout=20).status_code == 404
    assert emulator.conversions() == []
    summary = requests.get(f"{emulator.url}/_emulator", timeout=20).json()
    assert (summary["uploads"], summary["rows"], summary["discard"]) == (1, 1, True)


def test_uploads_tell_what_came(emulator: EmulatorServer) -> None:
    """The uploads show counter, comment, kind of id, rows, status and time."""
    Client(emulator).upload(comment="abc", client_id_type="CLIENT_ID")
    (upload,) = requests.get(f"{emulator.url}/_emulator/uploads", timeout=20).json()["uploads"]
    shown = {name: upload[name] for name in ("counter", "comment", "client_id_type", "rows", "status")}
    assert shown == {
        "counter": COUNTER,
        "comment": "abc",
        "client_id_type": "CLIENT_ID",
        "rows": 1,
        "status": "PROCESSED",
    }
    assert upload["received_at"] > 0


def test_the_log_never_holds_the_token(emulator: EmulatorServer) -> None:
    """Requests are logged with status and faults, and without the token wherever it was put."""
    client = Client(emulator, "s3cr3t")
    emulator.fault("drop_after", on="goals", times=1)
    with pytest.raises(requests.ConnectionError):
        client.get("/goals", oauth_token="s3cr3t")
    client.upload(comment="abc")
    answer = requests.get(f"{emulator.url}/_emulator/requests", timeout=20)
    assert "s3cr3t" not in answer.text
    assert "s3cr3t" not in repr(emulator.requests())
    dropped, upload = answer.json()["requests"]
    assert (dropped["status"], dropped["faults"]) == (None, ["drop_after"])
    assert (upload["method"], upload["status"], upload["query"]) == ("POST", 200, {"comment": "abc"})
    assert upload["headers"]["authorization"] == "OAuth ***"


def test_the_log_keeps_the_last_requests(emulator: EmulatorServer) -> None:
    """The log is bounded, so that a long demonstration does not fill the memory."""
    emulator.configure(log_size=2)
    for limit in range(4):
        Client(emulator).list(limit=limit)
    assert [one.query["limit"] for one in emulator.requests()] == ["2", "3"]


def test_everything_can_be_cleared(emulator: EmulatorServer) -> None:
    """DELETE /_emulator forgets uploads, faults, quotas and the log; ids are never given twice."""
    client = Client(emulator)
    first = uploaded(client.upload())["id"]
    emulator.fault("drop_after")
    emulator.configure(requests_per_day_by_uid=1)
    assert requests.delete(f"{emulator.url}/_emulator", timeout=20).status_code == 204
    assert [*emulator.uploads(), *emulator.conversions(), *emulator.requests()] == []
    assert emulator.state.faults.all() == []
    assert uploaded(client.upload())["id"] > first


def test_settings_can_be_changed_over_http(emulator: EmulatorServer) -> None:
    """PUT /_emulator/settings changes what it names, and shows all without tokens."""
    url = f"{emulator.url}/_emulator/settings"
    changes = {
        "visitors": ["1"],
        "tokens": ["s3cr3t"],
        "goals": ["a"],
        "ripen_after": None,
        "clock_offset": 5,
    }
    answer = requests.put(url, json=changes, timeout=20)
    assert answer.status_code == 200, answer.text
    assert "s3cr3t" not in answer.text
    shown = requests.get(url, timeout=20).json()
    assert (shown["visitors"], shown["ripen_after"], shown["clock_offset"]) == (["1"], None, 5)
    assert emulator.settings.tokens == {"s3cr3t": None}
    assert "s3cr3t" not in repr(emulator.settings)


@pytest.mark.parametrize(
    "changes",
    [
        {"nonsense": 1},
        {"bad_row": "perhaps"},
        {"visitors": "odd"},
        {"discard": 1},
        {"ripen_after": "soon"},
        {"max_file_bytes": True},
        {"max_file_bytes": -1},
        {"log_size": -1},
        {"ripen_after": -0.5},
        {"parallel_by_uid": -3},
        {"counters": ["x"]},
        {"goals": "order_paid"},
        {"goals": [1]},
        {"goals": [{"conditions": [{}]}]},
        {"tokens": "s3cr3t"},
        {"tokens": {"s3cr3t": ["x"]}},
        [],
        [1],
    ],
)
def test_wrong_settings_change_nothing(emulator: EmulatorServer, changes: object) -> None:
    """A name or value that does not exist is told, and nothing is changed; a token is not repeated."""
    before = emulator.settings
    answer = requests.put(f"{emulator.url}/_emulator/settings", json=changes, timeout=20)
    assert answer.status_code == 400
    assert "s3cr3t" not in answer.text
    assert emulator.settings == before


def test_settings_survive_json() -> None:
    """What the settings show as JSON can be set again."""
    settings = changed(EmulatorSettings(), {"goals": ["a"], "counters": [3, 1], "visitors": ["2"]})
    shown = {name: value for name, value in as_json(settings).items() if "token" not in name}
    assert as_json(changed(EmulatorSettings(), shown)) == as_json(settings)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_for_visitors_is_taken(rule: str) -> None:
    """The rules named in the settings exist."""
    assert EmulatorSettings(visitors=rule).visitors == rule
