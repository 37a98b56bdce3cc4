"""The emulator, fresh for each test; a fault of its own fails the test that met it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.emulator.settings import EmulatorSettings


@pytest.fixture
def emulator() -> Iterator[EmulatorServer]:
    """A local Metrica API on its own port: `emulator.url`, `.fault(...)`, `.uploads()`, `.conversions()`.

    Uploads ripen at once; `emulator.configure(ripen_after=…)` changes that.
    """
    with EmulatorServer(EmulatorSettings(ripen_after=0.0)) as server:
        yield server
    assert not server.state.internal_errors, server.state.internal_errors
