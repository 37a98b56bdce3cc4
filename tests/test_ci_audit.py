"""The audit of CI fails on a known vulnerability, and says plainly when nobody could be asked."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


@contextmanager
def osv(vulnerable: str) -> Iterator[str]:
    """The OSV service, by which every version of one package is vulnerable."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = asked["package"]["name"]
            body = json.dumps(advisory(name) if name == vulnerable else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1/query"
        finally:
            server.shutdown()
            thread.join()


def advisory(name: str) -> dict[str, Any]:
    """One in OSV's form."""
    events = [{"introduced": "0"}, {"fixed": "999"}]
    affected = {
        "package": {"name": name, "ecosystem": "PyPI"},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
    }
    return {"vulns": [{"id": "PYSEC-0000-1", "affected": [affected], "summary": "made up"}]}


def audit(url: str) -> tuple[int, str]:
    """Exit code and output of .ci/audit, which for this part needs no checkout of git."""
    done = subprocess.run(
        [ROOT / ".ci" / "audit", "dependencies"],
        env={**os.environ, "OSV_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_known_vulnerability_fails() -> None:
    """It is named with the version that mends it."""
    with osv("jinja2") as url:
        code, said = audit(url)
    assert code == 1, said
    assert "PYSEC-0000-1, mended in 999" in said
    assert "FAILED: a known vulnerability" in said


def test_none_passes() -> None:
    """Every dependency was looked up."""
    with osv("") as url:
        code, said = audit(url)
    assert code == 0, said
    assert ", 0 vulnerabilities" in said
    assert "NOT AUDITED" not in said
