"""The pages for people are true: commands, links, examples, and the README's first sync for real."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import click
import pytest
import yaml

import syncd
from syncd.cli.main import cli as commands
from syncd.config import load
from syncd.emulator.server import EmulatorServer
from tests.support.fix_cli import TOKEN, Cli
from tests.support.servers import Database

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
API_URL = "https://api-metrika.yandex.net"

EXAMPLE = {
    "metrica": {
        "token": "${METRICA_TOKEN}",
        "api_url": API_URL,
        "timeout": "60s",
        "settle": "60s",
        "daily_requests": 5000,
    },
    "databases": {
        "crm": {
            "url": "postgresql+psycopg://syncd@crm-db/crm",
            "password_file": "/run/credentials/syncd.service/crm-password",
            "timezone": "Europe/Moscow",
            "statement_timeout": "10m",
        }
    },
    "state": {"url": "sqlite:////var/lib/syncd/state.db", "schema": "syncd"},
    "http": {"listen": "127.0.0.1:9188"},
    "log": {"level": "info", "format": "auto"},
    "defaults": {"every": "5m"},
    "queries": {
        "paid_orders": {
            "database": "crm",
            "counter": 12345678,
            "id_type": "CLIENT_ID",
            "sql": "SELECT order_id, metrica_client_id, paid_at, updated_at, total, currency\n"
            "FROM orders WHERE status = 'paid'\n",
            "columns": {
                "ClientId": "metrica_client_id",
                "Target": {"value": "order_paid"},
                "DateTime": "paid_at",
                "Price": "total",
                "Currency": "currency",
            },
            "mark": ["updated_at", "order_id"],
            "key": ["order_id"],
            "every": "5m",
            "start": "beginning",
            "overlap": "auto",
            "on_change": "ignore",
            "chunk_rows": 50000,
            "reject_limit": 1000,
            "enabled": True,
        }
    },
}
"""The example that the product's interface fixes."""


def blocks(text: str, language: str) -> list[str]:
    """The fenced code blocks of a language."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [content for kind, content in fenced if kind == language]


def block(language: str, holding: str) -> str:
    """The one block of the README in this language that holds a text."""
    (found,) = (one for one in blocks(README, language) if holding in one)
    return found


def prose(text: str) -> str:
    """A page without its code blocks."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def shell_commands(lines: str) -> Iterator[list[str]]:
    """The words after `syncd` of each command among the lines of a shell."""
    for line in lines.splitlines():
        words = shlex.split(line.removeprefix("uv run "), comments=True)
        if words[:1] == ["syncd"]:
            yield words[1:]


def inline_commands(text: str) -> Iterator[list[str]]:
    """The words after `syncd` of each command that stands in backticks, shell blocks aside."""
    for command in re.findall(r"`syncd ([^`]+)`", prose(text)):
        words = [
            word.split("|")
            for word in shlex.split(
                command.replace("…", "").replace("\\|", "|").replace("UPLOAD", "1").replace("COUNTER", "1")
            )
        ]
        yield from (list(choice) for choice in product(*words))


def parse(words: list[str]) -> None:
    """Have click read a command line, without running it; one that only names a command need name no more.

    Raises click's errors.
    """
    command: click.Command = commands
    rest = [*words[1:], "--help"] if words[:1] == ["help"] else list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(click.Context(command), rest[0])
        if found is None:
            raise click.UsageError(f"there is no command {rest[0]}")
        command = found
        del rest[0]
    if rest and rest not in (["--help"], ["--version"]):
        command.make_context("syncd", rest)


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command below a group, by its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield " ".join((*path, name))


def anchors(text: str) -> set[str]:
    """The names by which a page's headings can be linked to."""
    titles = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_command_shown_is_one(page: Path) -> None:
    """Each `syncd …` in blocks and in the text exists with these options and arguments."""
    text = page.read_text(encoding="utf-8")
    for words in [*shell_commands("\n".join(blocks(text, "sh"))), *inline_commands(text)]:
        parse(words)


def test_every_command_is_in_the_table() -> None:
    """The README's table has a line for each command, and none for another."""
    told = set()
    for command in re.findall(r"^\| `syncd ([^`]+)` \|", README, re.MULTILINE):
        *before, choices = [word for word in command.split() if not word.isupper()]
        told |= {" ".join((*before, choice)) for choice in choices.split("\\|")}
    assert told == set(leaves(commands))


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    """A link to a file finds it, and one to a heading finds the heading."""
    text = page.read_text(encoding="utf-8")
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, heading = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (heading and heading not in anchors(target.read_text(encoding="utf-8"))):
            broken.append(link)
    assert not broken


def test_every_page_is_linked_from_the_readme() -> None:
    """No page of docs/ is left for chance to find."""
    assert [
        page.name for page in PAGES if page.parent.name == "docs" and f"(docs/{page.name})" not in README
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_yaml_block_is_yaml(page: Path) -> None:
    """Examples to copy can be read."""
    for one in blocks(page.read_text(encoding="utf-8"), "yaml"):
        assert yaml.safe_load(one)


def test_the_example_configuration_is_the_products() -> None:
    """config.example.yaml loads, and holds what the product's interface shows."""
    path = ROOT / "config.example.yaml"
    assert yaml.safe_load(path.read_text(encoding="utf-8")) == EXAMPLE
    assert list(load(path, environ={"METRICA_TOKEN": TOKEN}).queries) == ["paid_orders"]


def test_the_changelog_has_this_version() -> None:
    """The newest section is `Unreleased`; the version is the one below, or is not released yet."""
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (\S+)", changes, re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert syncd.__version__ not in headings[2:]


def test_the_demo_looks_as_shown(cli: Cli) -> None:
    """The summary of the demo is what the README shows, but for the numbers."""
    printed = re.sub(r"\d+", "#", cli.run("demo", "--for", "4s", "--port", "0").stdout).splitlines()
    _, summary = re.sub(r"\d+", "#", block("", "rows delivered")).split("\n\n")
    # The other lines depend on how much happened meanwhile.
    assert set(summary.splitlines()[:2]) <= set(printed)


def test_the_first_sync_works_as_written(cli: Cli, postgres: Database, emulator: EmulatorServer) -> None:
    """The README's SQL, configuration and commands, in their order, do what the README says they do."""
    postgres.run(block("sql", "CREATE TABLE"))
    written = block("yaml", "queries:")
    own_url = postgres.url.replace("postgres@", "syncd:choose-one@")
    text = written.replace("postgresql://syncd:choose-one@localhost/shop", own_url).replace(
        API_URL, emulator.url
    )
    assert own_url in text
    assert emulator.url in text
    cli.configure(text)
    *once, daemon = shell_commands(block("sh", "METRICA_TOKEN"))
    assert daemon == ["run"]
    done = {" ".join(words): cli.run(*words) for words in once}

    assert {command: one.returncode for command, one in done.items()} == {
        "check": 0,
        "preview paid_orders": 3,
        "run --once": 3,
        "status": 0,
        "rejects list paid_orders": 0,
    }, {command: one.stderr for command, one in done.items()}
    shown = re.sub(r",\d{10},", ",…,", done["preview paid_orders"].stdout)
    promised = re.sub(r",\d{10},", ",…,", block("", "ClientId,Target").strip())
    for line in promised.splitlines():
        assert line in shown
    assert "id_not_digits" in done["rejects list paid_orders"].stdout
    assert sorted(one.id for one in emulator.conversions()) == ["1335912476409664581", "1684412902772531092"]

    postgres.run("UPDATE orders SET client_id = '1', updated_at = now() WHERE order_id = 1003")
    assert cli.run("run", "--once").returncode == 0
    assert cli.run("run", "--once").returncode == 0
    assert [conversion.times for conversion in emulator.conversions()] == [1, 1, 1]
    assert len(emulator.uploads()) == 2
