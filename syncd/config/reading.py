"""From a file, or its text, to Settings or all its problems at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from syncd.config import include, rules
from syncd.config.build import build
from syncd.config.document import Document
from syncd.config.files import UnusableFile, read_text
from syncd.config.repeated import versions
from syncd.config.tree import Node, parse_yaml
from syncd.language import _
from syncd.model.errors import ConfigError, Problem
from syncd.model.settings import Settings

SYSTEM_FILE = Path("/etc/syncd/config.yaml")
VARIABLE = "SYNCD_CONFIG"


@dataclass(frozen=True, slots=True)
class _File:
    """A file whose YAML could be read."""

    name: str
    folder: Path
    trees: list[Node]
    """The tree; where keys are there twice, one tree for each version of them."""


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
        text = read_text(file)
    except UnusableFile as wrong:
        hint = wrong.hint
        if file == SYSTEM_FILE and not file.exists():
            hint = _("name it with -c FILE or ${name}").format(name=VARIABLE)
        raise ConfigError([Problem(str(file), wrong.line, "", wrong.message, hint)]) from None
    return _settings(text, str(file), file.absolute().parent, environ)


def parse(text: str, file: str, environ: Mapping[str, str]) -> Settings:
    """The settings that `text` says; `file` is its name in messages.

    Raises:
        ConfigError: with everything that is wrong.
    """
    return _settings(text.removeprefix("\ufeff"), file, Path(file).parent, environ)


def _settings(text: str, name: str, folder: Path, environ: Mapping[str, str]) -> Settings:
    problems: list[Problem] = []
    main = _file(text, name, folder, problems)
    if main is None:
        empty = Problem(name, 0, "", _("the file is empty"), _("see config.example.yaml"))
        raise ConfigError(problems or [empty])
    files = [main]
    for path in include.find_files(main.name, main.folder, main.trees[0], environ, problems):
        try:
            text = read_text(path)
        except UnusableFile as wrong:
            problems.append(Problem(str(path), wrong.line, "", wrong.message, wrong.hint))
        else:
            included = _file(text, str(path), path.parent, problems)
            files += [included] if included else []
    documents = []
    for version in range(max(len(file.trees) for file in files)):
        documents = [
            Document(
                file.name,
                file.folder,
                file.trees[version if version < len(file.trees) else 0],
                environ,
                is_main=file is main,
            )
            for file in files
        ]
        rules.apply(documents)
        problems += [problem for document in documents for problem in document.problems.all]
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))
    return build(documents)


def _file(text: str, name: str, folder: Path, problems: list[Problem]) -> _File | None:
    """The file's tree; None where it is empty, or with a problem that says why there is none."""
    root, found = parse_yaml(text, name)
    problems += found
    if root is None or root.value is None:
        return None
    if not isinstance(root.value, dict):
        message = _("the file wants keys and values such as `metrica:`")
        problems.append(Problem(name, root.line, "", message, _("see config.example.yaml")))
        return None
    return _File(name, folder, versions(root) if found else [root])
