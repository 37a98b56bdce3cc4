"""The status page: one HTML file without scripts or anything to load."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.resources import files
from urllib.parse import quote

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from syncd.model import UploadState
from syncd.status import QueryState, Severity, StatusReport
from syncd.web.languages import LANGUAGES
from syncd.web.texts import Texts

_STYLE = files("syncd.web").joinpath("style.css").read_text(encoding="utf-8")
STYLE_HASH = "sha256-" + b64encode(sha256(_STYLE.encode()).digest()).decode()
"""What the Content-Security-Policy calls the page's one style sheet."""

_ENVIRONMENT = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)

_TONES = {
    QueryState.OK: "good",
    QueryState.RUNNING: "good",
    QueryState.FAILING: "bad",
    QueryState.HALTED: "bad",
    QueryState.LATE: "bad",
    QueryState.NEVER_RUN: "note",
    QueryState.DISABLED: "off",
    QueryState.UNKNOWN: "off",
}
_UPLOAD_TONES = {
    UploadState.PLANNED: "note",
    UploadState.SENDING: "note",
    UploadState.ACCEPTED: "good",
    UploadState.PROCESSED: "good",
    UploadState.UNLINKED: "warning",
    UploadState.SPLIT: "warning",
    UploadState.REFUSED: "warning",
}
_ICON_COLOURS = {
    "good": "#1f9d55",
    "bad": "#d93025",
    "warning": "#e69500",
    "note": "#4285f4",
    "off": "#888888",
}


def render_page(report: StatusReport, texts: Texts) -> str:
    """The page for a report."""
    tone, headline = _headline(report, texts)
    attention = [
        *report.notices,
        *(
            finding
            for severity in (Severity.BAD, Severity.WARNING)
            for query in report.queries
            for finding in query.findings
            if finding.severity is severity
        ),
    ]
    trouble = [texts.wording.say(reason) for reason in report.reasons if "query" not in reason.values]
    wording = texts.wording

    def since(at: datetime) -> str:
        return wording.duration(report.now - at)

    return _render(
        texts,
        tone=tone,
        headline=headline,
        report=report,
        attention=attention,
        trouble=trouble,
        since=since,
        span=lambda seconds: wording.duration(timedelta(seconds=seconds)),
        number=lambda value: "-" if value is None else wording.number(value),
        percent=lambda rate: f"{rate:.1%}".replace(".", texts.decimal),
        clock=lambda at: at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
    )


def render_trouble(message: str, action: str, texts: Texts) -> str:
    """The page for when there is no report: `message` says why, `action` what to do."""
    return _render(
        texts,
        tone="bad",
        headline=texts.headlines["unknown"],
        report=None,
        attention=[],
        trouble=[message, action],
    )


def _code(text: str) -> Markup:
    """Text with `what stands between backticks` as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped here


_ENVIRONMENT.filters["code"] = _code
_PAGE = _ENVIRONMENT.from_string(files("syncd.web").joinpath("page.html.j2").read_text(encoding="utf-8"))


def _render(texts: Texts, *, tone: str, **values: object) -> str:
    return _PAGE.render(
        t=texts,
        languages=[other for other in LANGUAGES.values() if other is not texts],
        style=Markup(_STYLE),  # noqa: S704 - our own file, not input
        icon=_icon(tone),
        tones=_TONES,
        upload_tones=_UPLOAD_TONES,
        tone=tone,
        **values,
    )


def _headline(report: StatusReport, texts: Texts) -> tuple[str, str]:
    """The tone and the one sentence: is it working right now?"""
    enabled = [query for query in report.queries if query.enabled]
    ill = sum(any(finding.severity is Severity.BAD for finding in query.findings) for query in enabled)
    looks = sum(any(finding.severity is Severity.WARNING for finding in query.findings) for query in enabled)
    words: Mapping[str, str] = texts.headlines
    if not report.state_ok:
        return "bad", words["state_down"]
    if not enabled:
        return "note", words["idle"]
    if ill:
        return "bad", words["ill"].format(ill=ill, all=len(enabled))
    if not report.ready:
        return "note", words["starting"]
    if looks:
        return "warning", words["looks"].format(looks=looks)
    return "good", words["good"]


def _icon(tone: str) -> str:
    colour = _ICON_COLOURS[tone]
    circle = f'<circle cx="4" cy="4" r="4" fill="{colour}"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">{circle}</svg>'
    return "data:image/svg+xml," + quote(svg)
