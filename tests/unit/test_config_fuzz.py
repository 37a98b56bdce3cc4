"""No input yields anything but Settings or ConfigError, and no secret appears in either."""

from __future__ import annotations

import copy
import random
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syncd.config import load, parse
from syncd.config.tree import parse_yaml
from syncd.model.errors import ConfigError

EXAMPLE = (Path(__file__).parents[2] / "config.example.yaml").read_text()
SECRET = "s3cr3t-t0k3n"
PASSWORD = "pa55word"
BASE: dict[str, Any] = yaml.safe_load(EXAMPLE)
BASE["databases"]["crm"]["url"] = "postgresql://u:${PASSWORD}@h/d"
del BASE["databases"]["crm"]["password_file"]
ENVIRON = {"METRICA_TOKEN": SECRET, "PASSWORD": PASSWORD}


def outcome(text: str) -> str:
    """What a person would see of it: the settings' repr, or the problems."""
    problems = []
    try:
        seen = repr(parse(text, "f.yaml", ENVIRON))
    except ConfigError as error:
        problems, seen, cause = error.problems, str(error), error.__cause__
    else:
        return seen
    assert problems
    assert cause is None
    assert PASSWORD not in seen
    assert not any("\n" in str(problem) for problem in problems)
    return seen


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**18, max_value=10**120),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(
        [
            "${METRICA_TOKEN}",
            "${NONE}",
            "${",
            "5m",
            "0s",
            "auto",
            "now",
            "* * * * *",
            "UTC",
            "crm",
            "CLIENT_ID",
        ]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(data=st.binary(max_size=200))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Any bytes in the file give settings or problems."""
    file = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    file.write_bytes(data)
    with pytest.raises(ConfigError):
        load(file, environ={})


@given(
    text=st.text(
        alphabet=st.sampled_from("ab:-[]{},&*!|>'\"%@`#?\n\t 01.<~$\0\ufeff\x85\u2028ж"), max_size=60
    )
)
@example("a: &x [*x]")
@example("&a a: *a")
@example("<<: &a {<<: *a}")
@example("? ? a")
@example("%YAML 9.9\n--- a")
@example("!!python/object/apply:os.system ['true']")
@example("[" * 5000)
@example("- " * 5000)
@example("{a: " * 5000)
@example("\ud800")
def test_any_yaml(text: str) -> None:
    """Any text made of what YAML means something by gives problems."""
    with pytest.raises(ConfigError):
        parse(text, "f.yaml", {})


@given(value=VALUES)
def test_any_structure(value: object) -> None:
    """Any tree of values gives problems."""
    outcome(yaml.safe_dump(value, allow_unicode=True))


@given(section=st.sampled_from(sorted(BASE)), value=VALUES)
@example(section="databases", value={"\n": None})
def test_any_value_for_a_section(section: str, value: object) -> None:
    """A section may hold anything."""
    outcome(yaml.safe_dump({**BASE, section: value}, allow_unicode=True))


def places(tree: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all keys."""
    found = [path] if path else []
    if isinstance(tree, dict):
        for key, value in tree.items():
            found += places(value, (*path, key))
    return found


@settings(max_examples=400)
@given(data=st.data(), place=st.sampled_from(places(BASE)))
def test_any_value_anywhere(data: st.DataObject, place: tuple[Any, ...]) -> None:
    """A right file with a value replaced, a key removed or renamed gives settings or problems."""
    tree = copy.deepcopy(BASE)
    parent = tree
    for part in place[:-1]:
        parent = parent[part]
    change = data.draw(st.sampled_from(["replace", "remove", "rename", "nest"]))
    old = parent.pop(place[-1])
    if change == "replace":
        parent[place[-1]] = data.draw(VALUES)
    elif change == "rename":
        parent[data.draw(st.text(max_size=8))] = old
    elif change == "nest":
        parent[place[-1]] = {place[-1]: old}
    seen = outcome(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False))
    # A path or a query may well be named from the environment; a message never shows it.
    assert SECRET not in seen or seen.startswith("Settings(")


@settings(max_examples=300)
@given(seed=st.integers(0, 2**32))
def test_any_slip_of_the_keyboard(seed: int) -> None:
    """The example with lines swapped, doubled, cut or re-indented gives settings or problems."""
    dice = random.Random(seed)  # noqa: S311 - hypothesis gives the seed
    lines = EXAMPLE.splitlines()
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(lines))
        slip = dice.randrange(6)
        if slip == 0:
            lines[at] = " " * dice.randrange(8) + lines[at].lstrip()
        elif slip == 1:
            lines.insert(at, lines[dice.randrange(len(lines))])
        elif slip == 2:
            lines[at] = lines[at][: dice.randrange(len(lines[at]) + 1)]
        elif slip == 3:
            where = dice.randrange(len(lines[at]) + 1)
            lines[at] = lines[at][:where] + dice.choice(list(":[]{}&*!|>'\"%\t\0-,#$")) + lines[at][where:]
        elif slip == 4:
            lines[at] = lines[at].replace(":", "", 1)
        else:
            lines = lines[:at] + lines[at + dice.randint(1, 5) :] or [""]
    seen = outcome("\n".join(lines))
    assert SECRET not in seen


CRON_FIELD = st.text(alphabet="0123456789*/,-L#W", min_size=1, max_size=6) | st.sampled_from(
    ["*", "*/7", "29", "SUN"]
)


@settings(max_examples=400)
@given(
    fields=st.lists(CRON_FIELD, min_size=4, max_size=6),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"]),
)
@example(fields=["0", "0", "29", "2", "*/7"], zone="Europe/Berlin")
@example(fields=["*", "*", "*", "*", "*"], zone="Pacific/Apia")
def test_any_cron_expression(fields: list[str], zone: str) -> None:
    """Any five fields are an expression with a longest and a smallest pause, or a problem."""
    query = {**BASE["queries"]["paid_orders"], "cron": " ".join(fields), "timezone": zone}
    del query["every"]
    text = yaml.safe_dump({**BASE, "queries": {"one": query}})
    try:
        read = parse(text, "f.yaml", ENVIRON).queries["one"]
    except ConfigError:
        return
    assert read.longest_pause is not None
    assert timedelta(0) < read.every <= read.longest_pause


@given(value=VALUES)
def test_the_tree_is_what_safe_load_reads(value: object) -> None:
    """What PyYAML writes of plain values is read as those values, wherever both take YAML alike."""
    node, problems = parse_yaml(yaml.safe_dump(value), "f")
    if not problems and node is not None:
        assert _plain(node) == _as_tree(value)


def _plain(node: Any) -> object:
    """The tree without its lines."""
    if isinstance(node.value, dict):
        return {key: _plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [_plain(child) for child in node.value]
    return node.value


def _as_tree(value: object) -> object:
    """Lists and mappings in the tree's shape."""
    if isinstance(value, dict):
        return {key: _as_tree(item) for key, item in value.items()}
    return [_as_tree(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("parser", ["CSafeLoader", "SafeLoader"])
def test_both_parsers_agree(parser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyYAML comes without its C parser, the file means the same."""
    monkeypatch.setattr("syncd.config.tree._PARSER", getattr(yaml, parser))
    assert parse(EXAMPLE, "f.yaml", ENVIRON).queries["paid_orders"].line == 36
    for wrong in ("a: 'x", "\ta: b", "a: b: c", "a: [1", "[" * 3000, "a: @b", "%FOO\n---", "a: !b!s3cr3t c"):
        with pytest.raises(ConfigError) as caught:
            parse(wrong, "f.yaml", {})
        assert "s3cr3t" not in str(caught.value)


@settings(max_examples=60, deadline=None)
@given(
    before=st.text("abcXYZ017", min_size=3, max_size=6),
    raw=st.sampled_from([*"@:/?#[] ", "%", "%4", "%zz", "%00", "%ff"]),
    after=st.text("qrsQRS589", min_size=3, max_size=6),
    rest=st.sampled_from(["h/crm", "h:5432/crm", "h", "[::1]:5432/crm?sslmode=require"]),
    key=st.sampled_from(["databases.crm.url", "state.url"]),
)
def test_a_password_with_raw_signs_is_a_mistake(
    before: str, raw: str, after: str, rest: str, key: str
) -> None:
    """Wherever the sign stands: the file is refused, the table says how to write it, and no part is shown."""
    section, *names = key.split(".")
    for password in (f"{before}{raw}{after}", f"{raw}{before}{after}", f"{before}{after}{raw}"):
        tree = copy.deepcopy(BASE)
        parent = tree[section]
        for name in names[:-1]:
            parent = parent[name]
        parent["url"] = f"postgresql://user:{password}@{rest}"
        if raw.startswith("%") and re.search("%[0-9a-f]{2}", password) and raw not in {"%00", "%ff"}:
            continue  # with what follows it became an escape
        seen = outcome(yaml.safe_dump(tree))
        assert "write @ as %40" in seen
        assert before not in seen
        assert after not in seen
