"""The machine in general words, for the head of a table."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path


def machine() -> str:
    """Cores, processor, memory, system and versions; no names of hosts or places."""
    facts = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    models = {line.split(":", 1)[1].strip() for line in facts.splitlines() if line.startswith("model name")}
    kilobytes = int(Path("/proc/meminfo").read_text(encoding="utf-8").split()[1])
    libraries = ", ".join(
        f"{name} {version(name)}" for name in ("sqlalchemy", "psycopg", "pymysql", "requests")
    )
    return (
        f"{len(os.sched_getaffinity(0))} cores ({', '.join(sorted(models)) or platform.machine()}), "
        f"{kilobytes / 2**20:.0f} GB of memory, Linux {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}, {libraries}"
    )
