"""The kinds of value in the file: the function that reads each, and what the JSON Schema says of it.

The functions are those of `values`, `urls` and `schedule`; the schema beside each tells an editor the same.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import PlainValidator, SecretStr, WithJsonSchema

from syncd.config import relinking, urls, values
from syncd.config.schedule import cron
from syncd.config.words import Told, Unreadable, Wrong, but_got
from syncd.model import Column, IdKind
from syncd.model.settings import Constant, Relink

JsonSchema = dict[str, Any]

_ENVIRONMENT = r"\$\{"
"""In the schema, text with `${NAME}` is allowed wherever something narrower than text is wanted."""
LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("json", "console", "auto")
ON_CHANGE = ("ignore", "resend")
ID_TYPES = tuple(kind.value for kind in IdKind)
MOST_CHUNK_ROWS = 10_000_000
MOST_REJECTS = 1_000_000_000
MOST_REQUESTS = 1_000_000_000
MOST_COUNTER = 2**63 - 1
"""What the state store can keep; counters have eight or nine digits today."""
COLUMN_WORDS = {
    Column.CLIENT_ID: "Metrica's own id of the visitor, 1 to 20 digits.",
    Column.USER_ID: "The site's id of the visitor, as given to setUserID.",
    Column.YCLID: "The id of the click on an ad of Yandex Direct, 1 to 20 digits.",
    Column.PURCHASE_ID: "The id of the e-commerce purchase.",
    Column.TARGET: "The goal's identifier, not its name or number.",
    Column.DATETIME: "When the conversion happened.",
    Column.PRICE: "Its money; optional.",
    Column.CURRENCY: "The money's currency by ISO 4217; optional.",
}


def _pattern(expression: str) -> JsonSchema:
    return {"type": "string", "pattern": f"^(?:{expression})$|{_ENVIRONMENT}"}


def _enum(*words: str) -> JsonSchema:
    return {"anyOf": [{"enum": list(words)}, {"type": "string", "pattern": _ENVIRONMENT}]}


def _number(low: int, high: int) -> JsonSchema:
    digits = {"type": "string", "pattern": rf"^[0-9]+$|{_ENVIRONMENT}"}
    return {"anyOf": [{"type": "integer", "minimum": low, "maximum": high}, digits]}


def _one_or_list(item: JsonSchema) -> JsonSchema:
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1, "uniqueItems": True}]}


_TEXT: JsonSchema = {"type": "string", "minLength": 1}
_DURATION = _pattern("[0-9]{1,9}[smhd]")
_BOOLEAN: JsonSchema = {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": _ENVIRONMENT}]}
_CONSTANT: JsonSchema = {
    "type": "object",
    "properties": {"value": {"type": ["string", "number"], "description": "The same in every row."}},
    "required": ["value"],
    "additionalProperties": False,
}
_SOURCE: JsonSchema = {"anyOf": [_TEXT, _CONSTANT, {"type": "null"}]}


def column_source(value: object) -> str | Constant:
    """A result column's name, `{value: constant}`, or null to leave the column out.

    Raises:
        Wrong: anything else.
    """
    if value is None:
        return Constant(value=None)
    if isinstance(value, str):
        return values.text(value)
    if not isinstance(value, dict):
        hint = f"a constant is written {{value: {value}}}" if isinstance(value, int | float) else ""
        raise Wrong(f"wants a result column's name or {{value: constant}}{but_got(value)}", hint)
    if set(value) != {"value"}:
        raise Wrong("wants a result column's name or {value: constant}", "its only key is `value`")
    constant = value["value"]
    if constant is Unreadable.UNREADABLE:
        raise Told
    if isinstance(constant, bool) or not isinstance(constant, str | int | float):
        hint = "null alone, without {value: …}, leaves the column out" if constant is None else ""
        raise Wrong(f"a constant is text or a number{but_got(constant)}", hint)
    return Constant(value=str(constant) if isinstance(constant, str) else constant)


def _whole(low: int, high: int) -> PlainValidator:
    return PlainValidator(partial(values.whole, low=low, high=high))


def _choice(*words: str) -> PlainValidator:
    return PlainValidator(partial(values.choice, among=words))


# None is the default of what may be missing; written as a value, the functions refuse it.
Text = Annotated[str | None, PlainValidator(values.text), WithJsonSchema(_TEXT)]
FilePath = Annotated[Path | None, PlainValidator(values.path), WithJsonSchema(_TEXT)]
Token = Annotated[SecretStr | None, PlainValidator(values.token), WithJsonSchema(_TEXT)]
Zone = Annotated[ZoneInfo | None, PlainValidator(values.zone), WithJsonSchema(_TEXT)]
Names = Annotated[tuple[str, ...], PlainValidator(values.names), WithJsonSchema(_one_or_list(_TEXT))]
Duration = Annotated[timedelta, PlainValidator(values.duration), WithJsonSchema(_DURATION)]
Boolean = Annotated[bool, PlainValidator(values.boolean), WithJsonSchema(_BOOLEAN)]
DatabaseUrl = Annotated[
    SecretStr | None,
    PlainValidator(urls.database_url),
    WithJsonSchema(_pattern(r"[A-Za-z0-9_]+(\+[A-Za-z0-9_]+)?://.*")),
]
StateUrl = Annotated[
    SecretStr,
    PlainValidator(urls.state_url),
    WithJsonSchema(_pattern(r"sqlite(\+pysqlite)?:///.+|postgresql(\+psycopg)?://.+")),
]
ApiUrl = Annotated[str, PlainValidator(urls.api_url), WithJsonSchema(_pattern("https?://.+"))]
Schema = Annotated[
    str, PlainValidator(values.schema), WithJsonSchema(_pattern("[A-Za-z_][A-Za-z0-9_]{0,62}"))
]
Listen = Annotated[
    tuple[str, int] | None,
    PlainValidator(values.listen),
    WithJsonSchema({"anyOf": [_pattern(r".+:[0-9]{1,5}"), {"type": "null"}]}),
]
Level = Annotated[
    Literal["debug", "info", "warning", "error"], _choice(*LEVELS), WithJsonSchema(_enum(*LEVELS))
]
Format = Annotated[Literal["json", "console", "auto"], _choice(*FORMATS), WithJsonSchema(_enum(*FORMATS))]
OnChange = Annotated[Literal["ignore", "resend"], _choice(*ON_CHANGE), WithJsonSchema(_enum(*ON_CHANGE))]
Relinking = Annotated[Relink | None, PlainValidator(relinking.relink), WithJsonSchema(relinking.SCHEMA)]
Requests = Annotated[int, _whole(1, MOST_REQUESTS), WithJsonSchema(_number(1, MOST_REQUESTS))]
Counter = Annotated[int | None, _whole(1, MOST_COUNTER), WithJsonSchema(_number(1, MOST_COUNTER))]
ChunkRows = Annotated[int, _whole(1, MOST_CHUNK_ROWS), WithJsonSchema(_number(1, MOST_CHUNK_ROWS))]
RejectLimit = Annotated[int, _whole(1, MOST_REJECTS), WithJsonSchema(_number(1, MOST_REJECTS))]
IdTypes = Annotated[
    tuple[str, ...],
    PlainValidator(partial(values.choices, among=ID_TYPES)),
    WithJsonSchema(_one_or_list(_enum(*ID_TYPES))),
]
Columns = Annotated[
    dict[Column, Annotated[str | Constant, PlainValidator(column_source)]],
    WithJsonSchema(
        {
            "type": "object",
            "properties": {
                column.value: {**_SOURCE, "description": words} for column, words in COLUMN_WORDS.items()
            },
            "additionalProperties": False,
        }
    ),
]
Cron = Annotated[str | None, PlainValidator(cron), WithJsonSchema(_TEXT)]
Start = Annotated[
    str | int | float, PlainValidator(values.start), WithJsonSchema({"type": ["string", "number"]})
]
Overlap = Annotated[
    timedelta | Literal["auto"],
    PlainValidator(values.overlap),
    WithJsonSchema(_pattern("auto|[0-9]{1,9}[smhd]")),
]
_NAME: JsonSchema = {"pattern": "^[a-z0-9_-]{1,64}$"}
Name = Annotated[str, WithJsonSchema(_NAME)]
"""Looked at by `problems.check`: what stands under a wrong name is to be looked at like the rest."""
