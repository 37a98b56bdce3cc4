"""How the pages look and behave in a real browser: on a phone, in the dark, by keyboard, over time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from syncd.model.settings import HttpSettings
from syncd.monitoring.telemetry import Metrics
from syncd.monitoring.web import HttpServer, create_app, page
from tests.support.browser import Browser
from tests.support.page_scene import NAMES, served
from tests.support.status import SITUATIONS
from tests.support.waiting import eventually

PAGES = (
    *("/", "/query/paid_orders", "/query/invoices_closed", "/query/no_such_query", "/nothing"),
    *("/docs/", "/docs/operations", "/docs/configuration", "/docs/errors"),
)

TOO_PALE = """
(() => {
  const parse = text => (text.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const light = rgb => rgb.slice(0, 3).map(v => v / 255)
    .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [.2126, .7152, .0722][at], 0);
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  return [...document.body.querySelectorAll('*')]
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) && !e.closest('svg'))
    .map(e => {
      const [front, back] = [light(parse(getComputedStyle(e).color)), light(ground(e))];
      return [(Math.max(front, back) + .05) / (Math.min(front, back) + .05), e.outerHTML.slice(0, 80)];
    })
    .filter(([contrast]) => contrast < 4.5);
})()
"""
WHERE = (
    "(() => { const e = document.activeElement; return [e.tagName, getComputedStyle(e).outlineStyle]; })()"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests here."""
    with Browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def company() -> Iterator[str]:
    """The address of a page that has everything on it."""
    with served() as url:
        yield url


@contextmanager
def _situation(name: str) -> Iterator[str]:
    server = HttpServer(HttpSettings(port=0), create_app(lambda: SITUATIONS[name], Metrics().render))
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


def _fits(browser: Browser, width: int) -> bool:
    return int(browser.run("document.documentElement.scrollWidth")) <= width


def _said(browser: Browser) -> list[str]:
    """The console's words, but for those on a 404 that was asked for."""
    return [line for line in browser.console() if "status of 404" not in line]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_it_is_readable_everywhere(browser: Browser, company: str, path: str, language: str) -> None:
    """Nothing in the console, no scrolling sideways down to 320 pixels, contrast AA in both schemes."""
    for scheme in ("light", "dark"):
        browser.prefer(scheme)
        for width in (320, 600, 1000, 1400):
            browser.screen(width)
            browser.open(f"{company}{path}?lang={language}")
            assert _fits(browser, width), (width, scheme)
        assert browser.run(TOO_PALE) == []
    assert _said(browser) == []


@pytest.mark.parametrize("situation", sorted(SITUATIONS))
def test_every_situation_fits_a_phone(browser: Browser, situation: str) -> None:
    """Long names, long errors and nothing at all."""
    browser.screen(320)
    with _situation(situation) as url:
        for path in ("/", *(f"/query/{query.name}" for query in SITUATIONS[situation].queries)):
            browser.open(f"{url}{path}?lang=ru")
            assert _fits(browser, 320), path
    assert _said(browser) == []


def test_two_hundred_queries_stay_usable(browser: Browser) -> None:
    """What is wrong is on the first screen; the page of 200 queries fits a phone too."""
    names = [*NAMES, *(f"{'query_' * 8}{number}" for number in range(192))]
    with served(names, days=2) as url:
        for width in (320, 1280):
            browser.screen(width)
            browser.open(f"{url}/?lang=en")
            assert _fits(browser, width)
            assert browser.run("document.querySelectorAll('.queries tbody tr').length") == 200
            first = "document.querySelector('.queries tbody tr .state').className"
            assert "bad" in browser.run(first)
            assert browser.run("document.querySelector('.attention').getBoundingClientRect().top") < 250
    assert _said(browser) == []


def test_screen_readers_get_everything(browser: Browser, company: str) -> None:
    """Plots have names, folded tables stay tables, landmarks and headings are there."""
    browser.screen(320)
    browser.open(f"{company}/?lang=en")
    nodes: list[dict[str, Any]] = browser.command("Accessibility.getFullAXTree")["nodes"]
    told = [(node.get("role", {}).get("value"), node.get("name", {}).get("value")) for node in nodes]
    roles = [role for role, _ in told]
    plots = [name for role, name in told if role in {"image", "img"}]
    assert len(plots) >= 13
    assert all(name.startswith("Last 24 hours") for name in plots)
    assert {"banner", "main", "contentinfo", "navigation", "heading", "table", "columnheader"} <= set(roles)
    assert roles.count("row") >= len(NAMES) + 20
    assert ("rowheader", "paid_orders") in told


def test_the_keyboard_reaches_every_link_and_shows_where_it_is(browser: Browser, company: str) -> None:
    """Tab goes through all links in their order, each with a visible outline."""
    browser.screen(1280)
    browser.open(f"{company}/query/paid_orders?lang=en")
    links = int(browser.run("document.querySelectorAll('a').length"))
    for _ in range(links):
        browser.press_tab()
        assert browser.run(WHERE) == ["A", "solid"]
    assert browser.run("document.activeElement === [...document.querySelectorAll('a')].at(-1)")


def test_refreshing_keeps_the_place(browser: Browser, company: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page loads anew by itself and stands where it was scrolled to."""
    monkeypatch.setattr(page, "REFRESH", 1)
    browser.screen(320)
    browser.open(f"{company}/?lang=en")
    began = browser.run("(scrollTo(0, 900), performance.timeOrigin)")
    eventually(lambda: browser.run("performance.timeOrigin") != began)
    eventually(lambda: browser.run("document.readyState === 'complete' && scrollY") == 900)
    monkeypatch.undo()
    browser.open("about:blank")
    assert _said(browser) == []
