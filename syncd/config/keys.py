"""The keys of the file, derived from the fields of `model.settings`: how each is read, default and words."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic.fields import FieldInfo

from syncd.config import forms, values
from syncd.config.forms import Json, ValueForm
from syncd.config.words import Collector, Told, UnknownKey, Unreadable, ValueFaults, Wrong, but_got
from syncd.language import _
from syncd.model.settings import (
    AlertSettings,
    DatabaseSettings,
    HttpSettings,
    LogSettings,
    MetricaSettings,
    QuerySettings,
    StateSettings,
)

Values = dict[str, Any]
"""What could be read of a section: the values by the names of the Settings' fields."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a section."""

    field: str
    """The field of the Settings that holds its value."""
    form: ValueForm
    description: str
    default: Json
    """The default as the file would write it, under `default`; empty where there is none."""


class _OnlyInFile(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)


class HttpKeys(_OnlyInFile):
    """Keys of `http` whose values become other fields of HttpSettings."""

    listen: Annotated[tuple[str, int] | None, "listen"] = Field(
        ("127.0.0.1", 9188), description="host:port to serve them on; null turns it off."
    )


class QueryKeys(_OnlyInFile):
    """Keys of a query whose values become other fields of QuerySettings."""

    database: str | None = Field(
        None, description="A name under databases; may be left out when there is one."
    )
    sql_file: Path | None = Field(None, description="Instead of sql: a file that holds it.")
    timezone: ZoneInfo | None = Field(None, description="Overrides the database's time zone.")


def keys_of(*classes: type[BaseModel]) -> dict[str, Key]:
    """The keys that the fields of these classes declare: those that have a description."""
    return {
        field.serialization_alias or name: _key(name, field)
        for one in classes
        for name, field in one.model_fields.items()
        if field.description
    }


def _key(name: str, field: FieldInfo) -> Key:
    shown = None if field.is_required() else _as_written(field.default)
    if shown is None and _is_section(_not_none(field.annotation)):
        shown = False
    default = {} if shown is None else {"default": shown}
    return Key(name, _form(field), field.description or "", default)


def _form(field: FieldInfo) -> ValueForm:
    named = next((word for word in field.metadata if isinstance(word, str)), None)
    if named:
        return forms.NAMED[named]
    low, high = (_bound(field, name) for name in ("ge", "le"))
    return _form_of_type(_not_none(field.annotation), low, high)


def _form_of_type(kind: Any, low: Any, high: Any) -> ValueForm:
    match kind:
        case _ if words := _words(kind):
            return forms.choice(words)
        case _ if get_origin(kind) is tuple:
            words = _words(get_args(kind)[0])
            return forms.choices(words) if words else forms.NAMES
        case type() if _is_section(kind):
            return _section_or_false(kind)
        case type() if kind is timedelta:
            return forms.duration(low, high)
        case type() if kind is int:
            return forms.whole(low, high)
        case _:
            return _BY_TYPE[kind]


_BY_TYPE: dict[Any, ValueForm] = {
    str: forms.TEXT,
    bool: forms.BOOLEAN,
    Path: forms.PATH,
    ZoneInfo: forms.ZONE,
}


def _bound(field: FieldInfo, name: str) -> Any:
    return next((getattr(one, name) for one in field.metadata if hasattr(one, name)), None)


def _not_none(annotation: Any) -> Any:
    """The type without `| None`: what may be missing is no value that can be written."""
    if get_origin(annotation) in {Union, types.UnionType}:
        kinds = [one for one in get_args(annotation) if one is not type(None)]
        return kinds[0] if len(kinds) == 1 else annotation
    return annotation


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _words(kind: Any) -> tuple[str, ...]:
    """The words of a Literal or an enum; none for any other type."""
    if get_origin(kind) is Literal:
        return get_args(kind)
    return tuple(one.value for one in kind) if isinstance(kind, type) and issubclass(kind, Enum) else ()


def _as_written(value: object) -> object:  # noqa: PLR0911 — a type each
    """A default as the file would write it; None where there is nothing to write."""
    match value:
        case timedelta():
            return values.duration_text(value)
        case SecretStr():
            return value.get_secret_value()
        case ZoneInfo():
            return value.key
        case Enum():
            return value.value
        case (str() as host, int() as port):
            return f"{host}:{port}"
        case tuple():
            return list(value) or None
        case {}:
            return None
        case _:
            return value


def read_keys(keys: Mapping[str, Key], value: object) -> Values:
    """The values of a section. Raises Faults with all that is wrong with it, and what is right beside it."""
    if not isinstance(value, dict):
        # A text may be a secret in a wrong place.
        got = _(", not text") if isinstance(value, str) else but_got(value)
        hint = _("without the `-` before the names") if isinstance(value, list) else ""
        raise Wrong(_("wants keys and values below it") + got, hint)
    reading, found = Collector(), Values()
    for word, item in value.items():
        with reading.at(word):
            if word not in keys:
                raise UnknownKey
            if _was_told(item):
                raise Told
            try:
                found[keys[word].field] = keys[word].form.read(item)
            except ValueFaults as faults:
                if faults.rest is not None:
                    found[keys[word].field] = faults.rest
                raise
    reading.raise_any(found)
    return found


def _was_told(value: object) -> bool:
    return value is Unreadable.UNREADABLE or (isinstance(value, list) and any(map(_was_told, value)))


def _section_or_false(kind: type[BaseModel]) -> ValueForm:
    """An option that is a small section of its own, or false where it is turned off."""

    def read(value: object) -> BaseModel | None:
        if value is False:
            return None
        if not isinstance(value, dict):
            wants = ", ".join(f"{word}: {key.default['default']}" for word, key in keys.items())
            raise Wrong(
                _("wants {{{keys}}}, or false{got}").format(keys=wants, got=but_got(value)),
                _("{} takes both as they are there") * (value is True),
            )
        try:
            return kind(**read_keys(keys, value))
        except ValueFaults as faults:
            raise ValueFaults(faults.found, None) from None

    keys = keys_of(kind)
    return ValueForm(read, {"anyOf": [section_schema(keys), {"const": False}]})


def section_schema(keys: Mapping[str, Key], description: str = "") -> Json:
    """The JSON Schema of a section with these keys."""
    properties = {
        word: {**key.form.schema, "description": key.description, **key.default} for word, key in keys.items()
    }
    described = {"description": description} if description else {}
    return {"type": "object", **described, "properties": properties, "additionalProperties": False}


@cache
def sections() -> dict[str, dict[str, Key]]:
    """The sections that have keys, by the name in the file; `database` and `query` are those below a name."""
    return {
        "metrica": keys_of(MetricaSettings),
        "state": keys_of(StateSettings),
        "http": keys_of(HttpKeys, HttpSettings),
        "log": keys_of(LogSettings),
        "alerts": keys_of(AlertSettings),
        "database": keys_of(DatabaseSettings),
        "query": keys_of(QueryKeys, QuerySettings),
    }
