"""The page's one style sheet, and what the Content-Security-Policy calls it."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

STYLE = files("syncd.monitoring.web").joinpath("style.css").read_text(encoding="utf-8")
STYLE_HASH = "sha256-" + b64encode(sha256(STYLE.encode()).digest()).decode()
"""Its digest: no other is applied."""
