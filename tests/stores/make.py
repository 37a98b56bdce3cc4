"""Writes the store of an older version as SQL text: `python -m tests.stores.make OLD_TREE STATE_URL`.

OLD_TREE is a checkout of that version (`git worktree add --detach OLD_TREE COMMIT`), whose own syncd runs
against today's emulator; STATE_URL an SQLite file that is not there yet or an empty PostgreSQL database. The
dump goes to standard output, with the word YESTERDAY for its day. The stores of schema 0001 are by the
version of commit fe99d5b, those of 0002 by 3ab92dd, those of 0007 by 21d263e.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from syncd.emulator.server import EmulatorServer
from syncd.emulator.settings import EmulatorSettings
from tests.stores import scene


def main(tree: Path, url: str) -> str:
    """Have the old syncd deliver, reject, keep waiting and be killed; its store as SQL."""
    with (
        tempfile.TemporaryDirectory() as name,
        EmulatorServer(EmulatorSettings(ripen_after=0.0)) as emulator,
    ):
        folder = Path(name)
        source, config = folder / "source.db", folder / "config.yaml"
        scene.fill(source)
        text = json.dumps(scene.configuration(source, emulator.url, {"url": url}))
        config.write_text(text, encoding="utf-8")
        environ = {
            **os.environ,
            "PYTHONPATH": str(tree),
            "METRICA_TOKEN": "token",
            "SYNCD_CONFIG": str(config),
        }
        command = [sys.executable, "-P", "-m", "syncd", "run", "--once"]
        first = subprocess.run(command, cwd=tree, env=environ, check=False, stdout=sys.stderr)
        scene.add(source, *scene.OPEN)
        killed = {**environ, "SYNCD_CRASH_AT": "intent"}
        second = subprocess.run(command, cwd=tree, env=killed, check=False, stdout=sys.stderr)
        if (first.returncode, second.returncode) != (3, -signal.SIGKILL):
            raise SystemExit(f"the old syncd ended otherwise than expected: {first}, {second}")
    today = datetime.now(UTC).date().isoformat()
    return dumped(url).replace(today, "YESTERDAY").replace(socket.gethostname(), "old-host")


def dumped(url: str) -> str:
    """The whole store as SQL text."""
    parts = make_url(url)
    if parts.drivername.startswith("sqlite"):
        with closing(sqlite3.connect(str(parts.database))) as connection:
            return "\n".join(connection.iterdump()) + "\n"
    where = [f"--host={parts.query['host']}", f"--username={parts.username}", f"--dbname={parts.database}"]
    done = subprocess.run(
        ["pg_dump", "--inserts", "--no-owner", "--schema=syncd", *where],
        check=True,
        capture_output=True,
        text=True,
    )
    # What only psql understands, and what says nothing, is left out.
    lines = [line for line in done.stdout.splitlines() if line and not line.startswith(("\\", "--"))]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(main(Path(sys.argv[1]), sys.argv[2]))
