"""What replies mean. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncd.model.probing import ProbeReply

OK = 200
FILE_REFUSED = frozenset({400, 413, 422})
FINAL = frozenset({"PROCESSED", "LINKAGE_FAILURE"})
COUNTS = ("linked_quantity", "user_not_found_quantity", "goal_not_found_quantity")


def uploading_of(reply: ProbeReply) -> Mapping[str, Any]:
    """The `uploading` of a reply; empty where there is none."""
    found = reply.document.get("uploading")
    return found if isinstance(found, dict) else {}


def unclear(reply: ProbeReply) -> str:
    """The answer where a reply says nothing of what was asked."""
    return f"unclear: HTTP {reply.status}"


def fate_of_row(reply: ProbeReply) -> str:
    """What became of a file with a bad row: `refuse_file`, `drop_row`, `kept`, or unclear."""
    if reply.status in FILE_REFUSED:
        return "refuse_file"
    if reply.status != OK:
        return unclear(reply)
    upload = uploading_of(reply)
    taken, rows = upload.get("line_quantity"), upload.get("source_quantity")
    return "drop_row" if isinstance(taken, int) and isinstance(rows, int) and taken < rows else "kept"


def fate_of_order(reply: ProbeReply, rows: int) -> str:
    """What became of a file of orders: `failed`, `refuse_file`, `drop_row`, `kept`, or unclear."""
    if reply.status in FILE_REFUSED:
        return "refuse_file"
    if reply.status != OK:
        return unclear(reply)
    upload = uploading_of(reply)
    if upload.get("api_validation_status") == "FAILED":
        return "failed"
    taken = upload.get("elements_count")
    return "drop_row" if isinstance(taken, int) and taken < rows else "kept"


def word(fate: str, *, taken: str, refused: str) -> str:
    """Answer a question of two answers by what became of the row."""
    if fate == "kept":
        return taken
    return fate if fate.startswith("unclear") else refused


def agreed(fates: Mapping[str, str]) -> str:
    """One word where all are alike, else each with what it is about."""
    if len(set(fates.values())) == 1:
        return next(iter(fates.values()))
    return ", ".join(f"{about}: {fate}" for about, fate in fates.items())


def when_counted(first: ProbeReply, last: ProbeReply) -> str:
    """When the counts of linked rows appear, by the reply to the upload and the one with its final status."""
    if not any(name in uploading_of(last) for name in COUNTS):
        return "never"
    counts = [uploading_of(first).get(name) for name in COUNTS]
    if all(count is None for count in counts):
        return "final"
    return "always" if any(counts) else "zero_until_final"
