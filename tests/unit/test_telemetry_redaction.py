"""Secrets stay out of every text."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.monitoring.telemetry.redaction import Redactor

SECRETS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=6, max_size=40)


@given(secret=SECRETS, before=st.text(max_size=20), after=st.text(max_size=20))
def test_a_registered_secret_never_stays(secret: str, before: str, after: str) -> None:
    """Wherever a registered secret of six or more characters stands, it is masked."""
    redactor = Redactor()
    redactor.register(secret)
    assert secret not in redactor.redact(f"{before}{secret}{after}").replace("***", "\0")


@given(secret=SECRETS)
def test_other_spellings_are_masked_too(secret: str) -> None:
    """A secret is masked as URLs, JSON and Python's repr spell it."""
    redactor = Redactor()
    redactor.register(secret)
    for spelling in (quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]):
        assert redactor.redact(f"<{spelling}>") == "<***>"


@given(secrets=st.lists(SECRETS, max_size=5), text=st.text(max_size=50))
def test_redacting_twice_changes_nothing(secrets: list[str], text: str) -> None:
    """What is redacted stays as it is."""
    redactor = Redactor()
    for secret in secrets:
        redactor.register(secret)
    once = redactor.redact(text)
    assert redactor.redact(once).replace("*", "") == once.replace("*", "")


def test_a_secret_that_begins_another_leaves_no_end() -> None:
    """Of two secrets, one the beginning of the other, the longer is masked whole."""
    redactor = Redactor()
    redactor.register("secret")
    redactor.register("secret-and-more")
    assert redactor.redact("x secret-and-more y secret z") == "x *** y *** z"


def test_a_short_secret_is_masked_where_it_stands_alone() -> None:
    """A password of two letters is masked as a word, and leaves other words alone."""
    redactor = Redactor()
    redactor.register("pg")
    assert redactor.redact("pg: pages, 'pg'") == "***: pages, '***'"


@pytest.mark.parametrize("nothing", ["", " ", "\n"])
def test_an_empty_secret_is_ignored(nothing: str) -> None:
    """An empty password masks nothing."""
    redactor = Redactor()
    redactor.register(nothing)
    assert redactor.redact("a b\nc") == "a b\nc"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Authorization: OAuth y0_AgAAAA-xyz", "Authorization: OAuth ***"),
        ("{'Authorization': 'OAuth abc', 'a': 1}", "{'Authorization': '***', 'a': 1}"),
        ("OAuth: y0_abc", "OAuth: ***"),
        ('{"access_token": "y0_abc", "a": "b"}', """{"access_token": '***', "a": "b"}"""),
        ("metrica.token: must be text", "metrica.token: must be text"),
        ("oauth%20abc&x=1", "oauth%20***"),
        ("postgresql+psycopg://syncd:p@ss@db:5432/crm", "postgresql+psycopg://syncd:***@db:5432/crm"),
        ("host=db password='a b' user=x", "host=db password=*** user=x"),
        ("?access_token=abc&limit=1", "?access_token=***&limit=1"),
        ("http://127.0.0.1:9188/metrics", "http://127.0.0.1:9188/metrics"),
        ("written to a@example.com", "written to a@example.com"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, clean: str) -> None:
    """Tokens and passwords nobody registered are masked by their surroundings."""
    assert Redactor().redact(text) == clean
