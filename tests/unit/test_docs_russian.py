"""Pages in Russian say the same commands, configuration, keys and figures as the English ones.

`SYNCD_WRITE_DOCS=1 pytest tests/unit/test_docs_russian.py` copies what commands print from the English pages.
"""
# ruff: noqa: RUF001 - the letters that look like Latin ones are Russian

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LANGUAGE_LINE = re.compile(r"^\*(?:По-русски|In English): \[.*\n", re.MULTILINE)


@dataclass(frozen=True)
class Pair:
    """A page in Russian, and what it tells in English: a page, or one section of it."""

    russian: str
    english: str
    section: str = ""
    also: tuple[str, ...] = ()
    """Pages from which it may tell more than its counterpart does."""

    @property
    def told(self) -> str:
        """The Russian text."""
        return read(self.russian)

    @property
    def said(self) -> str:
        """The English text."""
        text = read(self.english)
        return text.split(f"\n## {self.section}\n")[1].split("\n## ")[0] if self.section else text

    @property
    def more(self) -> str:
        """All that the Russian page may tell."""
        return "\n".join([self.said, *(read(page) for page in self.also)])


PAIRS = (
    Pair("README.ru.md", "README.md"),
    Pair(
        "docs/ru/first-sync.md",
        "README.md",
        section="A first real sync in five minutes",
        also=("README.md", "docs/operations.md", "docs/configuration.md"),
    ),
    Pair("docs/ru/configuration.md", "docs/configuration.md"),
    Pair("docs/ru/operations.md", "docs/operations.md"),
    Pair("docs/ru/refunds.md", "docs/refunds.md"),
)
WHOLE = [pair for pair in PAIRS if not pair.section]
TRANSLATED = {pair.english: pair.russian for pair in WHOLE}
UNITS = {
    "second": r"s|seconds?|с|секунд\w*",
    "minute": r"min|minutes?|мин|минут\w*",
    "hour": r"h|hours?|ч|час(?:а|ов|ам|ах)?",
    "day": r"d|days?|д|дн\w+|день|сут\w+",
    "week": r"weeks?|недел\w+",
    "year": r"years?|год\w*|лет",
    "row": r"rows?|строк\w*",
    "digit": r"digits?|цифр\w*",
    "character": r"characters?|символ\w*",
    "percent": r"%",
    "megabyte": r"MB|МБ",
    "gigabyte": r"GB|ГБ",
}
TIMES = ("second", "minute", "hour", "day", "week", "year")
WORDS = {
    2: r"two|дв[ае]|двух|двое|двумя",
    3: r"three|три|тр[её]х|трое|тремя",
    4: r"four|четыр\w+",
    5: r"five|пят[ьи]",
    10: r"ten|десят[ьи]",
    21: r"двадцат\w+ одн\w+",
    100: r"hundred|сто|ста",
}
SYNONYMS = {r"\bметк": "отметка (mark) or тег (tag)", r"загрузк": "выгрузка", r"\bалерт": "оповещение"}
"""Words that the status page has another one for."""


def read(name: str) -> str:
    """The text of a page without the line that leads to the other language."""
    return LANGUAGE_LINE.sub("", (ROOT / name).read_text(encoding="utf-8"))


def blocks(text: str) -> list[str]:
    """The code blocks, without what is told in comments."""
    return [f"{kind}\n" + re.sub(r" +(#|--) .*", "", block) for kind, block in FENCED.findall(text)]


def prose(text: str) -> str:
    """A page without its code blocks."""
    return FENCED.sub("", text)


def pieces(text: str) -> list[str]:
    """The headings, paragraphs, items of lists and cells of tables, in their order."""
    begins = re.compile(r"\n(?=#|\||\*[^\s*]| *[-*] |\d+\. )")
    found = []
    for paragraph in re.split(r"\n\s*\n", FENCED.sub("\n\n", text)):
        for piece in filter(str.strip, begins.split(paragraph)):
            found += re.split(r"(?<!\\)\|", piece)[1:-1] if piece.startswith("|") else [piece]
    return found


def codes(text: str) -> set[str]:
    """What stands in backticks: keys, commands, states, values."""
    return {" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose(text))}


def words(text: str) -> str:
    """What is said in words: no code, and of a link only its text."""
    return re.sub(r"\]\([^)]+\)|<https?:[^>]+>", "]", re.sub(r"`[^`]+`", "`", prose(text)))


def plain(number: str) -> str:
    """A number in one way of writing: 5,000 and 5 000 are 5000, and 1,1 is 1.1."""
    number = re.sub(r"[ ,\N{NO-BREAK SPACE}](?=\d{3}(?!\d))", "", number)
    return number.replace(",", ".")


def figures(text: str) -> set[str]:
    """Every number that is written in digits."""
    found = re.findall(r"\d{1,3}(?:[,\N{NO-BREAK SPACE}]\d{3})+(?!\d)|\d+(?:[.,]\d+)*", words(text))
    return {plain(number) for number in found}


def measures(text: str) -> set[tuple[str, str]]:
    """Every number with its unit; of times also those that are written out."""
    found = set()
    for unit, spelt in UNITS.items():
        behind = rf"[\s\N{{NO-BREAK SPACE}}-]?(?:{spelt})(?!\w)"
        number = rf"(\d{{1,3}}(?:[,\N{{NO-BREAK SPACE}}]\d{{3}})+|\d+(?:[.,]\d+)*){behind}"
        found |= {(plain(one), unit) for one in re.findall(number, words(text))}
        for value, word in WORDS.items():
            if unit in TIMES and re.search(rf"\b(?:{word}){behind}", words(text), re.IGNORECASE):
                found.add((str(value), unit))
    return {(number, unit) for number, unit in found if unit != "year" or len(number) < len("2000")}


def shape(text: str) -> list[str]:
    """The headings, rows of tables, items of lists and named parts, in their order."""
    lines = []
    for line in prose(text).splitlines():
        if heading := re.match(r"(#+) (Syncd\w+)?", line):
            lines.append(" ".join(part or "" for part in heading.groups()))
        elif line.startswith("|"):
            first, *others = (cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1])
            lines.append(f"row of {len(others)}, {first if first.startswith('`') else ''}")
        elif item := re.match(r" *(?:[-*] |(\d+)\. )", line):
            lines.append(f"item {item.group(1) or ''}")
        elif re.match(r"\*[^\s*]", line):
            lines.append("named part")
    return lines


def targets(name: str, text: str) -> set[str]:
    """Where the links lead: addresses as they are, pages by their English name."""
    english = {pair.russian: pair.english for pair in PAIRS}
    found = set()
    for link in re.findall(r"\]\(([^)\s]+)\)|<(https?:[^>]+)>", text):
        target = next(filter(None, link))
        if re.match(r"[a-z]+:", target):
            found.add(target)
        elif path := target.partition("#")[0]:
            there = os.path.relpath((ROOT / name).parent / path, ROOT)
            found.add(english.get(there, there))
    return found


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.russian)
class TestPair:
    """Each page in Russian beside its English one."""

    def test_what_is_typed_and_printed_is_the_same(self, pair: Pair) -> None:
        """The same commands, files and answers, comments aside, in the same order."""
        if os.environ.get("SYNCD_WRITE_DOCS"):
            copy_transcripts(pair)
        said, told = blocks(pair.said), blocks(pair.told)
        if pair.also:
            assert [block for block in told if block not in blocks(pair.more)] == []
            told = [block for block in told if block in said]
        assert told == said

    def test_keys_and_words_of_the_program_are_the_same(self, pair: Pair) -> None:
        """Nothing that stands in backticks is missing, and none is of another page."""
        assert codes(pair.said) - codes(pair.told) == set()
        assert codes(pair.told) - codes(pair.more) == set()

    def test_each_piece_says_the_same(self, pair: Pair) -> None:
        """Keys and figures stand in the same paragraph, item or cell: a default is not another key's."""
        if pair.section:
            return
        assert [
            (said, told, codes(said) ^ codes(told), figures(said) ^ figures(told))
            for said, told in zip_longest(pieces(pair.said), pieces(pair.told), fillvalue="")
            if codes(said) != codes(told) or figures(said) != figures(told)
        ] == []

    def test_figures_are_the_same(self, pair: Pair) -> None:
        """The numbers, and what they count."""
        assert figures(pair.said) - figures(pair.told) == set()
        assert figures(pair.told) - figures(pair.more) == set()
        assert measures(pair.said) - measures(pair.told) == set()
        assert measures(pair.told) - measures(pair.more) == set()

    def test_its_parts_are_the_same(self, pair: Pair) -> None:
        """As many sections, alerts, rows of tables with their keys, and items of lists, in one order."""
        if pair.section:
            steps = r"^(?:\*\*|## )(\d)\. "
            assert re.findall(steps, pair.told, re.MULTILINE) == re.findall(steps, pair.said, re.MULTILINE)
            return
        both = list(zip_longest(shape(pair.said), shape(pair.told)))
        assert [parts for parts in both if parts[0] != parts[1]][:3] == []

    def test_its_links_lead_to_the_same_places(self, pair: Pair) -> None:
        """The same addresses and pages; to the Russian page where there is one."""
        itself = {pair.english}
        said = targets(pair.english, pair.said) - itself
        told = targets(pair.russian, pair.told) - itself
        if pair.also:
            told &= said
        assert told == said
        folder = (ROOT / pair.russian).parent
        links = re.findall(r"\]\(([\w./-]+)[^)]*\)", pair.told)
        assert [link for link in links if os.path.relpath(folder / link, ROOT) in TRANSLATED] == []

    def test_each_page_leads_to_the_other(self, pair: Pair) -> None:
        """The first lines link to the page in the other language."""
        there = os.path.relpath(ROOT / pair.russian, (ROOT / pair.english).parent)
        back = os.path.relpath(ROOT / pair.english, (ROOT / pair.russian).parent)
        assert f"]({there})" in (ROOT / pair.english).read_text(encoding="utf-8")
        beginning = (ROOT / pair.russian).read_text(encoding="utf-8")[:400]
        assert re.search(rf"^\*In English: \[.*\]\({re.escape(back)}[)#]", beginning, re.MULTILINE)

    def test_one_thing_has_one_word(self, pair: Pair) -> None:
        """The page speaks as the status page does."""
        text = prose(pair.told).lower()
        assert {wanted for other, wanted in SYNONYMS.items() if re.search(other, text)} == set()


def test_every_russian_page_has_a_pair() -> None:
    """No page of docs/ru is left to grow stale, and README.ru.md leads to each."""
    pages = {f"docs/ru/{page.name}" for page in (ROOT / "docs" / "ru").glob("*.md")}
    assert pages == {pair.russian for pair in PAIRS} - {"README.ru.md"}
    readme = (ROOT / "README.ru.md").read_text(encoding="utf-8")
    assert [page for page in sorted(pages) if f"]({page})" not in readme] == []


def copy_transcripts(pair: Pair) -> None:
    """Put what commands print, as the English page has it, into the Russian one."""
    console = re.compile(r"^```console\n.*?^```$", re.MULTILINE | re.DOTALL)
    fresh = iter(console.findall(pair.said))
    path = ROOT / pair.russian
    text = path.read_text(encoding="utf-8")
    path.write_text(console.sub(lambda old: next(fresh, old.group()), text), encoding="utf-8")
