"""Sets up the log: one line per event, JSON or for a terminal, without secrets, and never deadly.

The log of libraries (warnings and worse) goes the same way. A stream that is closed or broken loses lines
and nothing else: syncd's work is worth more than its log.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import sys
import threading
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from syncd.model.errors import SyncdError
from syncd.model.settings import LogSettings
from syncd.model.showing import on_one_line, safe_json
from syncd.monitoring.telemetry.redaction import redact

Level = Literal["debug", "info", "warning", "error"]
LEVELS: Mapping[Level, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

_filters: dict[object, int] = {}
"""structlog's classes that `configure` has set, each with the least level that it takes.

Its own `is_enabled_for` makes a logger first, which is what costs: 3.4 µs instead of 0.4."""

_LONGEST = 4000
"""Characters of one field; a traceback may have more."""

_PATIENCE = 2000
"""Milliseconds that a line waits for a reader that is behind; after that it is lost."""


def configure(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Send syncd's events and the libraries' warnings to `stream` (default: stderr). May be called again."""
    out = sys.stderr if stream is None else stream
    console = settings.format == "console" or (settings.format == "auto" and _is_terminal(out))
    level = LEVELS[settings.level]
    taking = structlog.make_filtering_bound_logger(level)
    _filters[taking] = level
    shape: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _Exceptions(traceback=level <= logging.DEBUG or bool(os.environ.get("SYNCD_TRACEBACK"))),
        _safe_values,
    ]
    if console:
        shape += [_printable, _Console(colors=_is_terminal(out))]
    else:
        shape += [_head_first, structlog.processors.JSONRenderer(serializer=_json)]
    structlog.configure(
        processors=shape,
        wrapper_class=taking,
        logger_factory=_Lines(out),
        cache_logger_on_first_use=False,
    )
    _route_libraries()


def is_shown(level: Level) -> bool:
    """Whether the log takes lines of this level: two of three events of an idle daemon cost nothing more."""
    return LEVELS[level] >= _filters.get(structlog.get_config()["wrapper_class"], logging.NOTSET)


def say(words: str) -> None:
    """Tell a person on standard error; lost, like a line of the log, where nobody reads it."""
    _Lines(sys.stderr).msg(words)


def install_hooks() -> None:
    """Send what nobody caught, in any thread, to the log as one line without secrets.

    For the process that owns the interpreter (the command line): Python's own hooks would print the
    exception as it is.
    """
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable


def one_line(error: BaseException) -> str:
    """An exception as `Class: message`; syncd's own errors as their message alone."""
    text = str(error).strip()
    if isinstance(error, SyncdError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class _Exceptions:
    """Renders `exc_info` as one line, `exception`; at debug level or with SYNCD_TRACEBACK its traceback."""

    def __init__(self, *, traceback: bool) -> None:
        self._traceback = traceback

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        info = event.pop("exc_info", None)
        if info is True:
            info = sys.exc_info()[1]
        elif isinstance(info, tuple):
            info = info[1]
        if isinstance(info, BaseException):
            event["exception"] = one_line(info)
            if self._traceback:
                event["traceback"] = redact("".join(traceback.format_exception(info)))
        return event


def _safe_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Every field as JSON can say it, without secrets."""
    return {
        redact(str(key)): _safe(value, longest=_LONGEST * (1 + 9 * (key == "traceback")))
        for key, value in event.items()
    }


def _safe(value: object, longest: int = _LONGEST) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        text = str(value)
        finite = value == value and abs(value) != float("inf")  # noqa: PLR0124 - NaN is no JSON
        return value if finite and redact(text) == text else redact(text)
    if isinstance(value, dict):
        return {redact(str(key)): _safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_safe(item) for item in value]
    text = redact(one_line(value) if isinstance(value, BaseException) else _text(value))
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"


def _text(value: object) -> str:
    if isinstance(value, str):
        return str(value)
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 - a stranger's __str__ may raise anything; a line of log must not
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"


def _json(event: EventDict, **_options: object) -> str:
    return safe_json(json.dumps(event, ensure_ascii=False, default=str))


def _head_first(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """When, how bad and what before the rest, for whoever reads the JSON by eye."""
    head = {name: event.pop(name) for name in ("timestamp", "level", "event") if name in event}
    return head | dict(event)


def _printable(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Texts for a terminal: on one line, without control characters; the traceback keeps its lines."""
    return {key: value if key == "traceback" else _escape(value) for key, value in event.items()}


def _escape(value: object) -> object:
    if isinstance(value, str):
        return on_one_line(value)
    if isinstance(value, dict | list):
        return _json({"": value})[5:-1]
    return value


class _Console:
    """Lines for a person; the traceback, at debug level, below its line."""

    def __init__(self, *, colors: bool) -> None:
        self._render = structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=20, sort_keys=False)

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> str:
        trace = event.pop("traceback", "")
        if "exception" in event:
            # The renderer would print `exception` as a block of its own.
            event["error"] = event.pop("exception")
        line = str(self._render(logger, method, event))
        kept = "\n".join(on_one_line(part) for part in str(trace).splitlines())
        return f"{line}\n{kept}" if kept else line


class _Lines:
    """Writes whole lines to a stream, one at a time, from any thread; also the factory of itself."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        # Straight to the descriptor where there is one: what a broken pipe refuses must not stay in
        # Python's buffer, or the interpreter fails on it once more at exit (code 120).
        self._descriptor = _descriptor(stream)
        self._stuck = False
        """Nobody reads the other end: lines are dropped at once, until somebody does."""
        self._torn = False
        """The last line could be written in part only."""

    def __call__(self, *_args: object) -> _Lines:
        return self

    def msg(self, message: str) -> None:
        """Write one line; lost if the stream cannot take it."""
        data = f"{message}\n"
        # ValueError: the stream is closed.
        with self._lock, contextlib.suppress(OSError, ValueError):
            if self._descriptor is None:
                encoding = self._stream.encoding or "utf-8"
                self._stream.write(data.encode(encoding, "backslashreplace").decode(encoding))
                self._stream.flush()
                return
            self._write(self._descriptor, data.encode("utf-8", "backslashreplace"))

    def _write(self, descriptor: int, data: bytes) -> None:
        """Write as far as the other end takes it: a full pipe loses lines and holds nothing up for long."""
        ready = select.poll()
        ready.register(descriptor, select.POLLOUT)
        rest = memoryview(b"\n" + data if self._torn else data)
        patience = 0 if self._stuck else _PATIENCE
        self._stuck, begun = True, False  # until it is seen to take all
        while rest:
            if not ready.poll(patience):
                self._torn = self._torn or begun
                return
            # What poll calls ready takes this much without waiting (POSIX: PIPE_BUF).
            rest, begun = rest[os.write(descriptor, rest[: select.PIPE_BUF]) :], True
        self._stuck = self._torn = False

    log = debug = info = warn = warning = error = critical = exception = fatal = failure = msg


def _descriptor(stream: TextIO) -> int | None:
    if stream is not sys.__stderr__ and stream is not sys.__stdout__:
        return None
    try:
        return stream.fileno()
    except (OSError, ValueError):
        return None


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


class _Libraries(logging.Handler):
    """Hands the libraries' records to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log one record as the event `library`."""
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - a library's wrong format string; logging would print the raw arguments
            message = str(record.msg)
        structlog.get_logger().log(
            record.levelno, "library", logger=record.name, message=message, exc_info=record.exc_info
        )


def _route_libraries() -> None:
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _Libraries)]:
        root.removeHandler(handler)
    root.addHandler(_Libraries())
    root.setLevel(logging.WARNING)
    for name in ("uvicorn", "urllib3", "sqlalchemy", "alembic"):
        # Their own levels and handlers, if a library or a test has set some, would get past this one.
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
        # uvicorn warns of upgrades and of garbage: whoever can reach the port could fill the disk.
        library.setLevel(logging.ERROR if name == "uvicorn" else logging.WARNING)
    logging.captureWarnings(capture=True)


def _log_uncaught(error: BaseException | None, where: str) -> None:
    structlog.get_logger().error("internal_error", error=error, where=where, exc_info=error)


def _uncaught(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    _log_uncaught(error, "main")


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if not issubclass(args.exc_type, SystemExit):
        _log_uncaught(args.exc_value, args.thread.name if args.thread else "thread")


def _unraisable(args: sys.UnraisableHookArgs) -> None:
    _log_uncaught(args.exc_value, "clean-up")
