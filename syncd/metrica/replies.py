"""Reading Metrica's JSON: only what was promised is relied on, all else is optional (docs/metrica.md, 1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from syncd.metrica.clean import clean
from syncd.model import Receipt
from syncd.model.counters import EVERY_TARGET, CounterInfo, Goal
from syncd.model.endpoints import USUAL_NAMES, ReplyNames
from syncd.model.errors import OutcomeUnknown

_TEXT_LENGTH = 255
"""Characters: the longest text documented, that of a comment."""
_ID_DIGITS = 18
"""Digits kept of an id that is a text."""
_LARGEST = 2**63
"""Numbers are int64 (docs/metrica.md, 1), and the state store keeps no longer ones."""


def document_of(body: bytes) -> Mapping[str, Any]:
    """The reply as a JSON object. Raises OutcomeUnknown when it is none: a proxy or a cut may be why."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise OutcomeUnknown("the answer is no JSON", http_status=200) from None
    if not isinstance(document, dict):
        raise OutcomeUnknown("the answer is no JSON object", http_status=200)
    return document


def receipt_of(value: object, names: ReplyNames = USUAL_NAMES) -> Receipt:
    """One `uploading` object. Raises OutcomeUnknown without a readable id and status."""
    if not isinstance(value, dict):
        raise OutcomeUnknown("the answer holds no uploading", http_status=200)
    upload_id, status = (
        (_id_of_text if names.has_text_id else _integer)(value.get(names.id)),
        value.get(names.status),
    )
    if upload_id is None or not isinstance(status, str):
        raise OutcomeUnknown("the answer's uploading has no id or status", http_status=200)
    return _receipt(value, upload_id, _text(status), names)


def _receipt(value: Mapping[str, Any], upload_id: int, status: str, names: ReplyNames) -> Receipt:
    receipt = Receipt(
        id=upload_id,
        status=status,
        comment=_text(value.get("comment")),
        source_quantity=_integer(value.get("source_quantity")),
        line_quantity=_integer(value.get(names.rows)),
        linked_quantity=_integer(value.get("linked_quantity")),
        user_not_found_quantity=_integer(value.get("user_not_found_quantity")),
        goal_not_found_quantity=_integer(value.get("goal_not_found_quantity")),
        create_time=_text(value.get(names.created)),
    )
    static, dynamic = map(_integer, (value.get(f"{one}_calls_quantity") for one in ("static", "dynamic")))
    if static and dynamic == 0:  # nobody was to be linked, so there is nothing to count
        receipt = replace(receipt, is_static=True, linked_quantity=None, user_not_found_quantity=None)
    return receipt


def receipts_of(document: Mapping[str, Any], names: ReplyNames = USUAL_NAMES) -> list[Receipt]:
    """Read one page of the list of uploads. Raises OutcomeUnknown when the list is missing.

    Other programs' uploads stand there too and may be anything, so nothing of an entry has to be there: one
    that cannot be read at all is a receipt without id, status and comment, and keeps its place.
    """
    uploads = document.get("uploadings")
    if not isinstance(uploads, list):
        raise OutcomeUnknown("the answer holds no list of uploadings", http_status=200)
    return [_listed(upload if isinstance(upload, dict) else {}, names) for upload in uploads]


def _listed(upload: Mapping[str, Any], names: ReplyNames) -> Receipt:
    value = upload.get(names.id)
    upload_id = _id_of_text(value) if isinstance(value, str) else _integer(value)
    return _receipt(upload, upload_id or 0, _text(upload.get(names.status)), names)


def counter_of(document: Mapping[str, Any]) -> CounterInfo:
    """The counter's facts; what is absent is empty."""
    counter = document.get("counter")
    counter = counter if isinstance(counter, dict) else {}
    return CounterInfo(
        id=_integer(counter.get("id")) or 0,
        name=_text(counter.get("name")),
        time_zone=_text(counter.get("time_zone_name")),
        permission=_text(counter.get("permission")),
    )


def goals_of(document: Mapping[str, Any]) -> list[Goal]:
    """The counter's goals. Raises OutcomeUnknown when the list is missing."""
    goals = document.get("goals")
    if not isinstance(goals, list):
        raise OutcomeUnknown("the answer holds no list of goals", http_status=200)
    found = [_goal(goal) for goal in goals if isinstance(goal, dict)]
    if document.get(EVERY_TARGET) is True:
        found.append(Goal(0, "", "action", ((EVERY_TARGET, ""),)))
    return found


def _goal(goal: Mapping[str, Any]) -> Goal:
    conditions = goal.get("conditions")
    return Goal(
        id=_integer(goal.get("id")) or 0,
        name=_text(goal.get("name")),
        type=_text(goal.get("type")),
        conditions=tuple(
            (_text(condition.get("type")), _text(condition.get("url")))
            for condition in (conditions if isinstance(conditions, list) else [])
            if isinstance(condition, dict)
        ),
    )


def _id_of_text(value: object) -> int | None:
    """An upload's id; one that is a text counts by its digits, as no digit of it is ever sent back."""
    if isinstance(value, str):
        digits = "".join(sign for sign in value if "0" <= sign <= "9")[-_ID_DIGITS:]
        return int(digits or 0)
    return _integer(value)


def _integer(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if -_LARGEST <= value < _LARGEST else None


def _text(value: object) -> str:
    return clean(value, _TEXT_LENGTH) if isinstance(value, str) else ""
