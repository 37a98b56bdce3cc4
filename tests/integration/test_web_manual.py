"""The documentation beside the status page: every page comes, and every link of it leads somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

import pytest
import requests

from syncd.model.settings import HttpSettings
from syncd.monitoring.telemetry import Metrics
from syncd.monitoring.web import HttpServer, create_app
from tests.support.status import GOOD, report_of

DOCS = Path(__file__).parents[2] / "docs"


class Followed(HTMLParser):
    """The links and anchors of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.images = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what the tag brings."""
        found = dict(attrs)
        if tag == "a":
            self.links.append(found.get("href") or "")
        self.images += tag == "img"
        if found.get("id"):
            self.anchors.add(found["id"] or "")


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a page that is served."""
    report = report_of(GOOD)
    http = HttpServer(HttpSettings(port=0), create_app(lambda: report, Metrics().render))
    http.start()
    yield http.url
    http.stop()


def get(url: str, language: str = "en") -> requests.Response:
    """A page as a browser asks for it."""
    return requests.get(url, headers={"Accept-Language": language}, timeout=10)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_page_is_there_and_every_link_leads_somewhere(server: str, language: str) -> None:
    """From the list, page by page, with the anchors."""
    open_pages, pages = [f"{server}/docs/"], {}
    while open_pages:
        url = open_pages.pop()
        answer = get(url, language)
        assert answer.status_code == 200, url
        pages[url] = Followed(answer.text)
        assert not pages[url].images, "the page may load nothing"
        own = [urldefrag(urljoin(url, link)).url for link in pages[url].links]
        open_pages += {link for link in own if link.startswith(f"{server}/docs/")} - {*pages, *open_pages}
    for url, page in pages.items():
        for link in page.links:
            target, anchor = urldefrag(urljoin(url, link))
            assert not anchor or target not in pages or unquote(anchor) in pages[target].anchors, (
                f"{url}: {link}"
            )
    assert {file.stem for file in DOCS.glob("*.md")} <= {url.rpartition("/")[2] for url in pages}


def test_the_status_page_leads_there(server: str) -> None:
    """From the footer, behind a prefix too, since the link is relative."""
    assert "docs/" in Followed(get(server).text).links
    assert "../docs/" in Followed(get(f"{server}/docs/operations").text).links


@pytest.mark.parametrize(
    "name", ["nothing", "../README", "ru/", "operations.md", "%2e%2e/README", "status-page.png"]
)
def test_no_other_file_is_given(server: str, name: str) -> None:
    """Only pages that the documentation has."""
    assert get(f"{server}/docs/{name}").status_code == 404
