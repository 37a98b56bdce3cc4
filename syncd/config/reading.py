"""From a file, or its text, to Settings or all its problems at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from syncd.config import rules
from syncd.config.build import build
from syncd.config.environment import to_plain
from syncd.config.file import ConfigFile
from syncd.config.problems import Problems, check
from syncd.config.repeated import versions
from syncd.config.tree import MOST_PROBLEMS, Node, parse_yaml
from syncd.model.errors import ConfigError, Problem
from syncd.model.settings import Settings

SYSTEM_FILE = Path("/etc/syncd/config.yaml")
VARIABLE = "SYNCD_CONFIG"
LARGEST = 16 * 1024 * 1024
"""Bytes; thousands of queries fit in, a database dump given by mistake does not."""

_EMPTY_SECTIONS = ("metrica", "databases", "state", "log", "defaults", "queries")
"""Sections that may stand there with nothing (or only comments) below them."""


def find_file(cli_path: Path | None, environ: Mapping[str, str]) -> Path:
    """Which file is meant: the command line's, else $SYNCD_CONFIG's, else /etc/syncd/config.yaml."""
    if cli_path is not None:
        return cli_path
    named = environ.get(VARIABLE, "")
    return Path(named) if named else SYSTEM_FILE


def load(path: Path | None = None, *, environ: Mapping[str, str]) -> Settings:
    """The settings of the file that `find_file` says.

    Raises:
        ConfigError: the file cannot be read, or with everything that is wrong with it.
    """
    file = find_file(path, environ)
    try:
        data = _read(file)
    except FileNotFoundError:
        hint = f"name it with -c FILE or ${VARIABLE}" if file == SYSTEM_FILE else ""
        raise _unreadable(file, "there is no such file", hint) from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "the path cannot be used"
        raise _unreadable(file, f"cannot be read: {reason}") from None
    if len(data) > LARGEST:
        raise _unreadable(file, f"is larger than {LARGEST // 1024 // 1024} MB: that is no configuration")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            [Problem(str(file), line, "", "the file is not UTF-8 text", "save it as UTF-8")]
        ) from None
    return parse(text, str(file), environ)


def _read(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(LARGEST + 1)


def _unreadable(file: Path, message: str, hint: str = "") -> ConfigError:
    return ConfigError([Problem(str(file), 0, "", message, hint)])


def parse(text: str, file: str, environ: Mapping[str, str]) -> Settings:
    """The settings that `text` says; `file` is its name in messages.

    Raises:
        ConfigError: with everything that is wrong.
    """
    root, found = parse_yaml(text.removeprefix("\ufeff"), file)
    if root is None:
        raise ConfigError(found or [Problem(file, 0, "", "the file is empty", "see config.example.yaml")])
    if not isinstance(root.value, dict):
        empty = root.value is None
        message = "the file is empty" if empty else "the file wants keys and values such as `metrica:`"
        raise ConfigError(found or [Problem(file, root.line, "", message, "see config.example.yaml")])
    first, *others = versions(root) if found else [root]
    problems = Problems(file, first, found)
    checked = _checked(first, environ, problems)
    for other in others:
        if len(problems.all) < MOST_PROBLEMS:
            again = Problems(file, other)
            _checked(other, environ, again)
            problems.all += again.all
    if problems.all:
        raise ConfigError(list(dict.fromkeys(problems.all)))
    return build(checked, file, root)


def _checked(root: Node, environ: Mapping[str, str], problems: Problems) -> ConfigFile:
    """What is right about the file; all that is wrong is told to `problems`."""
    plain = to_plain(root, environ, problems.complain)
    raw = to_plain(root, environ, lambda _path, _wrong: None)
    if not isinstance(plain, dict) or not isinstance(raw, dict):  # a mapping stays one: this narrows the type
        raise TypeError
    for section in _EMPTY_SECTIONS:
        if section in plain and plain[section] is None:
            plain[section] = {}
    if "http" in plain and plain["http"] is None:
        plain["http"] = {"listen": None}
    checked = check(plain, problems)
    rules.apply(checked, raw, problems)
    return checked
