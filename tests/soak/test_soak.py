"""A short soak for CI; `python -m tests.soak.soak --seconds 3600` is the long one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.soak.soak import SECONDS, SEED, soak, told
from tests.support.servers import Database


@pytest.mark.soak
def test_nothing_is_lost_and_nothing_doubled(postgres: Database, tmp_path: Path) -> None:
    """Concurrent writers, late commits, kills and faults: every committed order once, and no other."""
    seconds, seed = float(os.environ.get(SECONDS, "40")), int(os.environ.get(SEED, "20260301"))

    result = soak(postgres, tmp_path, seconds=seconds, seed=seed)

    sys.stdout.write(f"{told(result)}\n")
    assert result.ok, told(result)
    assert result.rows
    assert result.kills
    assert result.faults
