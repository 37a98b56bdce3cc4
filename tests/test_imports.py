"""What a command loads: nothing that it does not need, since importing is most of its start."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SPEAKING = "alembic iso4217 numpy psycopg requests rich sqlalchemy starlette structlog uvicorn"
PROGRAM = """
import json, sys
sys.argv[0] = "syncd"
from syncd.__main__ import main
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def loaded(arguments: list[str], folder: Path, code: int = 0) -> set[str]:
    """The modules that are loaded when the command ends, which it does with this exit code."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == code, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration of a query over an empty table, with everything else at its default."""
    shop = tmp_path / "shop.db"
    document = {
        "metrica": {"token": "t", "api_url": "http://127.0.0.1:9"},
        "databases": {"shop": {"url": f"sqlite:///{shop}"}},
        "queries": {
            "orders": {
                "counter": 1,
                "id_type": "CLIENT_ID",
                "sql": "SELECT 1 AS n, 'a' AS ClientId, 'b' AS Target, 3 AS DateTime WHERE 1 = 0",
                "mark": ["n"],
            }
        },
    }
    file = tmp_path / "config.yaml"
    file.write_text(json.dumps(document), encoding="utf-8")
    shop.touch()
    return file


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_help_loads_no_library_that_speaks_to_anything(arguments: list[str], tmp_path: Path) -> None:
    """It is click and the texts, and what reads the configuration."""
    assert loaded(arguments, tmp_path) & set(SPEAKING.split()) == set()


def test_a_first_run_loads_no_web_server_no_migrations_and_no_terminal(config: Path, tmp_path: Path) -> None:
    """`run --once` serves nothing, makes its store without Alembic, and draws on terminals alone."""
    found = loaded(["run", "--once", "--json", "-c", str(config)], tmp_path)
    unneeded = {"alembic", "jinja2", "multipart", "rich", "starlette", "uvicorn", "pandas", "syncd.emulator"}
    unneeded |= {"psycopg", "charset_normalizer", "chardet"}  # the store and the source are SQLite
    unneeded |= {"numpy", "syncd.monitoring.status"}  # there are no rows, and nobody asks how it is
    unneeded |= {
        "requests",
        "urllib3",
        "iso4217",
        "xml.etree",
    }  # nothing is sent, and the table is read as text
    assert found & unneeded == set()


@pytest.mark.parametrize("command", ["status", "uploads", "rejects list orders"])
def test_a_look_at_the_store_loads_no_more_than_that_takes(
    command: str, config: Path, tmp_path: Path
) -> None:
    """Neither the index of keys, nor what speaks to sources, Metrica or the log."""
    loaded(["run", "--once", "--json", "-c", str(config)], tmp_path)
    found = loaded([*command.split(), "-c", str(config)], tmp_path)
    assert "sqlalchemy.dialects.postgresql" not in found  # the store is SQLite
    assert found & {"numpy", "psycopg", "requests", "structlog", "iso4217", "phonenumbers"} == set()


def test_a_few_keys_are_looked_up_without_numpy(config: Path, tmp_path: Path) -> None:
    """`explain` asks for one key, an idle daemon for its last rows."""
    loaded(["run", "--once", "--json", "-c", str(config)], tmp_path)
    found = loaded(["explain", "orders", "1", "-c", str(config)], tmp_path, code=1)  # there is no such row
    assert found & {"numpy", "requests", "iso4217"} == set()


def test_machines_are_answered_without_what_draws_pages(tmp_path: Path) -> None:
    """The server starts without Jinja2 and the manual's Markdown, which no probe and no scrape needs."""
    program = "import json, sys; import syncd.monitoring.web; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, check=True, capture_output=True, text=True, timeout=120
    )
    assert set(json.loads(done.stdout)) & {"jinja2", "markdown_it", "prometheus_client"} == set()
