"""The status page: HTML without scripts or anything to load, in one language, for one address."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib.resources import files
from urllib.parse import quote

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from syncd.language import LANGUAGES, N_, catalogue
from syncd.model import UploadState
from syncd.monitoring.status import QueryState, QueryStatus, Severity, StatusReport, Wording
from syncd.monitoring.status.history import HOUR, HOURS, QueryPast, Series, first_of, series, together
from syncd.monitoring.web.address import Address
from syncd.monitoring.web.attention import attention, worst_first
from syncd.monitoring.web.cached import Unknown
from syncd.monitoring.web.manual import ManualPage, render
from syncd.monitoring.web.style import STYLE
from syncd.monitoring.web.words import Words

REFRESH = 30
"""Seconds between two looks of an open page."""
MOST_ITEMS = 12
"""Things that need a person, told in full; the queries of the others stand first in the list below them."""

_TONES = {
    QueryState.OK: "good",
    QueryState.RUNNING: "good",
    QueryState.FAILING: "bad",
    QueryState.HALTED: "bad",
    QueryState.LATE: "bad",
    QueryState.PAUSED: "note",
    QueryState.REJECTING: "bad",
    QueryState.WAITING: "bad",
    QueryState.NEVER_RUN: "note",
    QueryState.DISABLED: "off",
    QueryState.UNKNOWN: "off",
}
_UPLOAD_TONES = {
    UploadState.PLANNED: "note",
    UploadState.SENDING: "note",
    UploadState.ACCEPTED: "good",
    UploadState.PROCESSED: "good",
    UploadState.UNLINKED: "note",
    UploadState.SPLIT: "note",
    UploadState.REFUSED: "warning",
}
_ICON_COLOURS = {
    "good": "#2e7d4f",
    "bad": "#c2410c",
    "warning": "#c2410c",
    "note": "#6b7280",
    "off": "#6b7280",
}


class PageRenderer:
    """Renders each kind of page."""

    def __init__(self, language: str, address: Address) -> None:
        self.language = language
        self._address = address
        self._wording = Wording(language)

    def overview(self, report: StatusReport, recent: Mapping[str, Series] | None) -> str:
        """All queries; `recent` is None when the last hours cannot be told."""
        tone, headline, counts = _headline(report)
        nothing = series((), report.now, HOUR, HOURS)
        plotted = {query.name: (recent or {}).get(query.name, nothing) for query in report.queries}
        # A look at the past may be an hour's turn younger than the report: only what fits is added up.
        begins = first_of(report.now, HOUR, HOURS)
        fitting = [one for one in plotted.values() if one[0].at == begins]
        return self._render(
            "overview.html.j2",
            tone=tone,
            zone=report.zone,
            headline=self._wording.text(headline).format(**counts),
            report=report,
            notices=[self._wording.say(notice) for notice in report.notices],
            items=attention(report.queries),
            most_items=MOST_ITEMS,
            trouble=[self._wording.say(reason) for reason in report.reasons if "query" not in reason.values],
            queries=worst_first(report.queries),
            plotted=plotted if recent is not None else None,
            total=together(fitting or [nothing]),
            rejected=_rejected(report.queries),
            uploads=report.recent_uploads,
        )

    def query(self, query: QueryStatus, report: StatusReport, past: QueryPast | None) -> str:
        """One query; `past` is None when it cannot be told."""
        severities = {finding.severity for finding in query.findings}
        tone = "bad" if Severity.BAD in severities else "warning" if Severity.WARNING in severities else None
        return self._render(
            "query.html.j2",
            tone=tone or _TONES[query.state],
            zone=query.facts.zone,
            headline=f"{query.name}: {self._wording.state(query.state)}",
            report=report,
            query=query,
            past=past,
            rejected=_rejected([query]),
            uploads=past.uploads if past else (),
        )

    def trouble(self, error: Unknown) -> str:
        """There is no report."""
        message = self._wording.text(error.message)
        return self._render(
            "message.html.j2",
            tone="bad",
            headline=self._wording.text(N_("Not known whether it is working")),
            report=None,
            lines=[
                message.format(**error.values) if error.values else message,
                self._wording.text(error.action),
            ],
            names=(),
        )

    def missing(self) -> str:
        """Nothing is at this address."""
        return self._render(
            "message.html.j2",
            tone="off",
            headline=self._wording.text(N_("No such page")),
            report=None,
            lines=[self._wording.text(N_("There is nothing at this address."))],
            names=(),
            refresh=None,
        )

    def no_such_query(self, name: str, report: StatusReport) -> str:
        """A query's page was asked for that the configuration does not have."""
        near = get_close_matches(name[:64], [query.name for query in report.queries], 3)
        return self._render(
            "message.html.j2",
            tone="off",
            headline=self._wording.text(N_("No such query")),
            report=report,
            lines=[self._wording.text(N_("The configuration has no query `{name}`.")).format(name=name[:64])],
            names=near,
            refresh=None,
        )

    def manual(self, page: ManualPage) -> str:
        """A page of the documentation."""
        return self._manual(page.title, [page], render(page, self._address, self.language))

    def all_manual(self, pages: Sequence[ManualPage]) -> str:
        """The list of the documentation's pages."""
        return self._manual(self._wording.text(N_("Documentation")), pages)

    def _manual(self, headline: str, pages: Sequence[ManualPage], html: str = "") -> str:
        return self._render(
            "manual.html.j2",
            tone="off",
            headline=headline,
            report=None,
            pages=pages,
            html=html,
            refresh=None,
        )

    def _render(self, template: str, *, tone: str, zone: str = "UTC", **values: object) -> str:
        return _ENVIRONMENT.get_template(template).render(
            language=self.language,
            gettext=catalogue(self.language).gettext,
            words=Words(self.language, zone),
            address=self._address,
            languages=LANGUAGES,
            style=Markup(STYLE),  # noqa: S704 - our own file, not input
            icon=_icon(tone),
            tones=_TONES,
            upload_tones=_UPLOAD_TONES,
            tone=tone,
            **{"refresh": REFRESH, **values},
        )


def _headline(report: StatusReport) -> tuple[str, str, Mapping[str, int]]:
    """The tone, the one sentence (is it working right now?) and the numbers in it."""
    enabled = [query for query in report.queries if query.facts.enabled]
    ill = sum(any(finding.severity is Severity.BAD for finding in query.findings) for query in enabled)
    looks = sum(any(finding.severity is Severity.WARNING for finding in query.findings) for query in enabled)
    if not report.state_ok:
        return "bad", N_("Not working: the state store does not answer"), {}
    if not enabled:
        return "note", N_("Nothing to do: no query is enabled"), {}
    if ill:
        words = N_("Not all is working. Queries in trouble: {ill} of {all}")
        return "bad", words, {"ill": ill, "all": len(enabled)}
    if not report.ready:
        return "note", N_("Starting: the first run is not finished yet"), {}
    if looks:
        return "warning", N_("Working. Queries with something to look at: {looks}"), {"looks": looks}
    return "good", N_("Everything is working"), {}


def _rejected(queries: Sequence[QueryStatus]) -> list[tuple[str, int, list[tuple[str, int]]]]:
    """Reasons with their rows, and the queries they are of; the most frequent first."""
    found: dict[str, list[tuple[str, int]]] = {}
    for query in queries:
        for reason, rows in query.rejected.items():
            found.setdefault(reason, []).append((query.name, rows))
    summed = [
        (reason, sum(rows for _, rows in of), sorted(of, key=lambda one: -one[1]))
        for reason, of in found.items()
    ]
    return sorted(summed, key=lambda one: -one[1])


def _icon(tone: str) -> str:
    circle = f'<circle cx="4" cy="4" r="4" fill="{_ICON_COLOURS[tone]}"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">{circle}</svg>'
    return "data:image/svg+xml," + quote(svg)


def _code(text: str) -> Markup:
    """Text with `what stands between backticks` as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped here


_ENVIRONMENT = Environment(
    loader=FunctionLoader(
        lambda name: files("syncd.monitoring.web").joinpath(name).read_text(encoding="utf-8")
    ),
    autoescape=True,
    extensions=["jinja2.ext.i18n"],
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_ENVIRONMENT.filters["code"] = _code
