"""The pages for people: what they show, where they lead, and what many viewers cost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import pytest
import requests

from syncd.language import LANGUAGES
from syncd.model import Reason
from syncd.model.errors import StateUnavailable
from syncd.model.remedies import REMEDIES
from syncd.model.settings import HttpSettings
from syncd.monitoring.status import FailureFacts, QueryFacts, StatusReport
from syncd.monitoring.status.history import DAY, DAYS, HOUR, HOURS, QueryPast, Series, Stretch, series
from syncd.monitoring.telemetry import Metrics
from syncd.monitoring.web import HttpServer, create_app
from syncd.monitoring.web.page import MOST_ITEMS
from syncd.monitoring.web.reasons import REASONS
from syncd.monitoring.web.words import Words
from tests.support.status import GOOD, HOSTILE, NOW, SITUATIONS, UPLOADS, report_of

SITUATION = pytest.mark.parametrize("situation", sorted(SITUATIONS))
LANGUAGE = pytest.mark.parametrize("language", sorted(LANGUAGES))
VOID = {"meta", "link", "br", "img"}

Serve = Callable[..., str]


class FakePast:
    """A past that counts how often it is asked, and may fail."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked: list[str] = []
        self._error = error

    def recent(self) -> dict[str, Series]:
        """An hour of one query."""
        self._count("recent")
        return {"paid_orders": series([Stretch(NOW, 1234, 1000, 500)], NOW, HOUR, HOURS)}

    def of(self, query: str) -> QueryPast:
        """A day of any query."""
        self._count(query)
        found = [Stretch(NOW - HOUR, 4321, 1000, 250)]
        return QueryPast(series(found, NOW, HOUR, HOURS), series(found, NOW, DAY, DAYS), UPLOADS)

    def _count(self, what: str) -> None:
        self.asked.append(what)
        if self._error:
            raise self._error


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve a report with a past on a free port."""
    servers: list[HttpServer] = []

    def start(
        report: StatusReport | Callable[[], StatusReport], past: FakePast | None = None, limit: float = 5
    ) -> str:
        look = report if callable(report) else lambda: report
        app = create_app(look, Metrics().render, past=past or FakePast(), limit=limit)
        server = HttpServer(HttpSettings(port=0), app)
        server.start()
        servers.append(server)
        return server.url

    yield start
    for server in servers:
        server.stop()


def _get(url: str) -> requests.Response:
    return requests.get(url, timeout=20)


class _Html(HTMLParser):
    """What a page is made of; whatever opens has to close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.plots: list[str] = []
        self.ids: list[str] = []
        self.labels: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = {name: value or "" for name, value in attrs}
        if "href" in values:
            self.links.append(values["href"])
        self.ids += [values["id"]] if "id" in values else []
        self.labels += [values["aria-labelledby"]] if "aria-labelledby" in values else []
        assert not any(name.startswith("on") or name in {"style", "src"} for name, _ in attrs)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-2:] == ["svg", "title"]:
            self.plots.append(data)


def _named(name: str, **other: Any) -> QueryFacts:
    return replace(GOOD, name=name, waits_for="", waiting=0, **other)


def _failure(message: str) -> FailureFacts:
    return FailureFacts("source.unavailable", message, "See `syncd preview NAME`.")


def _whole(text: str) -> _Html:
    """A page that is well formed, loads and runs nothing, and escapes what it shows."""
    page = _Html(text)
    assert not {"script", "img", "iframe", "form"} & set(page.tags)
    assert page.tags.count("h1") == page.tags.count("main") == 1
    assert len(page.ids) == len(set(page.ids))
    assert set(page.labels) <= set(page.ids)
    assert page.tags.count("svg") == len(page.plots)
    assert all(page.plots)
    assert HOSTILE not in text
    return page


@SITUATION
@LANGUAGE
def test_the_pages_show_every_situation(serve: Serve, situation: str, language: str) -> None:
    """Every query is named with its state in words, on the page of all and on its own; no link is broken."""
    report, words = SITUATIONS[situation], Words(language)
    url = serve(report)
    answer = _get(f"{url}/?lang={language}")
    assert answer.status_code == 200
    assert answer.headers["content-language"] == language
    page = _whole(answer.text)
    for query in report.queries:
        assert query.name in answer.text
        one = _get(f"{url}/query/{query.name}?lang={language}")
        assert one.status_code == 200
        assert words.state(query.state) in one.text
        page.links += _whole(one.text).links
    for link in {link for link in page.links if not link.startswith(("data:image/svg+xml,", "#"))}:
        assert "://" not in link
        base = f"{url}/" if not link.startswith("../") else f"{url}/query/x"
        assert _get(urljoin(base, link)).status_code == 200, link


def test_plots_are_told_in_words(serve: Serve) -> None:
    """Each plot says what it shows, and the query's page has the figures as tables."""
    url = serve(SITUATIONS["good"])
    told = _whole(_get(f"{url}/?lang=en").text).plots
    assert "Last 24 hours, rows delivered: 1,234 in all, at most 1,234 at 10:00 UTC" in told
    assert "Last 24 hours, match rate: 50.0% of the 1,000 rows that Metrica has processed" in told
    one = _get(f"{url}/query/paid_orders?lang=en").text
    assert "Last 30 days, rows delivered: 4,321 in all, at most 4,321 at 2026-01-31" in _whole(one).plots
    assert '<td class="num">4,321</td>' in one
    assert '<td class="num">25.0%</td>' in one


def test_what_is_wrong_comes_first(serve: Serve) -> None:
    """Trouble stands before everything else, and the queries in trouble before the others."""
    text = _get(f"{serve(SITUATIONS['bad'])}/?lang=en").text
    asks = text.index("To be seen to")
    assert text.index("<h1") < asks < text.index('id="lately"') < text.index('id="queries"')
    rows = text[text.index('id="queries"') :]
    assert rows.index("leads") < rows.index("paid_orders")


def test_two_hundred_queries_with_one_cause_are_told_once(serve: Serve) -> None:
    """A refused token is one thing to do, not 200; the same with warnings, whose rows are added up."""
    report = report_of(
        *(
            _named(
                f"q{number}",
                failures=1 + number,
                failure=_failure("the token is refused"),
                rejected={"no_id": 2},
            )
            for number in range(200)
        )
    )
    text = _get(f"{serve(report)}/?lang=en").text
    page = _whole(text)
    attention = text[text.index('id="attention"') : text.index('id="lately"')]
    assert attention.count("<li") == 1
    assert "and 194 more" in attention
    assert "Failed runs in a row: 200" in attention
    assert "Rows that cannot be sent as they are: 400" in attention
    assert "syncd rejects list NAME" in attention
    assert sum(link.startswith("query/q199") for link in page.links) >= 1
    assert len(text) < 600_000


def test_what_needs_a_person_is_bounded(serve: Serve) -> None:
    """A hundred different failures are told up to a number; the list below begins with the rest."""
    causes = [_named(f"q{number}", failures=1, failure=_failure(f"cause {number}")) for number in range(100)]
    text = _get(f"{serve(report_of(*causes))}/?lang=en").text
    assert text.count('class="urgent"') == MOST_ITEMS
    assert f"{100 - MOST_ITEMS} more stand first in the list below" in text


@LANGUAGE
def test_rejects_stand_with_what_to_do(serve: Serve, language: str) -> None:
    """Every reason there is has its words and its remedy, in every language."""
    words = Words(language)
    assert set(REMEDIES) == set(REASONS) == set(Reason)
    report = report_of(_named("leads", rejected={reason.value: 3 for reason in Reason}))
    text = _get(f"{serve(report)}/?lang={language}").text
    for reason in Reason:
        assert f"<code>{reason}</code>" in text
        assert words.reason(reason) in text
        assert words.remedy(reason) != REMEDIES[reason] or language == "en"
    assert text.count("<h3>") - text.count('class="calm"') == len(Reason)


def test_addresses_that_lead_nowhere(serve: Serve) -> None:
    """404 in the page's own style, with the nearest queries; what was asked for is escaped."""
    url = serve(SITUATIONS["good"])
    for path in ("/nothing", "/query/", "/a/b/c"):
        answer = _get(f"{url}{path}?lang=ru")
        assert answer.status_code == 404
        page = _whole(answer.text)
        assert "Такой страницы нет" in answer.text
        home = next(link for link in page.links if "lang=ru" in link)
        assert urljoin(url + path, home) == f"{url}/?lang=ru"
    near = _get(f"{url}/query/paid_order?lang=en")
    assert near.status_code == 404
    assert 'href="../query/paid_orders?lang=en"' in near.text
    assert HOSTILE not in _get(f"{url}/query/%3Cscript%3Ealert(1)%3C%2Fscript%3E").text
    assert requests.head(f"{url}/query/nothing", timeout=20).status_code == 404


def test_the_page_stands_still_when_asked_to(serve: Serve) -> None:
    """It refreshes itself without a script; `still` ends that, and stays while one walks on."""
    url = serve(SITUATIONS["good"])
    assert 'http-equiv="refresh"' in _get(f"{url}/").text
    still = _get(f"{url}/?lang=ru&still").text
    assert 'http-equiv="refresh"' not in still
    assert 'href="query/paid_orders?lang=ru&amp;still"' in still


def test_many_viewers_cost_one_look(serve: Serve) -> None:
    """Pages that are asked for within a few seconds share one report and one look at the past."""
    looks, past = [], FakePast()

    def look() -> StatusReport:
        looks.append(1)
        return SITUATIONS["good"]

    url = serve(look, past)
    with ThreadPoolExecutor(10) as pool:
        pages = list(pool.map(_get, [f"{url}/", f"{url}/query/paid_orders"] * 20))
    assert {page.status_code for page in pages} == {200}
    assert len(looks) == 1
    assert sorted(past.asked) == ["paid_orders", "recent"]
    assert _get(f"{url}/readyz").status_code == 200
    assert len(looks) == 2, "a probe wants to know how it is now"


@pytest.mark.parametrize("error", [StateUnavailable("away"), RuntimeError("secret detail"), None])
def test_without_a_past_the_page_still_says_how_it_is(serve: Serve, error: Exception | None) -> None:
    """A past that fails or hangs costs the plots and nothing else."""
    release = threading.Event()

    class Hanging(FakePast):
        """Answers when the test is over."""

        def _count(self, what: str) -> None:
            release.wait(60)
            super()._count(what)

    url = serve(SITUATIONS["good"], FakePast(error) if error else Hanging(), 1)
    try:
        for path in ("/", "/query/paid_orders"):
            answer = _get(f"{url}{path}?lang=en")
            assert answer.status_code == 200
            assert "cannot be told just now" in answer.text
            assert "secret detail" not in answer.text
            assert "1,234,001" in answer.text
    finally:
        release.set()


def test_the_past_is_not_asked_of_a_store_that_does_not_answer(serve: Serve) -> None:
    """One time limit is enough to wait."""
    past = FakePast()
    text = _get(f"{serve(SITUATIONS['state_down'], past)}/?lang=en").text
    assert "the state store does not answer" in text
    assert past.asked == []
    assert GOOD.name in text
