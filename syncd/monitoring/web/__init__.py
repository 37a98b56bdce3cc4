"""What syncd serves over HTTP: health, metrics and the status page. All of it only reads.

The daemon's home of starlette, uvicorn and jinja2.
"""

from __future__ import annotations

from syncd.monitoring.web.app import create_app
from syncd.monitoring.web.server import HttpServer

__all__ = ["HttpServer", "create_app"]
