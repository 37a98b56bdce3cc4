"""Metrica's management API: the one home of HTTP towards the outside."""

from __future__ import annotations

import warnings

from syncd.model.lean_imports import without

# Metrica answers in UTF-8, so requests needs nothing that guesses; without it, it warns.
with without("charset_normalizer", "chardet"), warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import requests  # noqa: F401 — loaded here first, so that it finds none of them
