"""Fixtures of the acceptance tests alone."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.disk import Disk, mount
from tests.acceptance.template import Template


@pytest.fixture(scope="session")
def template() -> Iterator[Template]:
    """One process to fork `syncd` from, for all tests of this worker."""
    with Template() as process:
        yield process


@pytest.fixture(params=["tmpfs", "limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """A disk of 2 MB where mounting is allowed; else, and always once, the process's own limit."""
    folder = tmp_path / "state"
    folder.mkdir()
    mounted = request.param == "tmpfs" and mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder))
    yield Disk(folder, mounted=mounted)
    if mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
