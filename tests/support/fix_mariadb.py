"""`mariadb`: a fresh database per test on a real mariadbd (the system's own, in a directory of its own)."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.servers import Database, dismiss, missing, reaper

_numbers = count(1)
START_SECONDS = 60


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[str]:
    """A real server for this test process: the path of its socket. The superuser is `root`, no password."""
    server = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
    installer = shutil.which("mariadb-install-db")
    if server is None or installer is None:
        missing("mariadbd")
    home = Path(tempfile.mkdtemp(prefix="syncd-my-"))
    user = getpass.getuser()
    data, path = home / "data", home / "s"
    # A server that starts removes the temporary tables of all others in the folder they share.
    environ = {**os.environ, "TMPDIR": str(home)}
    subprocess.run(
        [
            installer,
            "--no-defaults",
            f"--datadir={data}",
            f"--user={user}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--force",  # whether the name of this machine resolves does not matter
        ],
        env=environ,
        check=True,
        capture_output=True,
    )
    process = subprocess.Popen(
        [
            server,
            "--no-defaults",
            f"--datadir={data}",
            f"--user={user}",
            f"--socket={path}",
            f"--pid-file={home / 'pid'}",
            f"--log-error={home / 'log'}",
            "--skip-networking",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=64M",
            "--innodb-log-file-size=16M",
            "--sql-mode=",  # so that tests can store zero dates
        ],
        env=environ,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    helper = reaper(process.pid, str(home))
    try:
        _wait(process, path)
        _database(str(path), "mysql").run(
            "CREATE USER reader@localhost IDENTIFIED BY 'correct-horse'",
            "GRANT SELECT ON *.* TO reader@localhost",
        )
        yield str(path)
    finally:
        process.terminate()
        try:
            process.wait(30)
        finally:
            process.kill()
            process.wait()
            dismiss(helper)
            shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def mariadb(mariadb_server: str) -> Iterator[Database]:
    """A fresh MariaDB database (utf8mb4), dropped after the test."""
    name = f"test_{next(_numbers)}"
    admin = _database(mariadb_server, "mysql")
    admin.run(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    yield _database(mariadb_server, name)
    admin.run(f"DROP DATABASE {name}")


def _database(path: str, name: str) -> Database:
    # PyMySQL reads all certificates of the machine for each connection, also to a server without TLS.
    query = f"unix_socket={quote(path, safe='')}&ssl_disabled=1"
    return Database(
        url=f"mysql+pymysql://root@localhost/{name}?{query}",
        reader_url=f"mysql+pymysql://reader:correct-horse@localhost/{name}?{query}",
    )


def _wait(process: subprocess.Popen[bytes], path: Path) -> None:
    """Return once the server listens; its log is the message when it does not come up."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) == 0:
                return
        time.sleep(0.05)  # nothing tells us; it goes on as soon as somebody listens
    log = path.parent / "log"
    pytest.fail(f"mariadbd did not start:\n{log.read_text() if log.exists() else ''}")
