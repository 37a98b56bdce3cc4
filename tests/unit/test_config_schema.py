"""The JSON Schema and docs/configuration.md say what the file takes."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from syncd.config import json_schema, parse
from syncd.model import Column, Reason

ROOT = Path(__file__).parents[2]
EXAMPLE: dict[str, Any] = yaml.safe_load((ROOT / "config.example.yaml").read_text())
DOCS = (ROOT / "docs" / "configuration.md").read_text()
SCHEMA = json_schema()


def keys(node: object, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key the schema describes, with what it says of it."""
    if isinstance(node, dict):
        for key, value in node.get("properties", {}).items():
            yield key, value
        for key, value in node.items():
            yield from keys(value, key)
    elif isinstance(node, list):
        for item in node:
            yield from keys(item, name)


def changed(path: str, value: object) -> dict[str, Any]:
    """The example with one value replaced."""
    tree = copy.deepcopy(EXAMPLE)
    parent = tree
    *parts, last = path.split(".")
    for part in parts:
        parent = parent[part]
    parent[last] = value
    return tree


def test_it_is_a_schema_and_the_example_validates() -> None:
    """The schema is valid JSON Schema 2020-12, and so is the example by it."""
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(EXAMPLE)


def test_every_key_has_a_description() -> None:
    """An editor can say of every key what it is for."""
    assert [key for key, value in keys(SCHEMA) if not value.get("description")] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("queries.paid_orders.counter", "${COUNTER}"),
        ("queries.paid_orders.counter", "123"),
        ("queries.paid_orders.enabled", "${ON:-true}"),
        ("queries.paid_orders.every", "${EVERY}"),
        ("queries.paid_orders.mark", "id"),
        ("queries.paid_orders.id_type", ["YCLID", "${TYPE}"]),
        ("queries.paid_orders.columns.Price", None),
        ("queries.paid_orders.start", 5),
        ("http.listen", None),
        ("http", None),
        ("log", None),
        ("log.level", "${LEVEL}"),
        ("databases.crm.url", "${URL}"),
    ],
)
def test_the_schema_takes(path: str, value: object) -> None:
    """Placeholders stand where numbers and words do, and empty sections are allowed."""
    jsonschema.Draft202012Validator(SCHEMA).validate(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("queries.paid_orders.counter", "abc"),
        ("queries.paid_orders.counter", 0),
        ("queries.paid_orders.every", 5),
        ("queries.paid_orders.every", "5 minutes"),
        ("queries.paid_orders.chunk_rows", 0),
        ("queries.paid_orders.columns.clientid", "x"),
        ("queries.paid_orders.columns.Price", {"valeu_": 5}),
        ("queries.paid_orders.columns.Price", {"value": None}),
        ("queries.paid_orders.id_type", "CLIENTID"),
        ("queries.paid_orders.mark", []),
        ("queries.paid_orders.sqll", "SELECT"),
        ("queries.Paid Orders", {}),
        ("queries", {}),
        ("log.level", "loud"),
        ("state.url", "mysql://h/d"),
        ("metric", {}),
    ],
)
def test_the_schema_refuses(path: str, value: object) -> None:
    """What loading would refuse by itself, an editor already marks."""
    assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(changed(path, value)))


def test_every_key_is_documented() -> None:
    """docs/configuration.md names every key in its tables or as a heading."""
    words = set(re.findall(r"`([A-Za-z_]+)`", DOCS)) | set(re.findall(r"^#+ (\w+)$", DOCS, re.MULTILINE))
    assert {key for key, _ in keys(SCHEMA)} - {"value"} <= words
    assert {column.value for column in Column} <= words


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_documented(reason: Reason) -> None:
    """Every reason for a reject has a line in docs/configuration.md."""
    assert re.search(rf"^\| `{reason.value}` \| .+ \| .+ \|$", DOCS, re.MULTILINE)


@pytest.mark.parametrize("default", [(k, v["default"]) for k, v in keys(SCHEMA) if "default" in v])
def test_every_default_is_documented(default: tuple[str, object]) -> None:
    """The default in the table is the one of the code."""
    key, value = default
    if isinstance(value, list):
        assert all(f"`{word}`" in DOCS for word in value)
        return
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    assert re.search(rf"^\| `{key}` \|.*\| `{re.escape(shown)}` \|", DOCS, re.MULTILINE)


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL))
def test_every_yaml_block_is_right(block: str) -> None:
    """The documentation's examples parse; put into the example or by themselves, they load."""
    tree = yaml.safe_load(block)
    if "databases" not in tree:
        for name, query in tree.get("queries", {}).items():
            base = {**EXAMPLE["queries"]["paid_orders"], "id_type": ["CLIENT_ID", "USER_ID"]}
            tree["queries"][name] = query if "kind" in query else {**base, **query}
        tree = {**EXAMPLE, **tree}
    assert parse(yaml.safe_dump(tree), "docs.yaml", {"METRICA_TOKEN": "abc"}).queries
