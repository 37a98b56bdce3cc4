"""Long first loads: a line that moves on a terminal (a real pseudo-terminal here), plain lines elsewhere."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
from collections.abc import Sequence

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.support.fix_cli import DEADLINE, Cli
from tests.support.servers import Database

ROWS = 3000


@pytest.fixture
def ready(cli: Cli, sqlite_db: Database, emulator: EmulatorServer) -> Cli:
    """A backlog of three chunks that Metrica takes a second each for, so that the run is a long one."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, ROWS)
    sqlite_db.run("UPDATE orders SET total = -1 WHERE order_id = 1500")
    emulator.fault("slow", seconds=1.0)
    cli.configure(
        shop.configuration(
            sqlite_db,
            emulator.url,
            shop.query(chunk_rows=1000),
            log={"level": "info", "format": "auto"},
            metrica={"timeout": "20s"},
        )
    )
    return cli


def on_a_terminal(cli: Cli, arguments: Sequence[str], **environ: str) -> tuple[int, str]:
    """Run with a pseudo-terminal of 200 columns as all three streams; exit code and all that it was sent."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))
    process = subprocess.Popen(
        cli.command(*arguments),
        cwd=cli.folder,
        env={**cli.environ(), "TERM": "xterm-256color", **environ},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    seen = bytearray()
    try:
        while True:
            try:
                seen += os.read(controller, 65536)
            except OSError:  # EIO: the last one who had it open has closed it
                break
        return process.wait(DEADLINE), seen.decode()
    finally:
        process.kill()
        process.wait()
        os.close(controller)


def plain(text: str) -> str:
    """Without colours and cursor movements."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_a_terminal_shows_how_a_long_load_goes(ready: Cli, emulator: EmulatorServer) -> None:
    """Rows and rows a second of the running query are drawn; at the end the table stands."""
    code, raw = on_a_terminal(ready, ["run", "--once"])

    assert code == 3
    assert len(emulator.conversions()) == ROWS - 1
    drawn = re.findall(r"paid_orders\s+[━╸╺ ]+\s*([\d,]+) rows +([\d,]+) rows/s", plain(raw))
    assert drawn
    counts = [int(rows.replace(",", "")) for rows, _ in drawn]
    assert counts == sorted(counts)
    assert counts[0] >= 1000
    assert raw.count("\x1b[?25l") == raw.count("\x1b[?25h") > 0, "the cursor is back"
    assert re.search(r"paid_orders +3000 +0 +2999 +3 +1 +0", plain(raw))


def test_log_lines_stand_whole_above_the_progress(ready: Cli) -> None:
    """Each line of the log begins a line of its own, is whole, and is not overwritten by what is drawn."""
    _, raw = on_a_terminal(ready, ["run", "--once"])

    # What a terminal keeps of each line: what was written since its last carriage return or erasure.
    kept = [plain(re.split(r"\r|\x1b\[2K", line.rstrip("\r"))[-1]) for line in raw.split("\n")]
    log = [line for line in kept if re.match(r"\d{4}-\d\d-\d\dT", line)]
    names = [re.split(r"\s+", line.split("]", 1)[1].strip())[0] for line in log]
    assert names.count("upload_accepted") == 3
    assert names.count("row_rejected") == 1
    assert names[-1] == "daemon_stopped"
    for line in log:
        assert not re.search(r"rows/s", line)
        assert line.count("query=") <= 1
    accepted = [line for line in log if "upload_accepted" in line]
    assert all(re.search(r"status=UPLOADED\s+seconds=[\d.]+\s*$", line) for line in accepted)


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_draw_gets_lines(ready: Cli, term: str) -> None:
    """TERM=dumb: the log for a person, without movements of the cursor."""
    code, raw = on_a_terminal(ready, ["run", "--once"], TERM=term)

    assert code == 3
    assert "upload_accepted" in raw
    assert "\x1b[2K" not in raw
    assert "rows/s" not in raw


def test_a_pipe_gets_lines_of_json(ready: Cli) -> None:
    """Without a terminal there is nothing but the log, one document a line."""
    done = ready.run("run", "--once")

    assert done.returncode == 3
    assert all(line.startswith("{") for line in done.stderr.splitlines())
    assert "\x1b" not in done.stderr + done.stdout


def test_a_stop_says_what_it_leaves(ready: Cli, emulator: EmulatorServer) -> None:
    """Ctrl-C in a first load: how much was delivered, and that the next start goes on; it does."""
    emulator.clear_faults()
    emulator.fault("slow", seconds=4.0)  # eight seconds are left when the first of three is accepted
    load = ready.start("run", "--once")
    load.wait_for("upload_accepted")
    code = load.stop(signal.SIGINT)
    emulator.clear_faults()
    said = "".join(load.lines)
    assert "paid_orders: stopped before the end of a run; rows that it delivered: " in said
    assert "the next start goes on from there" in said
    # 3 is for the negative total, in whichever of the two runs it was read.
    assert sorted([code, ready.run("run", "--once").returncode]) == [0, 3], said
    (query,) = ready.json("status")["queries"]
    assert query["rows"]["delivered"] == ROWS - 1
