"""The JSON Schema of the file as it is written in YAML, so that an editor completes and checks it."""

from __future__ import annotations

from syncd.config import include
from syncd.config.forms import Json
from syncd.config.keys import section_schema, sections

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_WORDS = {
    "metrica": "Where and how to speak to Metrica.",
    "state": "Where syncd remembers what it did.",
    "http": "Health, metrics and the status page; null turns them off.",
    "log": "What is logged, and how.",
    "alerts": "Who is told when something is wrong, of what, and how soon.",
    "database": "One company database. It is only read.",
    "query": "One query, or the defaults of all.",
}


def json_schema() -> Json:
    """JSON Schema 2020-12. It allows what the file allows; only loading also checks rules between keys."""
    known = sections()
    return {
        "$schema": _DIALECT,
        "title": "syncd configuration",
        "type": "object",
        "properties": {
            "include": include.SCHEMA,
            "metrica": _section("metrica"),
            "databases": _named("database", "The company's databases, by name."),
            "state": _section("state"),
            "http": _section("http"),
            "log": _section("log"),
            "alerts": _section("alerts"),
            "defaults": {**_section("query"), "description": "Any option of a query, for all without it."},
            "queries": _named("query", "The queries, by name."),
        },
        "additionalProperties": False,
        "anyOf": [{"required": ["databases", "queries"]}, {"required": ["include"]}],
        "$defs": {name: section_schema(known[name], words) for name, words in _WORDS.items()},
    }


def _section(name: str) -> Json:
    # A section that holds only comments is null to YAML; `http` is turned off by it.
    return {"anyOf": [{"$ref": f"#/$defs/{name}"}, {"type": "null"}], "description": _WORDS[name]}


def _named(name: str, description: str) -> Json:
    return {
        "type": "object",
        "patternProperties": {"^[a-z0-9_-]{1,64}$": {"$ref": f"#/$defs/{name}"}},
        "additionalProperties": False,
        "minProperties": 1,
        "description": description,
    }
