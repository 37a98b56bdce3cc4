"""The forms in which values are written: the function that reads each, and what the JSON Schema says of it.

The functions are those of `values`, `urls`, `schedule` and `composite`; the schema tells an editor the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from syncd.config import composite, urls, values
from syncd.config.schedule import cron
from syncd.model.kinds import ORDER_STATUSES

Json = dict[str, Any]

_ENVIRONMENT = r"\$\{"
"""In the schema, text with `${NAME}` is allowed wherever something narrower than text is wanted."""


@dataclass(frozen=True, slots=True)
class ValueForm:
    """How one kind of value is written."""

    read: Callable[[object], object]
    """Takes what the YAML says, and raises Wrong for what cannot be meant."""
    schema: Json


def _pattern(expression: str) -> Json:
    return {"type": "string", "pattern": f"^(?:{expression})$|{_ENVIRONMENT}"}


def _enum(words: tuple[str, ...]) -> Json:
    return {"anyOf": [{"enum": list(words)}, {"type": "string", "pattern": _ENVIRONMENT}]}


def _one_or_list(item: Json) -> Json:
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1, "uniqueItems": True}]}


def choice(words: tuple[str, ...]) -> ValueForm:
    """One word of a closed list."""
    return ValueForm(partial(values.choice, among=words), _enum(words))


def choices(words: tuple[str, ...]) -> ValueForm:
    """A word of a closed list, or several of them."""
    return ValueForm(partial(values.choices, among=words), _one_or_list(_enum(words)))


def whole(low: int, high: int) -> ValueForm:
    """A whole number from `low` to `high`."""
    digits = {"type": "string", "pattern": rf"^[0-9]+$|{_ENVIRONMENT}"}
    number = {"type": "integer", "minimum": low, "maximum": high}
    return ValueForm(partial(values.whole, low=low, high=high), {"anyOf": [number, digits]})


_TEXT: Json = {"type": "string", "minLength": 1}
_CONSTANT: Json = {
    "type": "object",
    "properties": {"value": {"type": ["string", "number"], "description": "The same in every row."}},
    "required": ["value"],
    "additionalProperties": False,
}
_SOURCE: Json = {"anyOf": [_TEXT, _CONSTANT, {"type": "null"}]}
_COLUMNS: Json = {
    "type": "object",
    "properties": {
        column: {**_SOURCE, "description": words} for column, words in composite.COLUMN_WORDS.items()
    },
    "additionalProperties": False,
}
_STATUSES: Json = {
    "type": "object",
    "additionalProperties": {"anyOf": [{"enum": list(ORDER_STATUSES)}, _TEXT]},
}
_LISTEN: Json = {"anyOf": [_pattern(r".+:[0-9]{1,5}"), {"type": "null"}]}
_DATABASE_URL = _pattern(r"[A-Za-z0-9_]+(\+[A-Za-z0-9_]+)?://.*")
_STATE_URL = _pattern(r"sqlite(\+pysqlite)?:///.+|postgresql(\+psycopg)?://.+")


def duration(low: timedelta | None = None, high: timedelta | None = None) -> ValueForm:
    """A duration, within bounds if there are any."""
    return ValueForm(partial(values.duration, low=low, high=high), _pattern("[0-9]{1,9}[smhd]"))


TEXT = ValueForm(values.text, _TEXT)
PATH = ValueForm(values.path, _TEXT)
ZONE = ValueForm(values.zone, _TEXT)
BOOLEAN = ValueForm(
    values.boolean, {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": _ENVIRONMENT}]}
)
NAMES = ValueForm(values.names, _one_or_list(_TEXT))

NAMED: dict[str, ValueForm] = {
    "token": ValueForm(values.token, _TEXT),
    "api_url": ValueForm(urls.api_url, _pattern("https?://.+")),
    "database_url": ValueForm(urls.database_url, _DATABASE_URL),
    "state_url": ValueForm(urls.state_url, _STATE_URL),
    "schema": ValueForm(values.schema, _pattern("[A-Za-z_][A-Za-z0-9_]{0,62}")),
    "listen": ValueForm(values.listen, _LISTEN),
    "hosts": ValueForm(values.hosts, _one_or_list(_TEXT)),
    "alert_urls": ValueForm(urls.alert_urls, _one_or_list(_pattern(r"[A-Za-z0-9]+://.*"))),
    "command": ValueForm(values.command, {"type": "array", "items": _TEXT, "minItems": 1}),
    "columns": ValueForm(composite.columns, _COLUMNS),
    "statuses": ValueForm(composite.statuses, _STATUSES),
    "cron": ValueForm(cron, _TEXT),
    "channel": ValueForm(values.channel, _TEXT),
    "start": ValueForm(values.start, {"type": ["string", "number"]}),
    "overlap": ValueForm(values.overlap, _pattern("auto|[0-9]{1,9}[smhd]")),
}
"""The forms that the annotations in `model.settings` name, where the type alone does not say enough."""
