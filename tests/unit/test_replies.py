"""Reading Metrica's JSON: only `id` and `status` are relied on, and what is unreadable is unclear."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.metrica import replies
from syncd.model import Receipt
from syncd.model.counters import CounterInfo
from syncd.model.errors import OutcomeUnknown

KEYS = st.sampled_from(
    [
        "uploading",
        "uploadings",
        "id",
        "status",
        "comment",
        "source_quantity",
        "linked_quantity",
        "counter",
        "goals",
        "conditions",
        "type",
        "url",
        "name",
        "permission",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
    max_leaves=20,
)
OBJECTS = st.dictionaries(KEYS, JSON)
UPLOADS = st.fixed_dictionaries(
    {"id": st.integers(), "status": st.text()},
    optional={"comment": JSON, "source_quantity": JSON, "line_quantity": JSON, "linked_quantity": JSON},
)


def test_a_full_reply() -> None:
    """Every documented field is read."""
    uploading = {
        "id": 719450782,
        "create_time": "2025-01-01T00:00:00Z",
        "source_quantity": 11,
        "line_quantity": 10,
        "comment": "syncd00",
        "client_id_type": "CLIENT_ID",
        "status": "PROCESSED",
        "linked_quantity": 7,
        "goal_not_found_quantity": 1,
        "user_not_found_quantity": 2,
        "type": "BASIC",
    }
    assert replies.receipt_of(uploading) == Receipt(
        id=719450782,
        status="PROCESSED",
        comment="syncd00",
        source_quantity=11,
        line_quantity=10,
        linked_quantity=7,
        user_not_found_quantity=2,
        goal_not_found_quantity=1,
        create_time="2025-01-01T00:00:00Z",
    )


def test_the_least_reply() -> None:
    """`id` and `status` are enough, whatever the status is called."""
    assert replies.receipt_of({"id": 7, "status": "INVENTED"}) == Receipt(7, "INVENTED")


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "text",
        {},
        {"id": 7},
        {"status": "UPLOADED"},
        {"id": "7", "status": "UPLOADED"},
        {"id": 7.0, "status": "UPLOADED"},
        {"id": True, "status": "UPLOADED"},
        {"id": None, "status": "UPLOADED"},
        {"id": 2**63, "status": "UPLOADED"},
        {"id": 7, "status": None},
        {"id": 7, "status": 5},
    ],
)
def test_a_reply_without_id_or_status(value: object) -> None:
    """Nothing is guessed: the outcome is unknown, and the upload is looked up by its tag."""
    with pytest.raises(OutcomeUnknown):
        replies.receipt_of(value)


@pytest.mark.parametrize("wrong", ["11", 11.5, True, None, [], {}, 2**63, -(2**63) - 1])
def test_a_figure_of_another_type_is_missing(wrong: object) -> None:
    """Figures that cannot be read, or kept, are left out rather than make an accepted upload unclear."""
    receipt = replies.receipt_of({"id": 7, "status": "UPLOADED", "linked_quantity": wrong, "comment": 5})
    assert (receipt.linked_quantity, receipt.comment) == (None, "")


@pytest.mark.parametrize("status", ["\ud800", "A\0B", "x" * 100_000])
def test_a_status_can_be_kept(status: str) -> None:
    """Signs that databases and logs refuse, and endless texts, keep no upload from being recorded."""
    kept = replies.receipt_of({"id": 7, "status": status, "comment": status}).status
    assert kept.encode()
    assert "\0" not in kept
    assert len(kept) <= 255


@pytest.mark.parametrize("body", [b"", b"<html>", b"null", b"[]", b"7", b'{"uploading": {"id": 7', b"\xff"])
def test_no_json_object(body: bytes) -> None:
    """A cut answer, or one of a proxy, is unclear; nothing of it is shown."""
    with pytest.raises(OutcomeUnknown, match="no JSON"):
        replies.document_of(body)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b'{"id": ' + b"9" * 10_000 + b"}"])
def test_json_that_breaks_parsers(body: bytes) -> None:
    """Endless nesting and endless numbers are no answer either."""
    with pytest.raises(OutcomeUnknown):
        replies.document_of(body)


@given(JSON.map(lambda value: json.dumps(value).encode()) | st.binary())
def test_any_answer(body: bytes) -> None:
    """Whatever comes, each reader gives its value or says that it is unclear; nothing else is raised."""
    readers: list[Callable[[Any], object]] = [
        lambda document: replies.receipt_of(document.get("uploading")),
        replies.receipts_of,
        replies.counter_of,
        replies.goals_of,
    ]
    for read in readers:
        with suppress(OutcomeUnknown):
            read(replies.document_of(body))


@given(OBJECTS)
def test_any_object(document: dict[str, Any]) -> None:
    """The same for every JSON object with the API's own names in wrong places."""
    for read in (replies.receipt_of, replies.receipts_of, replies.counter_of, replies.goals_of):
        with suppress(OutcomeUnknown):
            read(document)


@given(st.lists(UPLOADS, max_size=5))
def test_a_list_of_uploads(uploads: list[dict[str, Any]]) -> None:
    """Uploads with odd optional fields are all read, in order."""
    fit = [upload for upload in uploads if -(2**63) <= upload["id"] < 2**63]
    receipts = replies.receipts_of({"uploadings": fit})
    assert [receipt.id for receipt in receipts] == [upload["id"] for upload in fit]


@pytest.mark.parametrize("value", [None, {}, "text", 7])
def test_a_missing_list(value: object) -> None:
    """An answer without the list is unclear, not an empty list: else an upload would be sent twice."""
    with pytest.raises(OutcomeUnknown):
        replies.receipts_of({"uploadings": value})
    with pytest.raises(OutcomeUnknown):
        replies.goals_of({"goals": value})


def test_an_unreadable_upload_in_the_list() -> None:
    """Another program's entry may be anything: it keeps its place, and matches nothing that is looked for."""
    odd: list[object] = [
        {"status": "UPLOADED"},
        None,
        7,
        "text",
        {"id": None, "comment": []},
        {"id": 1, "status": "UPLOADED"},
    ]
    receipts = replies.receipts_of({"uploadings": odd})
    assert [receipt.id for receipt in receipts] == [0, 0, 0, 0, 0, 1]
    assert {receipt.comment for receipt in receipts} == {""}


@pytest.mark.parametrize(
    ("goal", "takes"),
    [
        ({"type": "action", "conditions": [{"type": "exact", "url": "paid"}]}, True),
        ({"type": "action", "conditions": [{"type": "action", "url": "paid"}]}, True),
        ({"type": "action", "conditions": [{"type": "contain", "url": "paid"}]}, False),
        ({"type": "action", "conditions": [{"type": "exact", "url": "Paid"}]}, False),
        ({"type": "url", "conditions": [{"type": "exact", "url": "paid"}]}, False),
        ({"type": "action", "conditions": None}, False),
        ({"type": "action", "conditions": [None, {"type": "exact", "url": "paid"}]}, True),
        ({}, False),
    ],
)
def test_which_goal_takes_a_target(goal: dict[str, Any], *, takes: bool) -> None:
    """A JavaScript event with the condition "matches"."""
    (read,) = replies.goals_of({"goals": [goal]})
    assert read.takes("paid") is takes


def test_a_counter() -> None:
    """What is absent is empty."""
    counter = {"id": 7, "name": "Shop", "time_zone_name": "Europe/Moscow", "permission": "edit"}
    assert replies.counter_of({"counter": counter}) == CounterInfo(7, "Shop", "Europe/Moscow", "edit")
    assert replies.counter_of({}) == CounterInfo(0, "", "", "")
