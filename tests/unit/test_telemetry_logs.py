"""The log: one line per event, without secrets, never deadly."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from datetime import datetime

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from syncd.model.errors import SourceUnavailable
from syncd.model.settings import LogSettings
from syncd.monitoring.telemetry import configure, install_hooks, register_secret

SECRET = "y0_never-shown-anywhere"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave the process's logging as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    register_secret(SECRET)
    yield
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = handlers, level
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


def _configured(level: str = "info", kind: str = "json") -> io.StringIO:
    out = io.StringIO()
    logging.getLogger().handlers.clear()  # pytest's own refuse the records made wrong on purpose
    configure(LogSettings.model_validate({"level": level, "format": kind}), out)
    return out


def _raise(error: Exception, cause: Exception | None = None) -> None:
    raise error from cause


def _lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_event_is_one_json_line() -> None:
    """A line bears an ISO UTC timestamp, the level, the event and its fields, in this order."""
    out = _configured()
    structlog.get_logger().info("upload_accepted", rows=3, query="paid")
    (line,) = _lines(out)
    assert list(line)[:3] == ["timestamp", "level", "event"]
    moment = datetime.fromisoformat(str(line.pop("timestamp")))
    assert moment.utcoffset() is not None
    assert not moment.utcoffset()
    assert line == {"level": "info", "event": "upload_accepted", "rows": 3, "query": "paid"}


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_the_level_holds_back_what_is_below(level: str) -> None:
    """Only events at the configured level or above are written."""
    out = _configured(level)
    levels = ["debug", "info", "warning", "error"]
    for each in levels:
        getattr(structlog.get_logger(), each)("x")
    assert [line["level"] for line in _lines(out)] == levels[levels.index(level) :]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(value=VALUES, kind=st.sampled_from(["json", "console"]))
def test_whatever_a_field_holds_it_stays_one_line(value: object, kind: str) -> None:
    """No value breaks the line, the JSON or the terminal."""
    out = _configured(kind=kind)
    structlog.get_logger().info("x", value=value)
    text = out.getvalue()
    assert text.endswith("\n")
    assert len(text.splitlines()) == 1 or kind == "json"
    assert text.count("\n") == 1
    if kind == "json":
        json.loads(text, parse_constant=pytest.fail)
    else:
        assert text[:-1].isprintable() or not any(ord(char) < 32 or ord(char) == 127 for char in text[:-1])


@given(
    prefix=st.text(max_size=5),
    kind=st.sampled_from(["json", "console"]),
    level=st.sampled_from(["info", "debug"]),
)
def test_a_secret_is_in_no_line(prefix: str, kind: str, level: str) -> None:
    """A secret in a field, a nested field, a field's name, an exception or its cause is masked."""
    out = _configured(level, kind)
    try:
        _raise(RuntimeError(f"OAuth {SECRET}"), ValueError(f"{prefix}{SECRET}"))
    except RuntimeError as error:
        structlog.get_logger().error(
            "x", error=error, text=prefix + SECRET, deep={SECRET: [SECRET, (SECRET,)]}, exc_info=True
        )
        logging.getLogger("urllib3.pool").exception("header %s", {"Authorization": f"OAuth {SECRET}"})
    assert SECRET not in out.getvalue()
    assert out.getvalue().count("***") >= 4


def test_a_number_can_be_a_secret() -> None:
    """A password of digits is masked also where it comes as a number."""
    register_secret("8150731942")
    out = _configured()
    structlog.get_logger().info("x", number=8150731942, other=7)
    (line,) = _lines(out)
    assert (line["number"], line["other"]) == ("***", 7)


def test_an_exception_is_one_line_with_the_traceback_at_debug_level() -> None:
    """At info level an exception is its class and message; at debug level the traceback comes along."""
    shown = {}
    for level in ("info", "debug"):
        out = _configured(level)
        try:
            _raise(OSError("gone\naway"))
        except OSError:
            structlog.get_logger().exception("x")
        (shown[level],) = _lines(out)
    assert shown["info"]["exception"] == "OSError: gone\naway"
    assert "traceback" not in shown["info"]
    assert "test_telemetry_logs.py" in str(shown["debug"]["traceback"])


def test_our_own_errors_speak_without_their_class() -> None:
    """An error of syncd in a field is its message alone: it is written for people."""
    out = _configured()
    structlog.get_logger().info("x", error=SourceUnavailable("the database is away"))
    assert _lines(out)[0]["error"] == "the database is away"


def test_libraries_are_heard_from_warning_on() -> None:
    """Warnings and errors of libraries are logged as `library`; their chatter is not."""
    out = _configured("debug")
    for name in ("urllib3.connectionpool", "sqlalchemy.engine", "alembic.runtime", "other"):
        logging.getLogger(name).info("chatter")
        logging.getLogger(name).warning("careful %d", 1)
    logging.getLogger("wrong").warning("%d", SECRET)
    lines = _lines(out)
    assert [line["event"] for line in lines] == ["library"] * 5
    assert lines[0] | {"timestamp": ""} == {
        "timestamp": "",
        "level": "warning",
        "event": "library",
        "logger": "urllib3.connectionpool",
        "message": "careful 1",
    }


def test_python_warnings_are_logged() -> None:
    """What a library says through `warnings` goes to the log, not raw to stderr."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        out = _configured()
        warnings.warn(f"old token {SECRET}", UserWarning, stacklevel=1)
        logging.captureWarnings(capture=False)
    assert SECRET not in out.getvalue()
    assert "old token ***" in out.getvalue()


def test_configuring_again_does_not_double_the_lines() -> None:
    """A second `configure` takes the place of the first."""
    _configured()
    out = _configured()
    logging.getLogger("x").warning("once")
    assert len(_lines(out)) == 1


def test_a_value_that_cannot_be_shown_does_no_harm() -> None:
    """A field whose `str` raises is named, and the event is still logged."""

    class Broken:
        def __str__(self) -> str:
            raise RuntimeError(SECRET)

    out = _configured()
    structlog.get_logger().info("x", value=Broken())
    assert "Broken" in str(_lines(out)[0]["value"])
    assert SECRET not in out.getvalue()


def test_a_closed_stream_is_survived() -> None:
    """Logging to a closed stream loses the line and nothing else."""
    out = _configured()
    out.close()
    structlog.get_logger().error("x")


def test_many_threads_write_whole_lines() -> None:
    """Lines of several threads never mix."""
    out = _configured()

    def write(number: int) -> None:
        for _ in range(50):
            structlog.get_logger().info("x", text=str(number) * 500)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = _lines(out)
    assert len(lines) == 400
    assert all(len(set(str(line["text"]))) == 1 for line in lines)


def test_the_format_follows_the_stream() -> None:
    """`auto` is JSON where there is no terminal."""
    out = _configured(kind="auto")
    structlog.get_logger().info("x")
    assert _lines(out)


def test_what_nobody_caught_is_logged_without_secrets() -> None:
    """An exception that ends a thread, or the program, is one line of log without secrets."""
    out = _configured()
    install_hooks()

    def fail() -> None:
        raise RuntimeError(f"token {SECRET}")

    thread = threading.Thread(target=fail, name="worker")
    thread.start()
    thread.join()
    sys.excepthook(RuntimeError, RuntimeError(SECRET), None)
    assert [line["event"] for line in _lines(out)] == ["internal_error"] * 2
    assert _lines(out)[0]["where"] == "worker"
    assert SECRET not in out.getvalue()


BROKEN_PIPE = """
import os, structlog
from syncd.model.settings import LogSettings
from syncd.monitoring.telemetry import configure
read, write = os.pipe()
os.dup2(write, 2)
configure(LogSettings(format="json"))
os.close(read)
os.close(write)
structlog.get_logger().error("nobody reads this")
print("alive")
"""


def test_a_broken_stderr_does_not_kill_the_process() -> None:
    """When whoever read stderr is gone, the process works on and ends with 0."""
    ended = subprocess.run([sys.executable, "-c", BROKEN_PIPE], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "alive\n"), ended.stderr
