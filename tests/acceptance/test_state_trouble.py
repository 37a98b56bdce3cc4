"""The state store fails for real: full, locked, gone, read-only, cut off. Nothing is lost or doubled."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from syncd.emulator.server import EmulatorServer
from syncd.model.faultpoints import Point
from tests.acceptance import shop
from tests.acceptance.disk import Disk, mount
from tests.support.fix_cli import DEADLINE, Cli, Running
from tests.support.servers import Database
from tests.support.waiting import eventually


def ready(url: str) -> int:
    """What /readyz answers."""
    try:
        with urlopen(f"{url}/readyz", timeout=10) as answer:  # noqa: S310 — our own daemon
            return int(answer.status)
    except HTTPError as error:
        with closing(error):
            return error.code


def start(cli: Cli, database: Database, emulator: EmulatorServer, state: str) -> tuple[Running, str]:
    """A daemon with HTTP that has delivered the first ten rows and is ready; its address."""
    shop.sell(database, 1, 10)
    configure(cli, database, emulator, state, http={"listen": "127.0.0.1:0"})
    daemon = cli.start("run")
    url = daemon.wait_for("http_listening")["url"]
    daemon.wait_for("upload_accepted")
    eventually(lambda: ready(url) == 200)
    return daemon, url


def configure(cli: Cli, database: Database, emulator: EmulatorServer, state: str, **top: object) -> None:
    """The configuration with the state at this URL."""
    queries = shop.query(overlap="0s")
    cli.configure(shop.configuration(database, emulator.url, queries, state={"url": state}, **top))


def posts(emulator: EmulatorServer) -> int:
    """How many upload requests there were."""
    return sum(request.method == "POST" for request in emulator.requests())


def failed(daemon: Running, words: str) -> None:
    """The next failure is told in one line with these words and what to do, and without a traceback."""
    told = daemon.wait_for("query_failed", lambda entry: entry["code"] == "state.unavailable")
    assert words in told["error"], told
    assert "\n" not in told["error"]
    assert told["action"]
    assert not any("Traceback" in line for line in daemon.lines)


def each_once(emulator: EmulatorServer, rows: int) -> bool:
    """Every row was delivered, none twice."""
    conversions = emulator.conversions()
    assert all(conversion.times == 1 for conversion in conversions)
    return len(conversions) == rows


def test_a_full_disk(cli: Cli, one_shop: Database, emulator: EmulatorServer, disk: Disk) -> None:
    """Nothing is sent while no intent can be written; red, then green; then everything goes once."""
    daemon, url = start(cli, one_shop, emulator, f"sqlite:///{disk.folder / 'state.db'}")
    before = posts(emulator)
    with disk.full(daemon.process.pid):
        shop.sell(one_shop, 11, 20_000)
        failed(daemon, "the state store")
        eventually(lambda: ready(url) == 503)
        assert posts(emulator) == before
    eventually(lambda: each_once(emulator, 20_010))
    eventually(lambda: ready(url) == 200)
    assert daemon.stop() == 0


def test_a_disk_that_is_full_when_the_answer_is_to_be_recorded(
    cli: Cli, one_shop: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """Metrica has the upload, nobody can write so: it is found by its tag, and never sent again."""
    state = Disk(tmp_path / "state", mounted=False)
    state.folder.mkdir()
    shop.sell(one_shop, 1, 20_000)
    configure(cli, one_shop, emulator, f"sqlite:///{state.folder / 'state.db'}")
    daemon = cli.start("run", SYNCD_PAUSE_AT=Point.ANSWER)
    eventually(lambda: posts(emulator) == 1)
    eventually(lambda: is_stopped(daemon.process.pid))
    with state.full(daemon.process.pid):
        daemon.process.send_signal(signal.SIGCONT)
        failed(daemon, "the state store")
        failed(daemon, "the state store")
    found = daemon.wait_for("upload_found")
    assert found["rows"] == 20_000
    assert posts(emulator) == 1
    assert each_once(emulator, 20_000)
    assert daemon.stop() == 0


def is_stopped(process: int) -> bool:
    """Whether a SIGSTOP has reached it."""
    status = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    return status.rsplit(")", maxsplit=1)[1].split()[0] == "T"


def test_a_store_locked_for_longer_than_we_wait(
    cli: Cli, one_shop: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """Somebody's forgotten transaction in the file: told after half a minute, then everything goes on."""
    daemon, url = start(cli, one_shop, emulator, f"sqlite:///{tmp_path / 'state.db'}")
    before = posts(emulator)
    with closing(sqlite3.connect(tmp_path / "state.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        shop.sell(one_shop, 11, 100)
        failed(daemon, "locked")
        assert ready(url) == 503
        assert posts(emulator) == before
        other.execute("ROLLBACK")
    eventually(lambda: each_once(emulator, 110))
    eventually(lambda: ready(url) == 200)
    assert daemon.stop() == 0


def test_a_store_that_vanishes_and_comes_back(
    cli: Cli, one_shop: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """The file is moved away: nothing is sent, though it is still open; put back, everything goes on."""
    file = tmp_path / "state.db"
    daemon, url = start(cli, one_shop, emulator, f"sqlite:///{file}")
    before = posts(emulator)
    away = file.rename(tmp_path / "elsewhere.db")
    shop.sell(one_shop, 11, 100)
    failed(daemon, "is gone: No such file")
    eventually(lambda: ready(url) == 503)
    assert posts(emulator) == before
    assert not file.exists(), "no new, empty store is made in its place"
    away.rename(file)
    eventually(lambda: each_once(emulator, 110))
    eventually(lambda: ready(url) == 200)
    assert daemon.stop() == 0


def test_a_store_that_is_replaced(
    cli: Cli, one_shop: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """Another file in its place: the daemon stops sending and asks for a restart, which takes the new one."""
    file = tmp_path / "state.db"
    daemon, url = start(cli, one_shop, emulator, f"sqlite:///{file}")
    before = posts(emulator)
    backup(file, tmp_path / "copy.db")
    (tmp_path / "copy.db").replace(file)
    shop.sell(one_shop, 11, 100)
    failed(daemon, "was replaced while in use")
    eventually(lambda: ready(url) == 503)
    assert posts(emulator) == before
    assert daemon.stop() == 0
    for leftover in ("state.db-wal", "state.db-shm"):
        (tmp_path / leftover).unlink(missing_ok=True)
    assert cli.run("run", "--once").returncode == 0
    assert each_once(emulator, 110)


def backup(file: Path, copy: Path) -> None:
    """A true copy of a SQLite file in use, as `sqlite3 FILE ".backup COPY"` makes it."""
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def test_a_store_that_cannot_be_written(
    cli: Cli, one_shop: Database, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """On a read-only disk, `run` ends with one clear line, and nothing is sent."""
    shop.sell(one_shop, 1, 10)
    folder = tmp_path / "state"
    folder.mkdir()
    configure(cli, one_shop, emulator, f"sqlite:///{folder / 'state.db'}")
    assert cli.run("run", "--once").returncode == 0
    shop.sell(one_shop, 11, 10)
    mounted = mount("--bind", "-o", "ro", str(folder), str(folder))
    if not mounted:
        folder.chmod(0o500)
        (folder / "state.db").chmod(0o400)
    try:
        done = cli.run("run", "--once")
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
    if mounted or os.geteuid() != 0:  # root writes anyway
        assert done.returncode == 1
        assert "Read-only file system" in done.stderr or "readonly database" in done.stderr
        assert "Traceback" not in done.stderr
        assert each_once(emulator, 10)


def test_postgresql_cuts_all_connections_again_and_again(
    cli: Cli, one_shop: Database, postgres: Database, emulator: EmulatorServer
) -> None:
    """Every connection to the state store is terminated, over and over: each row is delivered once."""
    shop.sell(one_shop, 1, 600)
    queries = shop.query(overlap="0s", chunk_rows=20)
    state = {"url": postgres.url}
    cli.configure(shop.configuration(one_shop, emulator.url, queries, state=state))
    daemon = cli.start("run")
    daemon.wait_for("upload_accepted")
    cuts = 0
    deadline = time.monotonic() + DEADLINE
    while len(emulator.conversions()) < 600:
        assert time.monotonic() < deadline
        if cuts < 40:
            postgres.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            cuts += 1
        threading.Event().wait(0.05)
    assert each_once(emulator, 600)
    assert daemon.stop() == 0
    assert not any("Traceback" in line for line in daemon.lines)
    assert cli.run("run", "--once").returncode == 0
    assert each_once(emulator, 600)
    (query,) = cli.json("status")["queries"]
    assert (query["rows"]["delivered"], query["uploads"]["unsettled"]) == (600, 0)


def test_postgresql_is_away_and_comes_back(
    cli: Cli, one_shop: Database, postgres: Database, emulator: EmulatorServer
) -> None:
    """No connection is allowed for a while: told, red, nothing sent; then green, each row once."""
    daemon, url = start(cli, one_shop, emulator, postgres.url)
    before = posts(emulator)
    name = postgres.name
    admin = Database(postgres.url.replace(f"/{name}?", "/postgres?"), "")
    admin.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", terminate(name))
    shop.sell(one_shop, 11, 100)
    failed(daemon, "the state store")
    eventually(lambda: ready(url) == 503)
    assert posts(emulator) == before
    admin.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    eventually(lambda: each_once(emulator, 110))
    eventually(lambda: ready(url) == 200)
    assert daemon.stop() == 0


def terminate(name: str) -> str:
    """SQL that cuts all connections to a database."""
    return f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
