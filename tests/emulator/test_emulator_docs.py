"""docs/emulator.md tells what there is."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from syncd.emulator.app import create_app
from syncd.emulator.faults import KINDS, OPERATIONS, Fault
from syncd.emulator.settings import EmulatorSettings

DOCS = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text(encoding="utf-8")
HINTS = get_type_hints(EmulatorSettings)


def test_every_setting_is_documented() -> None:
    """Each setting and switch has a line."""
    assert [one.name for one in fields(EmulatorSettings) if f"`{one.name}`" not in DOCS] == []


@pytest.mark.parametrize("name", [name for name, hint in HINTS.items() if str in map(type, get_args(hint))])
def test_every_choice_is_documented(name: str) -> None:
    """The line of a switch names all its choices, the default first."""
    (line,) = re.findall(rf"^\| `{name}` \|.*$", DOCS, re.MULTILINE)
    default, *_ = re.findall(r"\w+", line.split("|")[2])
    assert default == getattr(EmulatorSettings(), name)
    assert [choice for choice in get_args(HINTS[name]) if choice not in line] == []


def test_every_fault_is_documented() -> None:
    """Each kind has a line, and each option and operation is named."""
    assert [kind for kind in KINDS if not re.search(rf"^\| `{kind}` \|", DOCS, re.MULTILINE)] == []
    options = {one.name for one in fields(Fault)} - {"id", "kind"}
    assert [name for name in sorted({*options, *OPERATIONS}) if f"`{name}`" not in DOCS] == []


def test_every_path_is_documented() -> None:
    """Each path under /_emulator is named."""
    paths = {getattr(route, "path", "") for route in create_app().routes}
    shown = {
        path.replace(":int}", "}").replace("{upload}", "{id}").replace("{fault}", "{id}") for path in paths
    }
    assert [path for path in sorted(shown) if path.startswith("/_emulator") and path not in DOCS] == []
