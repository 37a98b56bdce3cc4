"""Questions about orders, and about what old documents had for conversions."""

from __future__ import annotations

from syncd.inspect.probe.judging import FILE_REFUSED, OK, fate_of_order, unclear, uploading_of, word
from syncd.inspect.probe.question import Asking, Question, Scene
from syncd.model.probing import ProbeRequest

_HEADER = "id,create_date_time,client_ids,order_status,revenue"
_GOOD = "{order}a,{day} 12:00:00,{id},PAID,1"
_OLD = "/management/v1/counter/{counter}/offline_conversions"
_UNKNOWN = frozenset({404, 405})
"""Statuses of a path that is not there."""


def _ask_passed(scene: Scene) -> Asking:
    """A good order."""
    reply = yield scene.orders(f"{_HEADER}\n{_GOOD}\n")
    status = uploading_of(reply).get("api_validation_status")
    return str(status) if reply.status == OK and status else unclear(reply)


def _ask_bad_order(scene: Scene) -> Asking:
    """A good order, and one whose revenue is no number."""
    bad = "{order}b,{day} 12:00:00,{other},PAID,abc"
    return fate_of_order((yield scene.orders(f"{_HEADER}\n{_GOOD}\n{bad}\n")), rows=2)


def _ask_update(scene: Scene) -> Asking:
    """An order, and an UPDATE of its revenue that leaves the other columns out."""
    yield scene.orders(f"{_HEADER}\n{_GOOD}\n")
    change = "id,create_date_time,client_ids,revenue\n{order}a,{day} 12:00:00,{id},2\n"
    fate = fate_of_order((yield scene.orders(change, "UPDATE")), rows=1)
    return word(fate, taken="accepted", refused="refused")


def _ask_threshold(_scene: Scene) -> Asking:
    """Have the window of 21 days turned on, and ask from when on visits can be joined."""
    reply = yield ProbeRequest("POST", f"{_OLD}/extended_threshold", {})
    yield ProbeRequest("GET", f"{_OLD}/visit_join_threshold", {})
    if reply.status == OK:
        return "served"
    return "gone" if reply.status in _UNKNOWN | FILE_REFUSED else unclear(reply)


def _one_order(name: str, asks: str, row: str, refused: str = "refused") -> Question:
    """Make a question that one order answers, by whether it is taken."""

    def ask(scene: Scene) -> Asking:
        fate = fate_of_order((yield scene.orders(f"{_HEADER}\n{row}\n")), rows=1)
        return word(fate, taken="accepted", refused=refused)

    return Question(name, asks, ask, conversions=0, orders=1)


QUESTIONS = (
    Question("good_order", "What a good order is answered", _ask_passed, conversions=0, orders=1),
    Question(
        "bad_order",
        "Does a bad order give 200 with FAILED, 400, or is it left out?",
        _ask_bad_order,
        conversions=0,
        orders=2,
    ),
    _one_order(
        "negative_revenue",
        "An order's revenue below zero",
        "{order}a,{day} 12:00:00,{id},PAID,-1",
        refused="bad_row",
    ),
    _one_order(
        "unmapped_status",
        "An order whose status is not mapped in the counter",
        "{order}a,{day} 12:00:00,{id},syncdprobe,1",
    ),
    _one_order("order_date_alone", "An order with a date and no time", "{order}a,{day},{id},PAID,1"),
    Question(
        "order_update",
        "UPDATE of an order with some of its columns",
        _ask_update,
        requests=2,
        conversions=0,
        orders=1,
    ),
    Question(
        "extended_threshold",
        "Are the old endpoints of the window of 21 days still served? (Turns it on.)",
        _ask_threshold,
        requests=2,
        conversions=0,
    ),
)
