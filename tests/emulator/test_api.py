"""The documented endpoints of the emulator, over HTTP."""

from __future__ import annotations

import pytest
import requests

from syncd.emulator.server import EmulatorServer
from syncd.emulator.settings import EmulatorSettings
from tests.emulator.client import COUNTER, SAMPLE, Client, csv, ids_of, refused, uploaded


def test_upload_answers_with_the_documented_fields(emulator: EmulatorServer) -> None:
    """The answer to a POST tells id, rows and comment, and says UPLOADED."""
    upload = uploaded(Client(emulator).upload(comment="syncd42"))
    assert upload["source_quantity"] == upload["line_quantity"] == 1
    assert upload["comment"] == "syncd42"
    assert upload["status"] == "UPLOADED"
    assert upload["type"] == "BASIC"
    assert upload["client_id_type"] == "CLIENT_ID"
    assert upload["create_time"].endswith("Z")


def test_the_list_shows_an_upload_at_once(emulator: EmulatorServer) -> None:
    """An upload is in the list right after its POST, found by its comment."""
    client = Client(emulator)
    upload = uploaded(client.upload(comment="abc"))
    assert [one["id"] for one in client.list() if one["comment"] == "abc"] == [upload["id"]]


def test_the_list_belongs_to_its_counter(emulator: EmulatorServer) -> None:
    """Uploads of another counter are neither listed nor shown one by one."""
    mine, other = Client(emulator), Client(emulator, counter=2)
    upload = uploaded(mine.upload())
    assert other.list() == []
    refused(other.one(upload["id"]), 400, "invalid_parameter")


def test_the_list_takes_limit_and_offset(emulator: EmulatorServer) -> None:
    """`limit` and `offset` page through the list without gap or repeat."""
    client = Client(emulator)
    made = [uploaded(client.upload())["id"] for _ in range(5)]
    pages = [ids_of(client.list(limit=2, offset=offset)) for offset in (0, 2, 4, 6)]
    assert [one for page in pages for one in page] == made[::-1]


def test_the_order_of_the_list_is_a_switch(emulator: EmulatorServer) -> None:
    """No document says how the list is sorted, so both orders can be had [N, open question 8]."""
    client = Client(emulator)
    made = [uploaded(client.upload())["id"] for _ in range(3)]
    assert ids_of(client.list()) == made[::-1]
    emulator.configure(list_order="oldest_first")
    assert ids_of(client.list()) == made


@pytest.mark.parametrize("query", [{"limit": "-1"}, {"limit": "x"}, {"offset": "1.5"}, {"type": "OTHER"}])
def test_bad_list_parameters_are_refused(emulator: EmulatorServer, query: dict[str, str]) -> None:
    """A parameter out of its documented type is an invalid_parameter."""
    refused(Client(emulator).get("/offline_conversions/uploadings", **query), 400, "invalid_parameter")


def test_calls_are_listed_apart(emulator: EmulatorServer) -> None:
    """The list of type CALLS does not show BASIC uploads."""
    client = Client(emulator)
    client.upload()
    assert client.list(type="CALLS") == []


def test_statuses_ripen_in_the_documented_order() -> None:
    """UPLOADED, EXPORTED, MATCHED, PROCESSED follow each other as time goes by."""
    with EmulatorServer(EmulatorSettings(ripen_after=3600)) as emulator:
        client = Client(emulator)
        upload = uploaded(client.upload())["id"]
        seen = [client.one(upload).json()["uploading"]["status"]]
        for _ in range(3):
            emulator.advance(1200.5)
            seen.append(client.one(upload).json()["uploading"]["status"])
        assert seen == ["UPLOADED", "EXPORTED", "MATCHED", "PROCESSED"]


def test_the_first_status_is_a_switch(emulator: EmulatorServer) -> None:
    """PREPARED is documented as a status too, and may be the first."""
    emulator.configure(first_status="PREPARED")
    assert uploaded(Client(emulator).upload())["status"] == "PREPARED"


def test_rows_of_unknown_visitors_are_counted(emulator: EmulatorServer) -> None:
    """Linked and not found rows add up by the emulator's own list of visitors."""
    emulator.configure(visitors=["1", "3"])
    client = Client(emulator)
    upload = uploaded(client.upload(csv(*(f"{n},G,1481718166,," for n in range(1, 6)))))
    final = uploaded(client.one(upload["id"]))
    assert (final["status"], final["linked_quantity"], final["user_not_found_quantity"]) == (
        "PROCESSED",
        2,
        3,
    )
    assert final["goal_not_found_quantity"] == 0


def test_no_visitor_at_all_is_a_linkage_failure(emulator: EmulatorServer) -> None:
    """LINKAGE_FAILURE means that not a single visitor id was matched."""
    emulator.configure(visitors="even")
    client = Client(emulator)
    upload = uploaded(client.upload(csv("1,G,1481718166,,", "3,G,1481718166,,")))
    assert uploaded(client.one(upload["id"]))["status"] == "LINKAGE_FAILURE"


def test_only_javascript_goals_with_matches_are_reached(emulator: EmulatorServer) -> None:
    """A Target reaches goals of type action with the condition "matches" alone."""
    contains = {"id": 7, "name": "n", "type": "action", "conditions": [{"type": "contain", "url": "paid"}]}
    emulator.configure(goals=["order_paid", contains])
    client = Client(emulator)
    upload = uploaded(
        client.upload(csv("1,order_paid,1481718166,,", "2,paid,1481718166,,", "3,x,1481718166,,"))
    )
    assert uploaded(client.one(upload["id"]))["goal_not_found_quantity"] == 2


@pytest.mark.parametrize(
    ("switch", "early", "late"),
    [("final", None, 1), ("always", 1, 1), ("zero_until_final", 0, 1), ("never", None, None)],
)
def test_when_quantities_appear_is_a_switch(
    emulator: EmulatorServer, switch: str, early: int | None, late: int | None
) -> None:
    """No document says when the counts of linked rows appear [N, open question 6]."""
    emulator.configure(quantities=switch)
    client = Client(emulator)
    upload = uploaded(client.upload())
    assert upload.get("linked_quantity") == early
    assert uploaded(client.one(upload["id"])).get("linked_quantity") == late


def test_an_unknown_upload_is_400(emulator: EmulatorServer) -> None:
    """An unknown upload id is 400 invalid_parameter, not 404."""
    client = Client(emulator)
    assert refused(client.one(1), 400, "invalid_parameter") == "No object with specified ID."
    refused(client.one("no-number"), 400, "invalid_parameter")


def test_the_counter_is_described(emulator: EmulatorServer) -> None:
    """GET counter tells name, status, zone and permission."""
    counter = Client(emulator).get().json()["counter"]
    assert counter["id"] == COUNTER
    assert counter["time_zone_name"] == "Europe/Moscow"
    assert counter["time_zone_offset"] == 180
    assert counter["permission"] == "own"


def test_goals_are_listed(emulator: EmulatorServer) -> None:
    """GET goals lists JavaScript events as the API shows them."""
    emulator.configure(goals=["order_confirmed"])
    goals = Client(emulator).get("/goals").json()["goals"]
    assert [(goal["type"], goal["conditions"]) for goal in goals] == [
        ("action", [{"type": "exact", "url": "order_confirmed"}])
    ]


def test_without_a_list_the_goals_seen_are_listed(emulator: EmulatorServer) -> None:
    """When every Target is a goal, the list holds order_paid and what was seen (the emulator's own rule)."""
    client = Client(emulator)
    client.upload()
    assert [goal["conditions"][0]["url"] for goal in client.get("/goals").json()["goals"]] == [
        "order_paid",
        "GOAL1",
    ]


@pytest.mark.parametrize("comment", ["", "abcЖЩЁё09", "x" * 255])
def test_comments_of_letters_and_digits_are_taken(emulator: EmulatorServer, comment: str) -> None:
    """A comment holds up to 255 digits, Latin and Cyrillic letters."""
    assert uploaded(Client(emulator).upload(comment=comment))["comment"] == comment


@pytest.mark.parametrize("comment", ["a-b", "a b", "x" * 256, "ü", "a\n"])
def test_other_comments_are_refused(emulator: EmulatorServer, comment: str) -> None:
    """A comment that is longer, or holds other characters, is refused."""
    refused(Client(emulator).upload(comment=comment), 400, "invalid_parameter")
    assert emulator.uploads() == []


def test_any_filename_and_type_will_do(emulator: EmulatorServer) -> None:
    """The part's filename and Content-Type cannot matter, since the samples differ."""
    client = Client(emulator)
    for file in (csv(SAMPLE), ("data.csv", csv(SAMPLE), "text/csv"), (None, csv(SAMPLE))):
        url = f"{client.base}/offline_conversions/upload"
        uploaded(requests.post(url, headers=client.headers, files={"file": file}, timeout=20))
    assert len(emulator.uploads()) == 3


@pytest.mark.parametrize("how", ["raw", "json", "other part", "no boundary", "broken"])
def test_a_body_without_the_file_is_refused(emulator: EmulatorServer, how: str) -> None:
    """The body is multipart/form-data with a part `file`; nothing else is documented to work."""
    client = Client(emulator)
    url, headers = f"{client.base}/offline_conversions/upload", dict(client.headers)
    match how:
        case "raw":
            answer = requests.post(url, headers=headers, data=csv(SAMPLE), timeout=20)
        case "json":
            answer = requests.post(url, headers=headers, json={"rows": []}, timeout=20)
        case "other part":
            answer = requests.post(url, headers=headers, files={"data": csv(SAMPLE)}, timeout=20)
        case _:
            boundary = "; boundary=x" if how == "broken" else ""
            headers["Content-Type"] = f"multipart/form-data{boundary}"
            answer = requests.post(url, headers=headers, data=b"--x\r\n\x00\r\n", timeout=20)
    refused(answer, 400, "missing_parameter")


def test_a_file_over_the_limit_is_refused(emulator: EmulatorServer) -> None:
    """A file may not pass 1 GB; here the limit is small."""
    emulator.configure(max_file_bytes=len(csv(SAMPLE)))
    client = Client(emulator)
    uploaded(client.upload())
    refused(client.upload(csv(SAMPLE, SAMPLE)), 400, "limit_exceeded")
    assert len(emulator.uploads()) == 1


def test_type_calls_is_refused(emulator: EmulatorServer) -> None:
    """Uploads of type CALLS are documented but not emulated, and said so (the emulator's own rule)."""
    refused(Client(emulator).upload(type="CALLS"), 400, "invalid_parameter")


@pytest.mark.parametrize(
    "path", ["/nothing", "/offline_conversions/upload/", "/offline_conversions/visit_join_threshold"]
)
def test_unknown_paths_are_404(emulator: EmulatorServer, path: str) -> None:
    """What is not there answers not_found in the documented shape."""
    refused(Client(emulator).get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("switch", "query", "answer"),
    [
        ("ignored", {}, None),
        ("ignored", {"client_id_type": "USER_ID"}, None),
        ("enforced", {}, None),
        ("enforced", {"client_id_type": "CLIENT_ID"}, None),
        ("enforced", {"client_id_type": "USER_ID"}, "invalid_uploading"),
        ("enforced", {"client_id_type": "PURCHASE_ID"}, "invalid_parameter"),
        ("required", {}, "missing_parameter"),
    ],
)
def test_client_id_type_is_a_switch(
    emulator: EmulatorServer, switch: str, query: dict[str, str], answer: str | None
) -> None:
    """The old parameter may be ignored, enforced or required."""
    emulator.configure(client_id_type=switch)
    response = Client(emulator).upload(**query)
    if answer is None:
        uploaded(response)
    else:
        refused(response, 400, answer)
