"""How findings, states, numbers and spans are said in each language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from syncd import language
from syncd.language import N_, NP_
from syncd.model import UploadState
from syncd.monitoring.status.codes import SEVERITY, FindingCode, QueryState, Severity
from syncd.monitoring.status.english import SENTENCES

Value = str | int | timedelta

NAME = "NAME"
"""What model/errors writes where a query's name belongs."""

_STATES: Mapping[str, str] = {
    QueryState.OK: NP_("query", "ok"),
    QueryState.RUNNING: NP_("query", "running"),
    QueryState.FAILING: NP_("query", "failing"),
    QueryState.HALTED: NP_("query", "halted"),
    QueryState.DISABLED: NP_("query", "disabled"),
    QueryState.NEVER_RUN: NP_("query", "never run"),
    QueryState.LATE: NP_("query", "late"),
    QueryState.PAUSED: NP_("query", "paused"),
    QueryState.REJECTING: NP_("query", "rejecting"),
    QueryState.WAITING: NP_("query", "waiting"),
    QueryState.UNKNOWN: NP_("query", "unknown"),
}
_UPLOADS: Mapping[str, str] = {
    UploadState.PLANNED: NP_("upload", "planned"),
    UploadState.SENDING: NP_("upload", "sending"),
    UploadState.ACCEPTED: NP_("upload", "accepted"),
    UploadState.PROCESSED: NP_("upload", "processed"),
    UploadState.UNLINKED: NP_("upload", "unlinked"),
    UploadState.SPLIT: NP_("upload", "split"),
    UploadState.REFUSED: NP_("upload", "refused"),
}
_UNITS = (
    (86400, N_("{count} d")),
    (3600, N_("{count} h")),
    (60, N_("{count} min")),
    (1, N_("{count} s")),
)


def nameless(name: str, text: str) -> str:
    """A text that may hold the query's name, as in a command, without it."""
    return re.sub(rf"(?<![a-z0-9_-]){re.escape(name)}(?![a-z0-9_-])", NAME, text)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found, with the values its words need."""

    code: FindingCode
    values: Mapping[str, Value] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        return SEVERITY[self.code]

    def __str__(self) -> str:
        return ENGLISH.say(self)


@dataclass(frozen=True, slots=True)
class Wording:
    """How one language says things."""

    language: str
    """Its code."""

    def text(self, message: str) -> str:
        """A text in this language; one that is in no catalogue, such as a database's own, as it is."""
        return language.catalogue(self.language).gettext(message) if message else ""

    def word(self, context: str, message: str) -> str:
        """A word that means one thing here and another elsewhere."""
        return language.catalogue(self.language).pgettext(context, message)

    def state(self, state: str) -> str:
        """How a query is."""
        return self.word("query", _STATES[state])

    def upload_state(self, state: str) -> str:
        """What became of an upload."""
        return self.word("upload", _UPLOADS[state]) if state in _UPLOADS else state

    def number(self, value: int) -> str:
        """1234567 as 1,234,567 or the language's like."""
        return f"{value:,}".replace(",", self.word("between thousands", ","))

    def duration(self, value: timedelta) -> str:
        """The two largest units: 3 d 4 h, 2 min 5 s; below a second: 0 s."""
        rest, counts = max(0, int(value.total_seconds())), []
        for size, unit in _UNITS:
            counts.append((rest // size, unit))
            rest %= size
        first = next((index for index, (count, _) in enumerate(counts) if count), len(counts) - 1)
        shown = [(count, unit) for count, unit in counts[first : first + 2] if count]
        return " ".join(self.text(unit).format(count=count) for count, unit in shown or [(0, _UNITS[-1][1])])

    def say(self, finding: Finding) -> str:
        """The finding as sentences: what is wrong, then what to do."""
        values = {name: self._value(value) for name, value in finding.values.items()}
        if "message" in values:
            values["message"] = self.message(values["message"])
        if "action" in values:
            values["action"] = self.action(values["action"], values["query"])
        return self.text(SENTENCES[finding.code]).format_map(values)

    def message(self, message: str) -> str:
        """What went wrong, as it was recorded: in this language where it is one text without values in it."""
        plain = message.removesuffix(".")
        told = self.text(plain)
        return self.text(message) if told == plain else f"{told}."

    def action(self, action: str, query: str) -> str:
        """What to do about an error of a query; it may hold the query's name."""
        return self.text(nameless(query, action)).replace(NAME, query)

    def _value(self, value: Value) -> str:
        if isinstance(value, timedelta):
            return self.duration(value)
        return self.number(value) if isinstance(value, int) else value


ENGLISH = Wording(language.ENGLISH)
