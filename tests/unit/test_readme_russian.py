"""README in Russian says the same commands, configuration and figures as in English."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def blocks(name: str) -> list[str]:
    """The code blocks of a page, without what is told in comments."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found = re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [re.sub(r" +(#|--) .*", "", block) for block in found]


def test_what_is_typed_is_the_same() -> None:
    """Every block of the Russian page stands in the English one; all that a first sync needs is there."""
    english, russian = blocks("README.md"), blocks("README.ru.md")
    assert [block for block in russian if block not in english] == []
    missing = [block.split("\n")[0] for block in english if block not in russian]
    assert missing == ["521 paid  505 delivered in 5 uploads  10 rejected  2 waiting  48% linked"]


def test_the_figures_are_the_same() -> None:
    """Exit codes, links, ports and the promises: the same numbers in the same order."""
    english = (ROOT / "README.md").read_text(encoding="utf-8")
    russian = (ROOT / "README.ru.md").read_text(encoding="utf-8")
    for pattern in (r"^\| (\d) \|", r"^(\d\.) \*\*", r"https?://[\w./:-]+", r"\*\*(\d)\."):
        said = dict.fromkeys(re.findall(pattern, english, re.MULTILINE))
        told = dict.fromkeys(re.findall(pattern, russian, re.MULTILINE))
        assert list(told) == [one for one in said if one in told]
        assert told, pattern
    assert "21" in russian
