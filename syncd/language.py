"""The language in which people are told things: gettext, with a catalogue below syncd/locale for each.

A text for people stands in English where it is said, within `_()`; where it is said later, it is marked with
`N_()`. What is told in it has a name: `_("no query {name}").format(name=name)`. Scripts, logs and the state
store are told everything in English. `./dev words` brings the catalogues up to the code.
"""

from __future__ import annotations

import gettext as standard
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

DOMAIN = "syncd"
LOCALE = Path(__file__).with_name("locale")
ENGLISH = "en"
LANGUAGES: Mapping[str, str] = {ENGLISH: "English", "ru": "Русский"}
"""By code; English, which needs no catalogue, is what others get."""


@cache
def catalogue(code: str) -> standard.NullTranslations:
    """What translates into a language; read at the first use."""
    return standard.NullTranslations() if code == ENGLISH else standard.translation(DOMAIN, LOCALE, [code])


class _Process:
    """The language of this process: that of a command, English in the daemon."""

    code = ENGLISH
    words = catalogue(ENGLISH)


def speak(code: str) -> None:
    """Have this process tell people everything in a language from here on, click's own words too."""
    _Process.code, _Process.words = code, catalogue(code)
    if code == ENGLISH:
        standard.textdomain("messages")
    else:
        os.environ["LANGUAGE"] = code  # where gettext looks first, whom click asks
        standard.bindtextdomain(DOMAIN, LOCALE)
        standard.textdomain(DOMAIN)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Have this process speak a language for a time."""
    before = spoken()
    speak(code)
    try:
        yield
    finally:
        speak(before)


def spoken() -> str:
    """The language of this process."""
    return _Process.code


def wanted(arguments: Sequence[str], environ: Mapping[str, str]) -> str:
    """The language of a command line: that of `--lang`, else that of the environment; of `--json` English."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if "--json" in options:
        return ENGLISH
    asked = ""
    for option, following in zip(options, [*options[1:], ""], strict=False):
        name, _, value = option.partition("=")
        asked = value or following if name == "--lang" else asked
    return asked if asked in LANGUAGES else _of_environment(environ)


def _of_environment(environ: Mapping[str, str]) -> str:
    """What gettext finds: LC_ALL, else LC_MESSAGES, else LANG; where that is no C, LANGUAGE comes first."""
    locale = next(filter(None, map(environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "C")
    if _short(locale) in {"C", "POSIX"}:
        return ENGLISH
    named = [_short(one) for one in [*environ.get("LANGUAGE", "").split(":"), locale]]
    return next((one for one in named if one in LANGUAGES), ENGLISH)


def _short(locale: str) -> str:
    """The language of a locale, as `ru` of `ru_RU.UTF-8`."""
    return locale.partition(".")[0].partition("_")[0]


def gettext(message: str) -> str:
    """A text in the language of this process. The empty one is not looked up: there gettext has a header."""
    return _Process.words.gettext(message) if message else ""


def pgettext(context: str, message: str) -> str:
    """A word that means one thing here and another elsewhere: `context` says where."""
    return _Process.words.pgettext(context, message)


def ngettext(one: str, many: str, number: int) -> str:
    """A text about a number of things, in the form that the language has for it."""
    return _Process.words.ngettext(one, many, number)


def number(value: int) -> str:
    """1234567 as 1,234,567 or the language's like."""
    return f"{value:,}".replace(",", pgettext("between thousands", ","))


def counted(count: int, one: str, many: str) -> str:
    """`1 row`, `2 rows`: texts with the number's place in them."""
    return ngettext(one, many, count).format(count=number(count))


def marked(message: str) -> str:
    """The text itself: it stands where it is not said yet, for those who translate."""
    return message


def marked_for(context: str, message: str) -> str:  # noqa: ARG001 — is for those who translate
    """A word with its context, likewise; `pgettext` says it."""
    return message


_ = gettext
N_ = marked
NP_ = marked_for
