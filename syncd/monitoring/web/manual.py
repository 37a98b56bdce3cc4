"""The documentation as pages: what `docs/` has, for readers without a checkout, of the version that runs.

A page's name is its file's path without `.md`: `operations`, `decisions/0002-a-kind-is-a-file`. A page that
also stands below `ru/` is given in Russian to whoever reads Russian.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from posixpath import dirname, normpath
from typing import TYPE_CHECKING

from markupsafe import Markup

from syncd.monitoring.web.address import Address

if TYPE_CHECKING:  # loaded when somebody reads a page
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_PACKAGE = Path(__file__).parents[2]
_PLACES = (_PACKAGE / "manual", _PACKAGE.parent / "docs")
"""Where the files are in an installed package, and in a checkout."""
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ManualPage:
    """One page of the documentation."""

    name: str
    language: str
    title: str
    text: str
    """Markdown."""


def find_page(name: str, language: str) -> ManualPage | None:
    """Find a page in a language, else in English, else in Russian; None where there is none of that name."""
    pages = _pages()
    return pages.get(f"{language}/{name}") or pages.get(name) or pages.get(f"ru/{name}")


def list_pages(language: str) -> list[ManualPage]:
    """List all pages but the decisions, which others link to, each in a language or in English."""
    names = {name.removeprefix("ru/") for name in _pages() if not name.startswith("decisions/")}
    found = (find_page(name, language) for name in sorted(names))
    return [page for page in found if page and page.language in {language, "en"}]


def render(page: ManualPage, address: Address, language: str) -> Markup:
    """Render a page as HTML. Links to other pages hold; links to other files become their words."""
    markdown = _markdown()
    tokens = markdown.parse(page.text)
    slugs: dict[str, int] = {}
    for heading, inline in pairwise(tokens):
        if heading.type == "heading_open":
            heading.attrSet("id", _slug(inline.content, slugs))
    for token in tokens:
        token.attrs.pop(
            "style", None
        )  # how a table's column is aligned: the page takes no style but its sheet
        token.children = _followable(token.children or [], page, address, language)
    return Markup(markdown.renderer.render(tokens, markdown.options, {}))  # noqa: S704 — raw HTML is off


def _followable(tokens: list[Token], page: ManualPage, address: Address, language: str) -> list[Token]:
    """The tokens of a text without images, and with links that lead somewhere from this page."""
    kept: list[Token] = []
    leads: list[bool] = []
    for token in tokens:
        if token.type == "image":
            continue
        if token.type == "link_open":
            target = _target(str(token.attrGet("href") or ""), page, address, language)
            leads.append(target is not None)
            token.attrSet("href", target or "")
        if token.type == "link_open" and not leads[-1]:
            continue
        if token.type == "link_close" and not leads.pop():
            continue
        kept.append(token)
    return kept


def _target(link: str, page: ManualPage, address: Address, language: str) -> str | None:
    """Where a link of a page leads to, as seen from its address; None: to no page."""
    if link.startswith(("#", "https://", "http://")):
        return link
    path, _, anchor = link.partition("#")
    folder = "ru" if page.language == "ru" else dirname(page.name)
    name = normpath(f"{folder}/{path.removesuffix('.md')}" if folder else path.removesuffix(".md"))
    if not path.endswith(".md") or name not in _pages():
        return None
    # Anchors are a language's own: one of an English page leads a Russian reader to the English target.
    asked = page.language if anchor and page.language != language else ""
    return address.manual(name.removeprefix("ru/"), asked) + (f"#{anchor}" if anchor else "")


def _slug(heading: str, used: dict[str, int]) -> str:
    """The anchor of a heading, as GitHub makes it."""
    slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
    used[slug] = used.get(slug, -1) + 1
    return f"{slug}-{used[slug]}" if used[slug] else slug


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 — 2 MB that few daemons ever need

    return MarkdownIt("commonmark", {"html": False}).enable("table")


@cache
def _pages() -> dict[str, ManualPage]:
    """All pages by their name, the Russian ones below `ru/`."""
    root = next((place for place in _PLACES if place.is_dir()), None)
    pages: dict[str, ManualPage] = {}
    for file in sorted(root.rglob("*.md")) if root else ():
        name = file.relative_to(root).with_suffix("").as_posix() if root else ""
        text = _COMMENT.sub("", file.read_text(encoding="utf-8"))
        title = text.partition("\n")[0].lstrip("# ")
        language = "ru" if name.startswith("ru/") else "en"
        pages[name] = ManualPage(name.removeprefix("ru/"), language, title, text)
    return pages
