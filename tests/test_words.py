"""The catalogues say all that the code says: nothing missing, nothing guessed, nothing stale."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from syncd import language
from syncd.cli.main import SECTIONS, cli
from syncd.cli.translated import translate
from syncd.language import ENGLISH, LANGUAGES, LOCALE, catalogue, speaking, wanted
from tests.support.words import found

OTHERS = [code for code in LANGUAGES if code != ENGLISH]
CODE = pytest.mark.parametrize("code", OTHERS)
PLACE = re.compile(r"\{\w+(?:![rs])?(?::[^{}]*)?\}|%\(\w+\)s")
"""Where a value is put in."""


def path_of(code: str, kind: str) -> Path:
    """A catalogue's file."""
    return LOCALE / code / "LC_MESSAGES" / f"syncd.{kind}"


def read(code: str) -> Catalog:
    """A catalogue as translators have it."""
    with path_of(code, "po").open(encoding="utf-8") as file:
        return read_po(file)


def forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    """The one text, or one for each number."""
    return (text or "",) if isinstance(text, str | None) else tuple(text)


def around(text: str) -> tuple[str, str]:
    """The spaces and line ends that a text begins and ends with."""
    inner = text.strip(" \n")
    return text[: text.index(inner)], text[text.index(inner) + len(inner) :]


def messages(code: str) -> Iterator[Message]:
    """All but the header."""
    return (message for message in read(code) if message.id)


@CODE
def test_the_catalogue_is_up_to_date(code: str, tmp_path: Path) -> None:
    """It holds what the code and click say and no more; `./dev words` brings it there."""
    said = {(message.context, message.id) for message in found(tmp_path / "syncd.pot") if message.id}
    assert {(message.context, message.id) for message in messages(code)} == said


@CODE
def test_everything_is_translated(code: str) -> None:
    """No entry is empty or marked as a guess, and each has as many forms as the language has numbers."""
    numbers = read(code).num_plurals
    assert not read(code).fuzzy
    for message in messages(code):
        said = forms(message.string)
        assert all(said), message.id
        assert not message.fuzzy, message.id
        assert len(said) == (1 if isinstance(message.id, str) else numbers), message.id


@CODE
def test_each_translation_has_the_same_places_for_values(code: str) -> None:
    """What a text tells, it tells in every language; of a number one form may go without."""
    for message in messages(code):
        places = set(PLACE.findall(" ".join(forms(message.id))))
        for said in forms(message.string):
            assert set(PLACE.findall(said)) == places or (
                len(forms(message.id)) > 1 and set(PLACE.findall(said)) < places
            ), message.id
            assert around(said) == around(forms(message.id)[0]), message.id


@CODE
def test_what_runs_is_what_translators_wrote(code: str) -> None:
    """The compiled catalogue is the written one's."""
    compiled = io.BytesIO()
    write_mo(compiled, read(code))
    assert path_of(code, "mo").read_bytes() == compiled.getvalue()


def each_command(command: click.Command) -> Iterator[click.Command]:
    """A command and all below it."""
    yield command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from each_command(below)


@CODE
def test_all_help_is_translated(code: str) -> None:
    """Each command, option and section of the help is told in the language."""
    say = catalogue(code).gettext
    helps = [cleandoc(text) for one in each_command(cli) for text in (one.help, *option_helps(one)) if text]
    helps += [*SECTIONS, *(entry.does for section in SECTIONS.values() for entry in section.values())]
    assert [text for text in helps if say(text) == text] == []


def option_helps(command: click.Command) -> list[str | None]:
    """What is told of a command's options."""
    return [one.help for one in command.params if isinstance(one, click.Option)]


@CODE
def test_click_speaks_it_too(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Usage, options and wrong values are told in the language; English is back afterwards."""
    monkeypatch.setenv("LANGUAGE", "")  # put back at the end
    context = click.Context(translated_copy())
    with speaking(code):
        assert "Usage:" not in context.get_help()
        assert language.gettext("never") != "never"
    assert "Usage:" in context.get_help()
    assert language.gettext("never") == "never"


def translated_copy() -> click.Command:
    """A command of the test's own: that of the product is shared by all tests of this process."""
    command = click.Command("copy", help="Look at the file alone.")
    translate(command)
    return command


@pytest.mark.parametrize(
    ("arguments", "environ", "code"),
    [
        ([], {}, "en"),
        ([], {"LANG": "ru_RU.UTF-8"}, "ru"),
        ([], {"LANG": "ru"}, "ru"),
        ([], {"LANG": "de_DE.UTF-8"}, "en"),
        ([], {"LANG": "C.UTF-8", "LANGUAGE": "ru"}, "en"),
        ([], {"LANG": "en_US.UTF-8", "LANGUAGE": "de:ru:en"}, "ru"),
        ([], {"LANG": "ru_RU.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ([], {"LANG": "ru_RU.UTF-8", "LC_ALL": "C"}, "en"),
        ([], {"LANG": "ru_RU.UTF-8", "LC_ALL": ""}, "ru"),
        (["--lang", "ru", "status"], {"LANG": "en_US.UTF-8"}, "ru"),
        (["status", "--lang=ru"], {}, "ru"),
        (["--lang", "ru", "status", "--lang", "en"], {}, "en"),
        (["status", "--lang", "xx"], {"LANG": "ru_RU.UTF-8"}, "ru"),
        (["status", "--lang"], {}, "en"),
        (["status", "--lang", "ru", "--json"], {}, "en"),
        (["explain", "orders", "--", "--lang", "ru"], {}, "en"),
    ],
)
def test_which_language_a_command_speaks(arguments: list[str], environ: dict[str, str], code: str) -> None:
    """That of --lang, else that of the environment, else English; JSON is English."""
    assert wanted(arguments, environ) == code
