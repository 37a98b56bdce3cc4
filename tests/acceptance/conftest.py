"""Fixtures of the acceptance tests alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.template import Template


@pytest.fixture(scope="session")
def template() -> Iterator[Template]:
    """One process to fork `syncd` from, for all tests of this worker."""
    with Template() as process:
        yield process
