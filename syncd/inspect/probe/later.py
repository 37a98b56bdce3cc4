"""Questions whose answers show only later: in the list of uploads, or once Metrica has worked on one."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace

from syncd.inspect.probe.files import PLAIN
from syncd.inspect.probe.judging import FINAL, OK, fate_of_row, unclear, uploading_of, when_counted
from syncd.inspect.probe.question import Asking, Question, Scene
from syncd.mapping.kinds.conversions import KIND as CONVERSIONS
from syncd.model.probing import ProbeReply, ProbeRequest

_LIST = CONVERSIONS.endpoint.uploads or ""
_WORK_HOURS = 4
"""Metrica works on an upload for up to two."""
_LIST_HOURS = 1
_PAGE = 10_000
"""Uploads asked for on a page of the list: the API's own default."""
_MOST_PAGES = 20
_OTHER_IDS = ("UserId", "Yclid", "PurchaseId")
_UNTIL_FINAL = f"until Metrica is done with the upload, up to {_WORK_HOURS} h"
_UNTIL_LISTED = f"until the list shows the upload, up to {_LIST_HOURS} h"

Waiting = Generator[ProbeRequest, ProbeReply, ProbeReply]


def pauses(hours: float) -> Iterator[float]:
    """Give the seconds between two looks: one at first, then longer ones, up to five minutes."""
    spent, pause = 0.0, 1.0
    while spent < hours * 3600:
        yield pause
        spent += pause
        pause = pause if spent < 10 else min(pause * 1.5, 300)  # noqa: PLR2004 - seconds in which it matters


def _until_final(upload: ProbeReply) -> Waiting:
    """Ask for an upload until its status is a final one, or for as long as that may take."""
    path = f"{_LIST.removesuffix('s')}/{uploading_of(upload).get('id')}"
    reply = yield ProbeRequest("GET", path, {})
    for pause in pauses(_WORK_HOURS):
        if uploading_of(reply).get("status") in FINAL or reply.status != OK:
            break
        reply = yield ProbeRequest("GET", path, {}, after=pause)
    return reply


def _page(offset: int = 0, after: float = 0.0) -> ProbeRequest:
    return ProbeRequest("GET", _LIST, {"limit": str(_PAGE), "offset": str(offset)}, after=after)


def _comments(reply: ProbeReply) -> list[str]:
    uploads = reply.document.get("uploadings")
    listed = uploads if isinstance(uploads, list) else []
    return [str(one.get("comment", "")) for one in listed if isinstance(one, dict)]


def _until_listed(*comments: str) -> Waiting:
    """Read the list until a page shows these uploads, or for as long as that may take."""
    reply = yield _page()
    for pause in pauses(_LIST_HOURS):
        offset = 0
        for _ in range(_MOST_PAGES):  # capped pages, the oldest uploads first
            if set(comments) <= set(_comments(reply)) or reply.status != OK:
                return reply
            entries = reply.document.get("entries")
            if not isinstance(entries, int) or not entries:
                break
            offset += entries
            reply = yield _page(offset)
        reply = yield _page(after=pause)
    return reply


def _ask_first_status(scene: Scene) -> Asking:
    """A good file."""
    reply = yield scene.upload(PLAIN)
    status = uploading_of(reply).get("status")
    return str(status) if reply.status == OK and status else unclear(reply)


def _ask_quantities(scene: Scene) -> Asking:
    """A good file, and what became of it."""
    first = yield scene.upload(PLAIN)
    if fate_of_row(first) != "kept":
        return unclear(first)
    last = yield from _until_final(first)
    return when_counted(first, last) if uploading_of(last).get("status") in FINAL else unclear(last)


def _ask_processing(scene: Scene) -> Asking:
    """A good file, and how long Metrica works on it."""
    first = yield scene.upload(PLAIN)
    if fate_of_row(first) != "kept":
        return unclear(first)
    last = yield from _until_final(first)
    return f"{uploading_of(last).get('status')} after {last.at - first.at:.0f} s"


def _ask_no_goal(scene: Scene) -> Asking:
    """A visitor that is known, and a Target that is not."""
    first = yield scene.upload("ClientId,Target,DateTime\n{visitor},{target},{at}\n")
    last = yield from _until_final(first)
    return str(uploading_of(last).get("status") or unclear(last))


def _ask_linked_counts(scene: Scene) -> Asking:
    """A visitor that is known, and a Target that is not."""
    first = yield scene.upload("ClientId,Target,DateTime\n{visitor},{target},{at}\n")
    last = yield from _until_final(first)
    linked = uploading_of(last).get("linked_quantity")
    if not isinstance(linked, int):
        return unclear(last)
    return "visitor" if linked else "visitor_and_goal"


def _ask_several_ids(scene: Scene) -> Asking:
    """A ClientId that is known beside an unknown id of each other kind."""
    uploads = {}
    for column in _OTHER_IDS:
        file = f"ClientId,{column},Target,DateTime\n{{visitor}},{{other}},{{target}},{{at}}\n"
        uploads[column] = yield scene.upload(file, part=column)
    before = []
    for column, upload in uploads.items():
        last = yield from _until_final(upload)
        if uploading_of(last).get("status") not in FINAL:
            return unclear(last)
        if uploading_of(last).get("linked_quantity") == 0:
            before.append(column)
    return f"{', '.join(before)} before ClientId" if before else "ClientId first"


def _ask_list_delay(scene: Scene) -> Asking:
    """A good file, and when the list shows it."""
    first = yield scene.upload(PLAIN)
    if fate_of_row(first) != "kept":
        return unclear(first)
    seen = yield from _until_listed(scene.comment())
    if scene.comment() not in _comments(seen):
        return f"not within {_LIST_HOURS} h"
    return f"{max(seen.at - first.at, 0):.0f} s"


def _ask_list_order(scene: Scene) -> Asking:
    """Two files, and which of them the list shows first."""
    for part in ("a", "b"):
        yield scene.upload(PLAIN, part=part)
    older, newer = scene.comment("a"), scene.comment("b")
    seen = yield from _until_listed(older, newer)
    shown = _comments(seen)
    if older not in shown or newer not in shown:
        return unclear(seen)
    return "newest_first" if shown.index(newer) < shown.index(older) else "oldest_first"


def _ask_list_cap(_scene: Scene) -> Asking:
    """The first page, and what comes after it."""
    first = yield _page()
    entries = first.document.get("entries")
    if not isinstance(entries, int):
        return unclear(first)
    following = yield _page(offset=entries)
    if following.document.get("entries") and following.document.get("uploadings") != first.document.get(
        "uploadings"
    ):
        return str(entries)
    return f"not reached with {entries} uploads"


_AFTER_WORK = Question("", "", _ask_first_status, waits=_UNTIL_FINAL)
_OF_VISITOR = replace(_AFTER_WORK, needs_visitor=True)

QUESTIONS = (
    Question("first_status", "The status in the answer to an upload", _ask_first_status),
    Question("list_cap", "How many uploads does a page of the list hold?", _ask_list_cap, 2, 0),
    Question("list_delay", "How late does the list show an upload?", _ask_list_delay, 2, waits=_UNTIL_LISTED),
    Question("list_order", "The order of the list", _ask_list_order, 3, waits=_UNTIL_LISTED),
    replace(
        _AFTER_WORK,
        name="quantities",
        asks="When do the counts of linked rows appear?",
        ask=_ask_quantities,
        requests=2,
    ),
    replace(
        _AFTER_WORK,
        name="processing",
        asks="How long does Metrica work on an upload, and how does it end where nobody is known?",
        ask=_ask_processing,
        requests=2,
    ),
    replace(
        _OF_VISITOR,
        name="no_goal_status",
        asks="How does an upload end whose visitor is known, and whose goal is not?",
        ask=_ask_no_goal,
        requests=2,
    ),
    replace(
        _OF_VISITOR,
        name="linked_counts",
        asks="Does linked_quantity count a row whose visitor is known, and whose goal is not?",
        ask=_ask_linked_counts,
        requests=2,
    ),
    replace(
        _OF_VISITOR,
        name="several_ids",
        asks="Which id counts in a row that holds a known ClientId and an unknown other id?",
        ask=_ask_several_ids,
        requests=6,
        conversions=3,
    ),
)
