"""The JSON Schema of the file as it is written in YAML, so that an editor completes and checks it."""

from __future__ import annotations

from typing import Any

from syncd.config.file import ConfigFile

Json = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> Json:
    """JSON Schema 2020-12. It allows what the file allows; only loading also checks rules between keys."""
    schema: Json = _tidy(ConfigFile.model_json_schema(mode="validation"))
    for name in ("metrica", "state", "http", "log", "defaults"):
        section = schema["properties"][name]
        # A section that holds only comments is null to YAML; `http` is turned off by it.
        reference = section.pop("$ref")
        section["anyOf"] = [{"$ref": reference}, {"type": "null"}]
        section.setdefault("description", schema["$defs"][reference.rpartition("/")[2]]["description"])
    schema["required"] = ["databases", "queries"]
    for name in schema["required"]:
        schema["properties"][name] |= {"minProperties": 1}
    return {"$schema": _DIALECT, "title": "syncd configuration", **schema}


def _tidy(value: Any) -> Any:
    """Without the titles pydantic makes of the names; where keys have a pattern, without any others."""
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    if not isinstance(value, dict):
        return value
    tidy = {key: _tidy(item) for key, item in value.items() if key != "title"}
    if "patternProperties" in tidy:
        tidy["additionalProperties"] = False
    return tidy
