"""One message for everything there is to tell at one moment. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from syncd.model.showing import json_moment, shown_moment
from syncd.monitoring.alerts.decisions import MessageLine
from syncd.monitoring.alerts.troubles import AlertKind


@dataclass(frozen=True, slots=True)
class Message:
    """What a receiver is given."""

    title: str
    body: str
    items: Sequence[MessageLine]
    at: datetime

    @property
    def is_good_news(self) -> bool:
        """True when all of it is over."""
        return bool(self.items) and all(item.kind is AlertKind.RECOVERED for item in self.items)

    def to_json(self) -> str:
        """The message as the command of `alerts.command` reads it from its standard input."""
        items = [
            {
                "kind": item.kind.value,
                "query": item.query,
                "words": item.words,
                "since": json_moment(item.since),
                "reminder": item.is_reminder,
            }
            for item in self.items
        ]
        document = {"title": self.title, "body": self.body, "at": json_moment(self.at), "items": items}
        return json.dumps(document, ensure_ascii=False)


def compose(items: Sequence[MessageLine], now: datetime) -> Message:
    """The message of these items, the trouble first."""
    ordered = sorted(items, key=lambda item: (item.kind is AlertKind.RECOVERED, item.query, item.kind))
    return Message(_title(ordered), "\n\n".join(map(_paragraph, ordered)), tuple(ordered), now)


def test_message(now: datetime) -> Message:
    """The message of `syncd alerts test`."""
    body = "This is a test of the alerts of syncd. Nothing is wrong, and there is nothing to do."
    return Message("syncd: a test", body, (), now)


def _title(items: Sequence[MessageLine]) -> str:
    if len(items) == 1:
        (item,) = items
        what = item.kind.value.replace("_", " ")
        again = " (still)" if item.is_reminder else ""
        return f"syncd: {item.query or 'all queries'}: {what}{again}"
    over = sum(item.kind is AlertKind.RECOVERED for item in items)
    wrong = len(items) - over
    parts = [f"{wrong} {'trouble' if wrong == 1 else 'troubles'}"] if wrong else []
    parts += [f"{over} recovered"] if over else []
    return f"syncd: {', '.join(parts)}"


def _paragraph(item: MessageLine) -> str:
    since = f"since {shown_moment(item.since)}"
    if item.kind is AlertKind.RECOVERED:
        return f"[recovered] It is over. It was ({since}): {item.words}"
    return f"[{item.kind.value}{', still' if item.is_reminder else ''}, {since}] {item.words}"
