"""The shape of the code base: imports point one way, files stay small, every name in a list is documented."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from syncd.model import Reason, UploadState, errors
from syncd.model.errors import ERROR_CLASSES, SyncdError
from syncd.model.events import Event
from tests.support.error_docs import PAGE, table

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
LARGEST = {"syncd": 400, "tests": 450}
"""Lines; tables of cases are longer than code and as easy to read."""
MEDIAN = 150

FILES = sorted(path for folder in ("syncd", "tests") for path in (ROOT / folder).rglob("*.py"))


def lines_of(path: Path) -> int:
    """How many lines a file has."""
    return len(path.read_text(encoding="utf-8").splitlines())


def document(name: str) -> str:
    """A page of the documentation."""
    return (DOCS / name).read_text(encoding="utf-8")


def test_imports_point_one_way() -> None:
    """import-linter's contracts of pyproject.toml hold."""
    lint = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"]
    result = subprocess.run(lint, cwd=ROOT, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_file_grows_beyond_reading() -> None:
    """No file of the product is past 400 lines, and the typical one has 150 or less."""
    limits = {path: LARGEST[path.relative_to(ROOT).parts[0]] for path in FILES}
    assert [str(path) for path, limit in limits.items() if lines_of(path) > limit] == []
    product = sorted(lines_of(path) for path in FILES if path.is_relative_to(ROOT / "syncd"))
    assert product[len(product) // 2] <= MEDIAN


def test_every_module_says_what_it_is() -> None:
    """Each file begins with a docstring."""
    assert [
        str(path)
        for path in FILES
        if path.read_text(encoding="utf-8").strip()
        and not path.read_text(encoding="utf-8").startswith(('"""', 'r"""'))
    ] == []


def test_every_event_is_documented() -> None:
    """docs/observability.md has each event's name."""
    page = document("observability.md")
    assert [event for event in Event if f"`{event}`" not in page] == []


def test_every_metric_is_documented() -> None:
    """docs/observability.md has each metric's name, with its prefix or without."""
    source = (ROOT / "syncd" / "monitoring" / "telemetry" / "metrics.py").read_text(encoding="utf-8")
    names = set(re.findall(r'"syncd_([a-z_]+)"', source))
    page = document("observability.md")
    assert [name for name in sorted(names) if name not in page] == []


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_documented(reason: Reason) -> None:
    """docs/configuration.md names each reason a row can be rejected for."""
    assert f"`{reason}`" in document("configuration.md")


@pytest.mark.parametrize("state", UploadState)
def test_every_state_of_an_upload_is_drawn(state: UploadState) -> None:
    """docs/architecture.md has each state in its diagram."""
    assert state.name in document("architecture.md")


def test_every_error_is_listed() -> None:
    """docs/errors.md is what tests/support/error_docs.py makes of the classes (`--write` renews it)."""
    assert table() in PAGE.read_text(encoding="utf-8")


def test_the_list_of_errors_is_whole() -> None:
    """Each error class that is raised is in ERROR_CLASSES, and no code means two things."""
    bases = {errors.SourceError, errors.MetricaError, errors.StateError}
    classes = {
        value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, SyncdError)
    }
    unlisted = {kind for kind in classes - bases if not any(kind.code == one.code for one in ERROR_CLASSES)}
    assert unlisted == set()
    codes = [kind.code for kind in ERROR_CLASSES]
    assert len(codes) == len(set(codes))


def test_every_wing_is_on_the_map() -> None:
    """docs/architecture.md has a line for each wing, and each says in its docstring where to begin."""
    page = document("architecture.md")
    wings = [path for path in sorted((ROOT / "syncd").iterdir()) if (path / "__init__.py").exists()]
    assert [path.name for path in wings if f"`{path.name}/`" not in page] == []
